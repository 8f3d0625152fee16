import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { wayOf } from "../install/environment";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { DrawnBar, DrawnRow } from "./drawn";
import { copyText, useCode } from "./install";
import { Whose } from "./whose";

/**
 * Here nothing can be installed: how to get to a browser that can. The address to copy holds the person's own code, in the
 * fragment, which no browser sends anywhere.
 */
export function Leave(): JSX.Element {
  const { texts, environment, draft, host } = useApp();
  const code = useCode();
  const [copied, setCopied] = useState<"" | "copied" | "refused">("");
  const toSafari = wayOf(environment) === "safari";
  const ios = environment.platform === "ios";
  const app = environment.inApp;
  const print = draft.fingerprint;
  const address = location.origin + (code === undefined || print === undefined ? "/" : `/a#c=${draft.groups.join("")}&f=${print}`);
  const copy = (): void => void copyText(address).then((done) => setCopied(done ? "copied" : "refused"));
  const item = texts.t(ios ? "install.item.safari" : "install.item.browser");
  return (
    <Screen
      bar={<Bar />} title={texts.t(ios ? "leave.title.safari" : "leave.title")}
      lead={toSafari ? texts.t("leave.lead.safari") : app === undefined || app === "" ? texts.t("leave.lead.unknown") : texts.t("leave.lead", { App: app })}
      actions={<Button id="copy-address" icon="copy" onClick={copy}>{texts.t("leave.copy")}</Button>}
    >
      <Whose />
      <div role="status">
        {copied === "copied" && <Banner icon="check">{texts.t(address.includes("#") ? "leave.copied.code" : "leave.copied")}</Banner>}
        {copied === "refused" && (
          <Banner kind="look" icon="warning">
            {code === undefined
              ? texts.rich("leave.refused", { Address: <strong class="mono">{host}</strong> })
              : texts.rich("leave.refused.code", { Address: <strong class="mono">{host}</strong>, Code: <strong class="mono">{code}</strong> })}
          </Banner>
        )}
      </div>
      <ol class="numbered screen-block">
        {toSafari ? (
          <>
            <li>{texts.t("leave.step.copy")}</li>
            <li>{texts.t("leave.step.paste")}</li>
          </>
        ) : (
          <>
            <li><div>{texts.t("leave.step.menu")}<DrawnBar edge="top" at="end" icon="dots" /></div></li>
            <li><div>{texts.t("install.step.either", { Item: item, Other: texts.t(ios ? "install.item.browser" : "install.item.chrome") })}<DrawnRow icon="globe">{item}</DrawnRow></div></li>
          </>
        )}
      </ol>
      {!toSafari && <p class="second small screen-status">{texts.t("leave.or", { Browser: ios ? "Safari" : texts.t("leave.browser") })}</p>}
    </Screen>
  );
}

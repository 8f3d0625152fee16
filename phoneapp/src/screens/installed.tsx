import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { DrawnApp } from "./drawn";
import { copyText, useAppName, useCode } from "./install";

/** The app is on the iPhone's home screen: the code goes over by copy and paste. */
export function Installed(): JSX.Element {
  const { texts, nav } = useApp();
  const code = useCode();
  const name = useAppName();
  const [copied, setCopied] = useState<"" | "copied" | "refused">("");
  return (
    <Screen
      bar={<Bar />} title={texts.t("installed.title", { Name: name })} lead={texts.t("installed.lead", { Name: name })}
      actions={
        code === undefined ? (
          <Button id="steps" kind="text" onClick={() => nav.back()}>{texts.t("install.steps")}</Button>
        ) : (
          <Button id="copy-code" icon="copy" onClick={() => void copyText(code).then((done) => setCopied(done ? "copied" : "refused"))}>{texts.t("install.copy")}</Button>
        )
      }
    >
      <DrawnApp name={name} />
      <ol class="numbered screen-block">
        {code !== undefined && <li>{texts.t("install.step.copy")}</li>}
        <li>{texts.t("install.step.open", { Name: name })}</li>
        {code !== undefined && <li>{texts.t("install.step.paste")}</li>}
      </ol>
      <p class="second small screen-status">{texts.t("installed.or")}</p>
      <div role="status">
        {copied === "copied" && <Banner icon="check">{texts.t("install.copied")}</Banner>}
        {copied === "refused" && <Banner kind="look" icon="warning">{texts.rich("install.refused", { Code: <strong class="mono">{code}</strong> })}</Banner>}
      </div>
    </Screen>
  );
}

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";

/**
 * On an iPhone the browser and the installed app share no storage, so a key made here would not be there: the app is installed
 * first, and the code goes over by copy and paste.
 */
export function Install(): JSX.Element {
  const { texts, draft } = useApp();
  const [copied, setCopied] = useState<"" | "copied" | "refused">("");
  const code = draft.groups.join("-");
  const known = draft.groups.every((group) => group !== "");
  const copy = (): void => {
    navigator.clipboard.writeText(code).then(() => setCopied("copied"), () => setCopied("refused"));
  };
  return (
    <Screen
      bar={<Bar />} title={texts.t("install.title")} lead={texts.t("install.lead")}
      actions={known && <Button id="copy-code" icon="copy" onClick={copy}>{texts.t("install.copy")}</Button>}
    >
      <ol class="numbered screen-block">
        {known && <li>{texts.t("install.step.copy")}</li>}
        <li>{texts.t("install.step.share")}</li>
        <li>{texts.t("install.step.open")}</li>
        <li>{texts.t(known ? "install.step.paste" : "install.step.type")}</li>
      </ol>
      <div role="status">
        {copied === "copied" && <Banner icon="check">{texts.t("install.copied")}</Banner>}
        {copied === "refused" && <Banner kind="look" icon="warning">{texts.rich("install.refused", { Code: <strong class="mono">{code}</strong> })}</Banner>}
      </div>
    </Screen>
  );
}

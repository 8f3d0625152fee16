import type { JSX } from "preact";
import { installable } from "../install/environment";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { LanguageSwitch } from "../ui/language";
import { MenuButton, Screen } from "../ui/screen";
import { Seal } from "../ui/seal";
import { useWords } from "./words";

/** Nobody is active here yet. */
export function First(): JSX.Element {
  const { texts, nav, server, environment, setLanguage } = useApp();
  const words = useWords();
  return (
    <Screen
      bar={
        <header class="bar">
          <MenuButton id="services" label={texts.t("services.title")} onClick={() => nav.go({ screen: "services" })} />
          <LanguageSwitch texts={texts} named onChoose={setLanguage} />
        </header>
      }
      head={<Seal serverKey={server?.key} />}
      title={
        <>
          <span class="first-line">{texts.t("first.line1")} </span>
          <span class="first-line">{texts.t("first.line2")} </span>
          <span class="first-line">{texts.t("first.line3")}</span>
        </>
      }
      lead={server === undefined ? texts.t("first.keys") : texts.rich("first.belongs", { Operator: <strong>{server.operator}</strong> })}
      actions={
        <>
          <Button id="register" capitals={words.android} onClick={() => nav.go({ screen: "code" })}>{words.register}</Button>
          <div class="action-links">
            {installable(environment) && <Button id="install-app" kind="text" onClick={() => nav.go({ screen: "install" })}>{texts.t("first.install")}</Button>}
            <Button id="before" kind="text" onClick={() => nav.go({ screen: "before" })}>{texts.t("before.link")}</Button>
          </div>
        </>
      }
    />
  );
}

import type { JSX } from "preact";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";

/** "That was not me" on a phone without a key: it can change nothing itself, so it tells the way. */
export function Undo(): JSX.Element {
  const { texts, finish } = useApp();
  return (
    <Screen bar={<Bar />} title={texts.t("undo.title")} lead={texts.t("undo.lead")} actions={<Button id="done" onClick={finish}>{texts.t("undo.done")}</Button>}>
      <ol class="numbered screen-block">
        <li>{texts.t("undo.step1")}</li>
        <li>{texts.t("undo.step2")}</li>
        <li>{texts.t("undo.step3")}</li>
      </ol>
      <Banner kind="look" icon="warning">{texts.t("undo.desk")}</Banner>
    </Screen>
  );
}

import type { JSX } from "preact";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { useWords } from "./words";

/** "I have used this app before": an activation that is gone is made anew. */
export function Before(): JSX.Element {
  const { texts, nav } = useApp();
  const words = useWords();
  return (
    <Screen
      bar={<Bar />} title={texts.t("before.title")} lead={texts.t("before.lead")}
      actions={<Button id="register" capitals={words.android} onClick={() => nav.go({ screen: "code" })}>{words.register}</Button>}
    >
      <ol class="numbered screen-block">
        <li>{texts.t("before.step1")}</li>
        <li>{texts.t("before.step2")}</li>
        <li>{texts.t("before.step3")}</li>
      </ol>
      <Banner icon="shield-check">{texts.t("before.lost")}</Banner>
    </Screen>
  );
}

import type { JSX } from "preact";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { useWords } from "./words";

/** The ways out for someone who does not know the PIN any more: nobody can tell it. */
export function ForgotPin(): JSX.Element {
  const { texts, nav, biometric } = useApp();
  const words = useWords();
  return (
    <Screen
      bar={<Bar title={words.register} capitals={words.android} />} title={texts.t("forgot.title")} lead={texts.t("forgot.lead")}
      actions={
        <>
          {biometric && (
            <Button id="use-biometric" onClick={() => nav.replace({ screen: "biometric" })}>{texts.t("biometric.instead", { Sensor: words.sensor })}</Button>
          )}
          <Button id="done" kind={biometric ? "plain" : "main"} onClick={() => nav.back()}>{texts.t("forgot.back")}</Button>
        </>
      }
    >
      <ol class="numbered screen-block">
        <li>{texts.t("forgot.step1")}</li>
        <li>{texts.t("forgot.step2")}</li>
        <li>{texts.t("forgot.step3")}</li>
      </ol>
      <p class="second small screen-status">{texts.t("forgot.desk")}</p>
    </Screen>
  );
}

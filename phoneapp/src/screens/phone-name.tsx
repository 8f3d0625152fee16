import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { useApp, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { TextField } from "../ui/text-field";
import { Bar, Screen } from "../ui/screen";
import { faultSentence } from "./faults";
import { Working } from "./working";

/** What the portal calls this phone, for every user on it. */
export function PhoneName(): JSX.Element {
  const { texts, nav, core, device, preferences, setPreferences, fail, say } = useApp();
  const [name, setName] = useState(preferences.phoneName ?? device.name);
  const [error, setError] = useState("");
  const [busy, run] = useTask();
  const go = (): void =>
    run(async () => {
      const phoneName = name.trim();
      try {
        if (phoneName === "") throw new PhoneFault("phone.name");
        await core.renamePhone(phoneName);
        setPreferences({ ...preferences, phoneName });
        say(texts.t("phone_name.done"));
        nav.back();
      } catch (fault) {
        if (!(fault instanceof PhoneFault && fault.key === "phone.name")) fail(fault, "other");
        else {
          setError(faultSentence(texts, fault.key, fault.args));
          document.getElementById("phone-name")?.focus();
        }
      }
    });
  return (
    <Screen
      bar={<Bar title={texts.t("settings.title")} />} title={texts.t("phone_name.title")} lead={texts.t("phone_name.lead")} onSubmit={go}
      actions={<Button id="save" submit busy={busy}>{texts.t("save")}</Button>}
    >
      <div class="screen-block">
        <TextField
          id="phone-name" label={texts.t("phone_name.label")} hint={texts.t("phone_name.hint")} value={name} error={error} errorKey="phone.name"
          onInput={(value) => {
            setName(value);
            setError("");
          }}
        />
      </div>
      <Working busy={busy} text={texts.t("phone_name.working")} />
    </Screen>
  );
}

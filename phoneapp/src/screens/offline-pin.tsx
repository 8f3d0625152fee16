import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { OfflineSubject } from "../core/contract";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { KnownPinField } from "../ui/pin-field";
import { Screen } from "../ui/screen";
import { OfflineBar, Six } from "./offline-code";
import { digitsOf, useMakeCode, whoOf } from "./offline-way";

/** The PIN for one code. Whether it is right, this phone cannot tell, and says so. */
export function OfflinePin({ subject }: { subject: OfflineSubject }): JSX.Element {
  const { texts, core } = useApp();
  const { busy, make } = useMakeCode();
  const [pin, setPin] = useState("");
  const [missing, setMissing] = useState("");
  const go = (): void => {
    // What no PIN can be would only cost a try.
    const unfit = pin === "" ? "pin.missing" : core.checkPin(pin, []).includes("length") ? "pin.fault.length" : undefined;
    if (unfit !== undefined) {
      setMissing(texts.t(unfit));
      document.getElementById("pin")?.focus();
      return;
    }
    setPin("");
    make(subject, { pin });
  };
  const Who = <strong><bdi>{whoOf(core, subject)}</bdi></strong>;
  const lead = "request" in subject
    ? texts.rich("confirm_pin.lead", { Who, App: <strong>{subject.request.app}</strong> })
    : texts.rich("offline_way.pin.lead", { Who, Digits: <Six digits={digitsOf(subject)} /> });
  return (
    <Screen
      bar={<OfflineBar />} title={texts.t("confirm_pin.title")} lead={lead} onSubmit={go}
      actions={<Button id="confirm" submit busy={busy}>{texts.t("offline_way.pin.make")}</Button>}
    >
      <div class="screen-block">
        <KnownPinField
          id="pin" label={texts.t("pin.label")} value={pin} error={missing}
          onInput={(value) => {
            setPin(value);
            setMissing("");
          }}
        />
      </div>
      <p class="screen-status second small">{texts.t("offline_way.pin.note")}</p>
    </Screen>
  );
}

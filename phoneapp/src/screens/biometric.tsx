import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Screen, StepBar } from "../ui/screen";
import { Banner, Parts } from "../ui/surfaces";
import { pinRoute, useActivate } from "./activate";
import { Offline } from "./offline";
import { Working } from "./working";
import { useWords } from "./words";

/** The phone's own lock confirms: fingerprint, face or passcode. */
export function ChooseBiometric(): JSX.Element | null {
  const { texts, nav, core, draft } = useApp();
  const words = useWords();
  const [both, setBoth] = useState(draft.biometricToo);
  const [refused, setRefused] = useState("");
  const { busy, offline, activate } = useActivate();
  const existing = useCore(["users"], (c) => c.pinHolder() !== undefined);
  const offer = draft.offer;
  if (offer === undefined) return null;

  const toPin = (too: boolean): void => {
    draft.biometricToo = too;
    draft.pinForCodes = false;
    nav.go(pinRoute(core));
  };
  const go = (): void => {
    if (both) {
      toPin(true);
      return;
    }
    setRefused("");
    activate({ biometric: true }, (fault) => {
      if (fault.key === "biometric.pin_too") {
        toPin(true);
        draft.pinForCodes = true;
        return true;
      }
      if (fault.key !== "biometric.cancelled" && fault.key !== "biometric.failed") return false;
      setRefused(fault.key);
      return true;
    });
  };
  return (
    <Screen
      bar={<StepBar title={words.register} capitals={words.android} step={2} />}
      title={texts.t("biometric.title", { Sensor: words.sensor })} lead={texts.t("biometric.lead")} onSubmit={go}
      actions={
        <>
          <Button id="activate" submit capitals={words.android && !both} busy={busy}>{both ? texts.t("continue") : words.activate}</Button>
          <Button id="use-pin" kind="text" onClick={() => toPin(false)}>{texts.t(existing ? "biometric.pin.existing" : "biometric.pin")}</Button>
        </>
      }
    >
      <Parts
        parts={[
          { icon: words.android ? "fingerprint" : "face", text: texts.t("biometric.part1") },
          { icon: "shield-check", text: texts.t("biometric.part2", { Operator: offer.server.operator }) },
        ]}
      />
      <label class="check">
        <input type="checkbox" id="pin-too" checked={both} onChange={(event) => setBoth(event.currentTarget.checked)} />
        <span>{texts.t(existing ? "biometric.both.existing" : "biometric.both")}</span>
      </label>
      <div role="status" class="screen-status" data-error={refused === "" ? undefined : refused}>
        {texts.has(refused) && <Banner kind="look" icon="warning">{texts.t(refused)}</Banner>}
      </div>
      <Offline shown={offline} />
      <Working busy={busy} text={texts.t("activate.working")} />
    </Screen>
  );
}

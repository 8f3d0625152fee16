import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { PinField } from "../ui/pin-field";
import { PinRules, faultSentences } from "../ui/pin-rules";
import { Screen, StepBar } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { useActivate } from "./activate";
import { Offline } from "./offline";
import { Working } from "./working";
import { useWords } from "./words";

/** A new PIN, twice, with its guidelines. */
export function CreatePin(): JSX.Element | null {
  const { texts, nav, draft, core, biometric } = useApp();
  const words = useWords();
  const [pin, setPin] = useState("");
  const [repeat, setRepeat] = useState("");
  const [shown, show] = useState(false);
  const [error, setError] = useState("");
  const [repeatError, setRepeatError] = useState("");
  const { busy, offline, activate } = useActivate();
  const offer = draft.offer;
  if (offer === undefined) return null;
  const faults = core.checkPin(pin, [offer.user.name, offer.user.displayName]);

  const go = (): void => {
    const first = faults[0];
    setError(first === undefined ? "" : texts.t(faultSentences[first]));
    setRepeatError(first === undefined && pin !== repeat ? texts.t("pin.fault.repeat") : "");
    if (first !== undefined) document.getElementById("pin")?.focus();
    else if (pin !== repeat) document.getElementById("pin-repeat")?.focus();
    else activate({ pin, biometric: draft.biometricToo });
  };

  return (
    <Screen
      bar={<StepBar title={words.register} capitals={words.android} step={2} />} title={texts.t("pin.title")}
      lead={texts.t("pin.lead", { Operator: offer.server.operator })} onSubmit={go}
      actions={
        <>
          <Button id="activate" submit capitals={words.android} busy={busy}>{words.activate}</Button>
          {biometric && !draft.biometricToo && (
            <Button id="use-biometric" kind="text" onClick={() => nav.replace({ screen: "biometric" })}>{texts.t("biometric.instead", { Sensor: words.sensor })}</Button>
          )}
        </>
      }
    >
      {draft.pinForCodes && <Banner icon="info">{texts.t("biometric.pin_too")}</Banner>}
      <div class="screen-block">
        <PinField
          id="pin" label={texts.t("pin.label")} value={pin} error={error} shown={shown} onShow={show}
          onInput={(value) => {
            setPin(value);
            setError("");
          }}
        />
        <PinField
          id="pin-repeat" label={texts.t("pin.repeat")} value={repeat} error={repeatError} shown={shown}
          onInput={(value) => {
            setRepeat(value);
            setRepeatError("");
          }}
        />
      </div>
      <PinRules pin={pin} repeat={repeat} faults={faults} />
      <Offline shown={offline} />
      <Working busy={busy} text={texts.t("activate.working")} />
    </Screen>
  );
}

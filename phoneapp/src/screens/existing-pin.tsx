import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { useApp, useCore, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { KnownPinField } from "../ui/pin-field";
import { faultSentences } from "../ui/pin-rules";
import { Screen, StepBar } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { useActivate } from "./activate";
import { faultSentence } from "./faults";
import { Offline, useAgain } from "./offline";
import { Working } from "./working";
import { useWords } from "./words";

/** The PIN that this phone has already: one field. It is proved first, and serves the new user as well. */
export function ExistingPin(): JSX.Element | null {
  const { texts, nav, draft, core, biometric, fail } = useApp();
  const words = useWords();
  const holder = useCore(["users"], (c) => c.pinHolder());
  const [pin, setPin] = useState("");
  const [error, setError] = useState({ text: "", key: "" });
  /** The sentence that says why the right PIN does not do for the new user. */
  const [unfit, setUnfit] = useState("");
  /** What the server has said yes to: a lost connection must not cost another check. */
  const proved = useRef("");
  const [proving, run] = useTask();
  const { busy: activating, offline, activate } = useActivate();
  const [proofOffline, setProofOffline] = useState(false);
  const again = useRef<() => void>(() => undefined);
  useAgain(proofOffline, () => again.current());
  const { offer } = draft;
  if (offer === undefined || holder === undefined) return null;
  const busy = proving || activating;

  const say = (text: string, key = ""): void => {
    setError({ text, key });
    document.getElementById("pin")?.focus();
  };
  const goOn = (): void => {
    const first = core.checkPin(pin, [offer.user.name, offer.user.displayName])[0];
    if (first === undefined) activate({ pin, biometric: draft.biometricToo });
    else setUnfit(texts.t(first === "name" ? "existing_pin.unfit.name" : faultSentences[first], { Name: offer.user.displayName }));
  };
  const go = (): void => {
    if (unfit !== "") {
      draft.pinKeys = undefined;
      nav.go({ screen: "change-pin", keyId: holder.keyId });
      return;
    }
    if (busy) return;
    setError({ text: "", key: "" });
    setProofOffline(false);
    if (pin === "") say(texts.t("pin.missing"));
    // What no PIN can be is not worth a try.
    else if (core.checkPin(pin, []).includes("length")) say(texts.t("pin.fault.length"));
    else if (proved.current === `${holder.keyId} ${pin}`) goOn();
    else {
      run(async () => {
        try {
          await core.provePin(holder.keyId, pin);
          proved.current = `${holder.keyId} ${pin}`;
          goOn();
        } catch (fault) {
          if (!(fault instanceof PhoneFault)) fail(fault, "activation");
          else if (fault.key === "offline") setProofOffline(true);
          else if (fault.key === "pin.wrong") {
            setPin("");
            say(faultSentence(texts, fault.key, fault.args), fault.key);
          } else fail(fault, "activation");
        }
      });
    }
  };
  again.current = go;

  return (
    <Screen
      bar={<StepBar title={words.register} capitals={words.android} step={2} />} title={texts.t("existing_pin.title")}
      lead={texts.t("existing_pin.lead", { Name: offer.user.displayName })} onSubmit={go}
      actions={
        <>
          {unfit === ""
            ? <Button id="activate" submit capitals={words.android} busy={busy}>{words.activate}</Button>
            : <Button id="change" submit>{texts.t("existing_pin.change")}</Button>}
          {biometric && !draft.biometricToo && (
            <Button id="use-biometric" kind="text" onClick={() => nav.replace({ screen: "biometric" })}>{texts.t("biometric.instead", { Sensor: words.sensor })}</Button>
          )}
        </>
      }
    >
      {draft.pinForCodes && <Banner icon="info">{texts.t("biometric.pin_too")}</Banner>}
      <div class="screen-block">
        <KnownPinField
          id="pin" label={texts.t("existing_pin.label")} value={pin} error={error.text} {...(error.key === "" ? {} : { errorKey: error.key })}
          onInput={(value) => {
            setPin(value);
            setError({ text: "", key: "" });
            setUnfit("");
          }}
        />
        <Button id="forgot" kind="text" onClick={() => nav.go({ screen: "forgot-pin" })}>{texts.t("existing_pin.forgot")}</Button>
      </div>
      <div role="status" class="screen-status" data-error={unfit === "" ? undefined : "pin.guideline"}>
        {unfit !== "" && <Banner kind="look" icon="warning" title={unfit}>{texts.t("existing_pin.unfit")}</Banner>}
      </div>
      <Offline shown={offline || proofOffline} />
      <Working busy={busy} text={texts.t(proving ? "existing_pin.working" : "activate.working")} />
    </Screen>
  );
}

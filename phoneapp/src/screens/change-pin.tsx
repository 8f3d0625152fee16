import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { useApp, useCore, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { KnownPinField, PinField } from "../ui/pin-field";
import { PinRules, faultSentences } from "../ui/pin-rules";
import { Bar, Screen } from "../ui/screen";
import { faultSentence } from "./faults";
import { Working } from "./working";

/** The old PIN once, the new one twice. */
export function ChangePin({ keyId }: { keyId: string }): JSX.Element | null {
  const { texts, nav, core, fail, say } = useApp();
  const user = useCore(["users"], (c) => c.users().find((u) => u.keyId === keyId));
  const [old, setOld] = useState("");
  const [pin, setPin] = useState("");
  const [repeat, setRepeat] = useState("");
  const [shown, show] = useState(false);
  const [errors, setErrors] = useState({ old: "", key: "", pin: "", repeat: "" });
  const [busy, run] = useTask();
  if (user === undefined) return null;
  const faults = core.checkPin(pin, [user.name, user.displayName]);

  const go = (): void => {
    const first = faults[0];
    const found = {
      key: "",
      old: old === "" ? texts.t("pin.missing") : "",
      pin: first !== undefined ? texts.t(faultSentences[first]) : pin === old && old !== "" ? texts.t("change_pin.same") : "",
      repeat: first === undefined && pin !== repeat ? texts.t("pin.fault.repeat") : "",
    };
    setErrors(found);
    const field = found.old !== "" ? "pin-old" : found.pin !== "" ? "pin" : found.repeat !== "" ? "pin-repeat" : undefined;
    if (field !== undefined) {
      document.getElementById(field)?.focus();
      return;
    }
    run(async () => {
      try {
        await core.changePin(keyId, old, pin);
        say(texts.t("change_pin.done"));
        nav.back();
      } catch (fault) {
        if (fault instanceof PhoneFault && fault.key === "pin.wrong") {
          setOld("");
          setErrors({ old: faultSentence(texts, fault.key, fault.args), key: fault.key, pin: "", repeat: "" });
          document.getElementById("pin-old")?.focus();
        } else fail(fault, "other");
      }
    });
  };
  return (
    <Screen
      bar={<Bar title={user.displayName} />} title={texts.t("change_pin.title")} onSubmit={go}
      actions={<Button id="save" submit busy={busy}>{texts.t("change_pin.save")}</Button>}
    >
      <div class="screen-block">
        <KnownPinField
          id="pin-old" label={texts.t("change_pin.old")} value={old} error={errors.old} {...(errors.key === "" ? {} : { errorKey: errors.key })}
          onInput={(value) => {
            setOld(value);
            setErrors({ ...errors, old: "", key: "" });
          }}
        />
        <PinField
          id="pin" label={texts.t("change_pin.new")} value={pin} error={errors.pin} shown={shown} onShow={show}
          onInput={(value) => {
            setPin(value);
            setErrors({ ...errors, pin: "" });
          }}
        />
        <PinField
          id="pin-repeat" label={texts.t("change_pin.repeat")} value={repeat} error={errors.repeat} shown={shown}
          onInput={(value) => {
            setRepeat(value);
            setErrors({ ...errors, repeat: "" });
          }}
        />
      </div>
      <PinRules pin={pin} repeat={repeat} faults={faults} />
      <Working busy={busy} text={texts.t("approval.working")} />
    </Screen>
  );
}

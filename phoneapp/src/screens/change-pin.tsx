import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PhoneFault, type PhoneUser } from "../core/contract";
import { useApp, useCore, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { KnownPinField, PinField } from "../ui/pin-field";
import { PinRules, faultSentences } from "../ui/pin-rules";
import { Bar, Screen } from "../ui/screen";
import { faultSentence } from "./faults";
import { shownName } from "./names";
import { Working } from "./working";

/** The old PIN once, the new one twice; for every user of this phone who has one, because a person knows one PIN. */
export function ChangePin({ keyId }: { keyId: string }): JSX.Element | null {
  const { texts, nav, core, draft, fail, say } = useApp();
  const users = useCore(["users"], (c) => sharing(c.users(), keyId, draft.pinKeys));
  const user = users[0];
  const [old, setOld] = useState("");
  const [pin, setPin] = useState("");
  const [repeat, setRepeat] = useState("");
  const [shown, show] = useState(false);
  const [errors, setErrors] = useState({ old: "", key: "", pin: "", repeat: "" });
  const [busy, run] = useTask();
  if (user === undefined) return null;
  // Who is being added will have it, too.
  const names = [...users, ...(draft.offer === undefined ? [] : [draft.offer.user])].flatMap(({ name, displayName }) => [name, displayName]);
  const faults = core.checkPin(pin, names);

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
        const left = await core.changePins(users.map((one) => one.keyId), old, pin);
        draft.pinKeys = undefined;
        if (left.length > 0) {
          draft.pinsLeft = { keyIds: left, changed: users.length - left.length };
          nav.replace({ screen: "pins-left" });
          return;
        }
        draft.pinsLeft = undefined;
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
      bar={<Bar title={users.length === 1 ? shownName(user) : texts.t("users.title")} />} title={texts.t("change_pin.title")} onSubmit={go}
      lead={users.length === 1 ? undefined : texts.t("change_pin.all", { Count: users.length })}
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

/** The users whose PIN changes: `keyId` first, because the server's word on its old PIN decides whether anything changes. */
function sharing(users: readonly PhoneUser[], keyId: string, wanted: readonly string[] | undefined): readonly PhoneUser[] {
  const meant = users.filter((user) => user.pin && user.state !== "removed" && (wanted?.includes(user.keyId) ?? true));
  return [...meant.filter((user) => user.keyId === keyId), ...meant.filter((user) => user.keyId !== keyId)];
}

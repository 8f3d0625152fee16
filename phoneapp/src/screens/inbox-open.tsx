import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { PhoneFault, type InboxProof, type PhoneUser } from "../core/contract";
import { useApp, useCore, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { KnownPinField } from "../ui/pin-field";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { faultSentence } from "./faults";
import { useBox } from "./inbox-way";
import { shownName } from "./names";
import { answering } from "./offline-way";
import { useAgain } from "./offline";
import { Working } from "./working";
import { useWords } from "./words";

/** The box of a user in front of what stands in it: closed, it is opened here, wherever the person was. */
export function Opened({ keyId, children }: { keyId: string; children: () => JSX.Element | null }): JSX.Element | null {
  const box = useBox(keyId);
  const user = useCore(["users"], (core) => core.users().find((one) => one.keyId === keyId));
  const seen = useRef(false);
  seen.current ||= box !== undefined;
  if (box !== undefined) return children();
  return user === undefined ? null : <OpenInbox user={user} closed={seen.current} />;
}

/** Faults after which the person may simply try again where they are. */
const staying = new Set(["pin.wrong", "biometric.cancelled", "biometric.failed"]);

/** PIN or biometric, in front of the messages of one user. closed: they were open a moment ago. */
function OpenInbox({ user, closed }: { user: PhoneUser; closed: boolean }): JSX.Element {
  const { texts, core, nav, fail, biometric, now } = useApp();
  const words = useWords();
  const offlineSince = useCore(["online"], (c) => (c.online ? undefined : (c.offlineSince ?? now())));
  const byBiometric = user.biometric && (biometric || !user.pin);
  const [way, choose] = useState<"pin" | "biometric">(byBiometric && (!words.android || !user.pin) ? "biometric" : "pin");
  const [pin, setPin] = useState("");
  const [error, setError] = useState({ text: "", key: "" });
  const [busy, run] = useTask();
  useAgain(offlineSince !== undefined, () => undefined);

  const open = (proof: InboxProof): void =>
    run(async () => {
      setError({ text: "", key: "" });
      try {
        await core.inbox.open(user.keyId, proof);
      } catch (fault) {
        setPin("");
        if (fault instanceof PhoneFault && staying.has(fault.key)) setError({ text: faultSentence(texts, fault.key, fault.args), key: fault.key });
        else if (core.online) fail(fault, "other"); // no connection is told above
      }
    });
  const go = (): void => {
    if (way === "biometric") {
      open({ biometric: true });
      return;
    }
    // What no PIN can be is not worth a try.
    const unfit = pin === "" ? "pin.missing" : core.checkPin(pin, []).includes("length") ? "pin.fault.length" : undefined;
    if (unfit === undefined) open({ pin });
    else {
      setError({ text: texts.t(unfit), key: "" });
      document.getElementById("pin")?.focus();
    }
  };
  const swap = (to: "pin" | "biometric"): void => {
    setError({ text: "", key: "" });
    choose(to);
  };
  const Name = <strong><bdi>{shownName(user)}</bdi></strong>;
  const bar = <Bar title={texts.t("box.title")} />;

  if (offlineSince !== undefined) {
    const codes = answering(core.users()).length > 0;
    return (
      <Screen
        bar={bar} title={texts.t("box.open.title")} error="offline"
        actions={
          <>
            <Button id="refresh" icon="refresh" onClick={() => void core.refresh().catch(() => undefined)}>{texts.t("home.retry")}</Button>
            {codes && <Button id="offline-code" kind="plain" icon="qr" onClick={() => nav.go({ screen: "offline-code" })}>{texts.t("home.offline_code")}</Button>}
          </>
        }
      >
        <Banner kind="look" icon="wifi-off" title={texts.t("home.offline.title", { Time: texts.when(offlineSince, now()) })}>{texts.t("box.open.offline")}</Banner>
      </Screen>
    );
  }
  return (
    <Screen
      bar={bar} title={texts.t("box.open.title")} lead={texts.rich("box.open.lead", { Name })} onSubmit={go}
      actions={
        <>
          <Button id="confirm" submit busy={busy}>{way === "pin" ? texts.t("box.open.yes") : texts.t("approval.biometric", { Sensor: words.sensor })}</Button>
          {way === "pin" && byBiometric && (
            <Button id="other-factor" kind="text" onClick={() => swap("biometric")}>{texts.t("biometric.instead", { Sensor: words.sensor })}</Button>
          )}
          {way === "biometric" && user.pin && <Button id="other-factor" kind="text" onClick={() => swap("pin")}>{texts.t("biometric.pin.existing")}</Button>}
        </>
      }
    >
      {closed && <Banner icon="lock" title={texts.t("box.open.closed.title")}>{texts.t("box.open.closed")}</Banner>}
      {way === "pin" && (
        <div class="screen-block">
          <KnownPinField
            id="pin" label={texts.t("pin.label")} value={pin} error={error.text} {...(error.key === "" ? {} : { errorKey: error.key })}
            onInput={(value) => {
              setPin(value);
              setError({ text: "", key: "" });
            }}
          />
        </div>
      )}
      {way === "biometric" && (
        <div role="status" class="screen-status" data-error={error.key === "" ? undefined : error.key}>
          {error.text !== "" && <Banner kind="look" icon="warning">{error.text}</Banner>}
        </div>
      )}
      <Working busy={busy} text={texts.t("box.open.working")} />
    </Screen>
  );
}

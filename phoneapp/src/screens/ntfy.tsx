import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { useApp, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { TextField } from "../ui/text-field";
import { faultSentence } from "./faults";
import { copyText } from "./install";

/** What a person can mend where they typed it. */
const mendable: Readonly<Record<string, "ntfy.address" | "ntfy.service">> = { "push.endpoint": "ntfy.address", "push.service": "ntfy.service" };

/** Another way for notifications: a topic that the ntfy app listens to. */
export function Ntfy(): JSX.Element {
  const { texts, core, fail, say } = useApp();
  const [used, setUsed] = useState(core.ntfy);
  const [address, setAddress] = useState("");
  const [error, setError] = useState({ key: "", text: "" });
  const [busy, run] = useTask();
  const set = (typed: string | undefined, done: "ntfy.done" | "ntfy.gone"): void =>
    run(async () => {
      try {
        await core.setNtfy(typed);
        setUsed(core.ntfy);
        setAddress("");
        say(texts.t(done));
      } catch (fault) {
        const sentence = fault instanceof PhoneFault ? mendable[fault.key] : undefined;
        if (!(fault instanceof PhoneFault) || sentence === undefined) {
          fail(fault, "other");
          return;
        }
        setError({ key: fault.key, text: faultSentence(texts, sentence, fault.args) });
        document.getElementById("ntfy-address")?.focus();
      }
    });
  if (used !== undefined) {
    const copy = (): void => void copyText(used.slice(used.lastIndexOf("/") + 1)).then((copied) => say(texts.t(copied ? "ntfy.copied" : "ntfy.refused")));
    return (
      <Screen
        bar={<Bar title={texts.t("notify.row")} />} title={texts.t("ntfy.on.title")} lead={texts.t("ntfy.on.lead")}
        actions={
          <>
            <Button id="copy-topic" icon="copy" onClick={copy}>{texts.t("ntfy.copy")}</Button>
            <Button id="leave-ntfy" kind="text" busy={busy} onClick={() => set(undefined, "ntfy.gone")}>{texts.t("ntfy.leave")}</Button>
          </>
        }
      >
        <p class="sheet mono topic">{used}</p>
        <ol class="numbered screen-block">
          <li>{texts.t("ntfy.step1")}</li>
          <li>{texts.t("ntfy.step2")}</li>
        </ol>
      </Screen>
    );
  }
  return (
    <Screen
      bar={<Bar title={texts.t("notify.row")} />} title={texts.t("ntfy.title")} lead={texts.t("ntfy.lead")} onSubmit={() => set(address, "ntfy.done")}
      actions={<Button id="save" submit busy={busy}>{texts.t("save")}</Button>}
    >
      <div class="screen-block">
        <TextField
          id="ntfy-address" label={texts.t("ntfy.label")} hint={texts.t("ntfy.hint")} value={address} error={error.text} errorKey={error.key}
          onInput={(value) => {
            setAddress(value);
            setError({ key: "", text: "" });
          }}
        />
      </div>
    </Screen>
  );
}

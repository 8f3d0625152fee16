import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { useApp, useCore, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { TextField } from "../ui/text-field";
import { Bar, Screen } from "../ui/screen";
import { Receipt } from "../ui/surfaces";
import { faultSentence } from "./faults";

/** The person's own name for a user. It stands in lists on this phone; requests keep the verified one. */
export function Rename({ keyId }: { keyId: string }): JSX.Element | null {
  const { texts, nav, core, fail, say } = useApp();
  const user = useCore(["users"], (c) => c.users().find((u) => u.keyId === keyId));
  const [label, setLabel] = useState(user?.label ?? "");
  const [error, setError] = useState("");
  const [busy, run] = useTask();
  if (user === undefined) return null;
  const go = (): void =>
    run(async () => {
      try {
        await core.rename(keyId, label);
        say(texts.t(label.trim() === "" ? "user.rename.gone" : "user.rename.done"));
        nav.back();
      } catch (fault) {
        if (!(fault instanceof PhoneFault && fault.key === "label.wrong")) fail(fault, "other");
        else {
          setError(faultSentence(texts, fault.key, fault.args));
          document.getElementById("label")?.focus();
        }
      }
    });
  return (
    <Screen
      bar={<Bar title={texts.t("users.title")} />} title={texts.t("user.rename.title")} lead={texts.t("user.rename.lead")} onSubmit={go}
      actions={<Button id="save" submit busy={busy}>{texts.t("save")}</Button>}
    >
      <div class="screen-block">
        <TextField
          id="label" label={texts.t("user.rename.label")} hint={texts.t("user.rename.hint")} value={label} error={error} errorKey="label.wrong"
          onInput={(value) => {
            setLabel(value);
            setError("");
          }}
        />
      </div>
      <div class="screen-block">
        <Receipt
          sheet rows={[
            { name: texts.t("user.portal_name"), value: <bdi>{user.displayName}</bdi> },
            { name: texts.t("user.login"), value: <bdi>{user.name}</bdi> },
          ]}
        />
      </div>
    </Screen>
  );
}

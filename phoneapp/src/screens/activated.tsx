import type { JSX } from "preact";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Result } from "../ui/result";
import { Parts, Receipt } from "../ui/surfaces";
import { useDone } from "./notifications";
import { useWords } from "./words";

/** What came of an activation. It follows the key's state, and moves on by itself. */
export function Activated({ keyId }: { keyId: string }): JSX.Element | null {
  const { texts, finish, server, nav } = useApp();
  const words = useWords();
  const done = useDone();
  const user = useCore(["users"], (core) => core.users().find((u) => u.keyId === keyId));
  if (user === undefined) return null;
  const later = <Button id="done" kind="plain" onClick={finish}>{texts.t("key_made.later")}</Button>;

  if (user.state === "confirm" && user.digits !== undefined) {
    return (
      <Result ring="waiting" title={texts.t("confirm.title")} lead={texts.t("confirm.lead")} actions={later}>
        <div class="digits-panel" role="group" aria-label={texts.t("confirm.label")}>
          <span class="spoken">{Array.from(user.digits).join(" ")}</span>
          <span class="digits" aria-hidden="true"><span>{user.digits.slice(0, 3)}</span><span>{user.digits.slice(3)}</span></span>
        </div>
        <Parts parts={[{ icon: "shield-check", text: texts.t("confirm.safe") }]} />
        <p class="spoken" role="status">{texts.t("confirm.waiting")}</p>
      </Result>
    );
  }
  if (user.state === "approve") {
    return (
      <Result ring="waiting" title={texts.t("approve.title")} lead={texts.t("approve.lead")} actions={later}>
        <Parts parts={[{ icon: "phone", text: texts.t("approve.other") }, { icon: "help", text: texts.t("approve.lost") }]} />
      </Result>
    );
  }
  if (user.state !== "active") {
    return (
      <Result
        ring="stopped" error="key.removed" centred={false} title={texts.t("key.removed.title")}
        actions={<Button id="done" onClick={() => nav.reset({ screen: "home" })}>{texts.t("fault.home")}</Button>}
      >
        <Parts parts={[{ icon: "clock", text: texts.t("key.removed.happened") }, { icon: "door", text: texts.t("key.removed.next") }]} />
      </Result>
    );
  }
  return (
    <Result
      ring="done" title={texts.t("key_made.title")} lead={texts.t("key_made.lead")}
      actions={<Button id="done" capitals={words.android} onClick={done}>{words.done}</Button>}
    >
      <Receipt
        rows={[
          { name: texts.t("key_made.user"), value: user.displayName, second: user.name },
          { name: texts.t("key_made.at"), value: server?.name ?? "" },
          { name: texts.t("key_made.with"), value: texts.list([...(user.pin ? [texts.t("factor.pin")] : []), ...(user.biometric ? [words.sensor] : [])]) },
        ]}
      />
      <p class="result-note second small"><Icon name="bell" size={20} ink="petrol" /><span>{texts.t("key_made.next")}</span></p>
    </Result>
  );
}

import type { JSX } from "preact";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Result } from "../ui/result";
import { Bar } from "../ui/screen";
import { Parts } from "../ui/surfaces";
import { userHere, useTestRequest } from "./test-request";
import { Working } from "./working";
import { useWords } from "./words";

/** The code is for a user who is on this phone: a test request proves that it works, and a second key would be refused. */
export function AlreadyHere(): JSX.Element | null {
  const { texts, nav, draft, finish } = useApp();
  const words = useWords();
  const [busy, test] = useTestRequest();
  const { offer } = draft;
  const user = useCore(["users"], (core) => offer && userHere(core, offer));
  if (offer === undefined || user === undefined) return null;
  const Name = offer.user.displayName;
  const bar = <Bar title={words.register} capitals={words.android} />;
  const page = (label: string, kind: "main" | "plain"): JSX.Element => (
    <Button id="user" kind={kind} onClick={() => nav.go({ screen: "user", keyId: user.keyId })}>{label}</Button>
  );

  if (user.state === "confirm" || user.state === "approve") {
    return (
      <Result
        ring="waiting" centred={false} bar={bar} title={texts.t("already.waiting.title", { Name })} lead={texts.t("already.waiting")}
        actions={<Button id="next" onClick={() => nav.replace({ screen: "activated", keyId: user.keyId })}>{texts.t("already.waiting.go")}</Button>}
      />
    );
  }
  if (user.state === "suspended") {
    return (
      <Result
        ring="stopped" centred={false} bar={bar} error="key.suspended" title={texts.t("already.suspended.title", { Name })}
        actions={page(texts.t("already.user"), "main")}
      >
        <Parts
          parts={[
            { icon: "clock", title: texts.t("fault.happened"), text: texts.t("key.suspended.happened") },
            { icon: "shield-check", title: texts.t("fault.safe"), text: texts.t("already.safe") },
            { icon: "door", title: texts.t("fault.next"), text: texts.t("key.suspended.next") },
          ]}
        />
      </Result>
    );
  }
  return (
    <Result
      ring="done" centred={false} bar={bar} title={texts.t("already.title", { Name })} lead={texts.t("already.lead")}
      actions={
        <>
          <Button id="test" busy={busy} onClick={() => test(user.keyId)}>{texts.t("test.send")}</Button>
          <Button id="done" kind="text" onClick={finish}>{texts.t("fault.home")}</Button>
        </>
      }
    >
      <Parts
        parts={[
          { icon: "shield-check", title: texts.t("fault.safe"), text: texts.t("already.safe") },
          { icon: "bell", title: texts.t("already.test"), text: texts.t("already.test.text") },
          { icon: "help", title: texts.t("already.silent"), text: texts.t("already.silent.text") },
        ]}
      />
      <Working busy={busy} text={texts.t("test.working")} />
    </Result>
  );
}

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { emptyDraft, useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Result } from "../ui/result";
import { Bar } from "../ui/screen";
import { Parts } from "../ui/surfaces";
import { explainFault } from "./faults";
import { useAgain } from "./offline";
import { answering } from "./offline-way";
import { useTestRequest } from "./test-request";
import { useWords } from "./words";

/** What happened, what is safe, what to do now. */
export function Fault(): JSX.Element | null {
  const { texts, nav, core, draft, finish } = useApp();
  const words = useWords();
  const [busy, test] = useTestRequest();
  const trouble = draft.trouble;
  const waiting = useLookupAgain();
  if (trouble === undefined) return null;
  const { ServiceDesk: desk, Reference: reference } = trouble.args;
  const said = explainFault(texts, waiting ? "offline.waiting" : trouble.key, trouble.args);
  // What is active on this phone already is proved by a test, at once.
  const here = trouble.key === "activation.already" ? core.users().find((user) => user.userId === draft.offer?.user.id && user.state === "active") : undefined;
  // The page that waits for this answer takes a code as well.
  const unanswered = trouble.key === "offline" && trouble.during === "approval" && answering(core.users()).length > 0;
  const deeds = {
    retry: { label: texts.t("fault.retry"), go: () => nav.back() },
    code: {
      label: texts.t(words.android ? "fault.code.android" : "fault.code.ios"),
      go: () => {
        Object.assign(draft, emptyDraft());
        nav.reset({ screen: "code" }) // going back from there leads home and not to the code that failed;
      },
    },
    home: { label: texts.t("fault.home"), go: finish },
    test: { label: texts.t("test.send"), go: () => { if (here !== undefined) test(here.keyId); } },
  };
  const deed = here !== undefined ? deeds.test : deeds[trouble.during === "activation" || said.step !== "code" ? said.step : "home"];
  return (
    <Result
      ring="stopped" centred={false} error={trouble.key} title={said.title}
      bar={<Bar {...(trouble.during === "activation" ? { title: words.register, capitals: words.android } : {})} />}
      actions={
        <>
          <Button id="next" busy={busy} onClick={deed.go}>{deed.label}</Button>
          {unanswered && <Button id="offline-code" kind="plain" icon="qr" onClick={() => nav.go({ screen: "offline-code" })}>{texts.t("home.offline_code")}</Button>}
          {said.stranger && <Button id="not-me" kind="no" onClick={() => nav.go({ screen: "undo" })}>{texts.t("fault.notme")}</Button>}
        </>
      }
    >
      <Parts
        parts={[
          { icon: "clock", title: texts.t("fault.happened"), text: said.happened },
          { icon: "shield-check", title: texts.t("fault.safe"), text: said.safe },
          { icon: "door", title: texts.t("fault.next"), text: said.next },
        ]}
      />
      {desk !== undefined && desk !== "" && <p class="screen-status">{texts.t("fault.desk", { Desk: desk })}</p>}
      {reference !== undefined && (
        <p class="second small screen-status">{texts.rich("fault.reference", { Reference: <span class="mono">{reference}</span> })}</p>
      )}
    </Result>
  );
}

/**
 * True while a code was typed or scanned and could not be looked up for lack of a connection. It is looked up again by itself
 * when there is one, and the screen moves on.
 */
function useLookupAgain(): boolean {
  const { core, draft, nav, fail } = useApp();
  const { trouble, offer, groups, fingerprint } = draft;
  const waiting = trouble?.key === "offline" && trouble.during === "activation" && offer === undefined && groups.every((group) => group !== "");
  const asking = useRef(false);
  const here = useRef(true);
  useEffect(() => () => {
    here.current = false;
  }, []);
  const again = (): void => {
    if (asking.current || !here.current) return;
    asking.current = true;
    core.lookup(groups.join(""), fingerprint).then(
      (found) => {
        if (!here.current) return;
        draft.offer = found;
        nav.replace({ screen: "offer" });
      },
      (fault: unknown) => {
        const still = fault instanceof PhoneFault && fault.key === "offline";
        if (here.current && !still) fail(fault, "activation");
      },
    ).finally(() => {
      asking.current = false;
    });
  };
  useAgain(waiting, again);
  return waiting;
}

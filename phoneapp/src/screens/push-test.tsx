import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { PhoneFault, type PushReport, type PushTest } from "../core/contract";
import type { Texts } from "../i18n";
import { useApp, useNow } from "../ui/app-context";
import { faultSentence } from "./faults";

/** A test of notifications on this screen: not begun, on its way since a moment, ended, or refused. */
type Trial = { readonly since: number } | PushTest | { readonly refused: PhoneFault } | undefined;

export interface Running {
  readonly trial: Trial;
  readonly running: boolean;
  readonly start: () => void;
}

/** One test at a time; what it ended with stays until the next. ended is told after each. */
export function usePushTest(ended: () => Promise<void>): Running {
  const { core, now, fail } = useApp();
  const [trial, set] = useState<Trial>();
  const running = trial !== undefined && "since" in trial;
  const start = (): void => {
    if (running) return;
    set({ since: now() });
    const refuse = (fault: unknown): void => {
      set(fault instanceof PhoneFault ? { refused: fault } : undefined);
      if (!(fault instanceof PhoneFault)) fail(fault, "other");
    };
    void core.testPush().then(set, refuse).then(ended);
  };
  return { trial, running, start };
}

/** How the test goes, or how the last one went. Its place is kept, so that nothing below it moves. */
export function PushTestPanel({ test: { trial, running }, last }: { test: Running; last: PushReport["test"] }): JSX.Element {
  const { texts, now } = useApp();
  const at = useNow(running);
  const panel = useRef<HTMLDivElement>(null);
  // The button stays in view while the page is scrolled; what it begins comes into view with it.
  useEffect(() => {
    if (running) panel.current?.scrollIntoView({ block: "nearest" });
  }, [running]);
  const { title, second } = wordsOf(texts, trial, last, now());
  const seconds = trial !== undefined && "since" in trial ? Math.max(0, Math.floor((at - trial.since) / 1000)) : undefined;
  return (
    <div class="sheet push-test" ref={panel} data-test={trial === undefined ? "none" : Object.keys(trial)[0]}>
      {/* Each second is for the eyes only; that it began and how it ended is spoken. */}
      <p class="push-test-title" role="status">
        {seconds === undefined ? title : <span class="spoken">{texts.t("notify.try.began")}</span>}
        {seconds !== undefined && <span class="figures" aria-hidden="true">{texts.t("notify.try.running", { Count: seconds })}</span>}
      </p>
      <p class="second small">{second}</p>
    </div>
  );
}

function wordsOf(texts: Texts, trial: Trial, last: PushReport["test"], now: number): { readonly title: string; readonly second: string } {
  if (trial !== undefined) {
    if ("since" in trial) return { title: "", second: texts.t("notify.try.wait") };
    if ("ms" in trial) return { title: texts.t("notify.try.arrived", { Seconds: texts.seconds(trial.ms) }), second: texts.t("notify.try.heard") };
    if ("lost" in trial) return { title: texts.t("notify.try.lost"), second: texts.t(trial.lost === "service" ? "notify.try.lost.service" : "notify.try.lost.phone") };
    return { title: texts.t("notify.try.refused"), second: refusal(texts, trial.refused) };
  }
  if (last === undefined) return { title: texts.t("notify.try.never"), second: texts.t("notify.try.lead") };
  const title = last.receivedAt === undefined ? texts.t("notify.try.lost") : texts.t("notify.try.arrived", { Seconds: texts.seconds(last.receivedAt - last.askedAt) });
  return { title, second: texts.t("notify.try.last", { Time: texts.when(last.askedAt, now) }) };
}

/** The sentence of a refusal that has one of its own; of others the one thing to do. */
function refusal(texts: Texts, fault: PhoneFault): string {
  return texts.has(fault.key) ? faultSentence(texts, fault.key, fault.args) : texts.t("notify.try.refused.again");
}

import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { PushCheck, PushReport } from "../core/contract";
import { useApp, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Banner, Chip, LinkRow } from "../ui/surfaces";
import { useAppName } from "./install";
import { allowingSteps } from "./notifications";
import { PushTestPanel, usePushTest } from "./push-test";
import { nameOf, sentenceOf, unseenSteps } from "./push-words";

/** What notifications need on their way to this phone, each with what repairs it, and a test of the whole way. */
export function NotificationsCheck(): JSX.Element {
  const { core, texts, nav, notifier, environment, host, server } = useApp();
  const name = useAppName();
  const [report, setReport] = useState<PushReport>();
  const [busy, run] = useTask();
  const look = useCallback(async () => setReport(await core.pushChecks()), [core]);
  const test = usePushTest(look);
  useEffect(() => {
    // The person comes back from the phone's settings.
    const again = (): void => {
      if (document.visibilityState === "visible") void look();
    };
    again();
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, [look]);

  const { permission } = notifier;
  const checks = report?.checks ?? [];
  const usable = permission === "granted" && checks.some((check) => check.name === "subscription" && check.state === "good");
  const allow = (): void =>
    run(async () => {
      if ((await notifier.ask()) === "granted") await core.subscribe();
      await look();
    });
  return (
    <Screen
      bar={<Bar title={texts.t("settings.title")} />} title={texts.t("notify.check.title")} lead={texts.t(leadOf(checks))}
      actions={
        permission === "default"
          ? <Button id="allow" icon="bell" busy={busy} onClick={allow}>{texts.t("notify.title")}</Button>
          : usable
            ? <Button id="send-test" icon="bell" busy={test.running} onClick={test.start}>{texts.t("notify.try")}</Button>
            : <Button id="check-again" icon="refresh" busy={busy} onClick={() => run(look)}>{texts.t("notify.check.again")}</Button>
      }
    >
      {permission === "granted" && <PushTestPanel test={test} last={report?.test} />}
      <div class="rows checks" aria-busy={report === undefined ? "true" : undefined}>
        {report === undefined && unlooked.map((check) => (
          <div class="check-step" key={check}>
            <h2 class="row-title">{nameOf(texts, check)}</h2>
            <p class="check-sentence">{texts.t("notify.check.looking")}</p>
          </div>
        ))}
        {report?.checks.map((check) => (
          <div class="check-step" key={check.name} data-check={check.name} data-state={check.state}>
            <h2 class="row-title">{nameOf(texts, check.name)}</h2>
            <StateOf check={check} />
            <p class="check-sentence">{sentenceOf(texts, check, environment, report)}</p>
            {check.name === "permission" && check.reason === "denied" && (
              <ol class="numbered">{allowingSteps(texts, environment, name, host).map((step) => <li key={step}>{step}</li>)}</ol>
            )}
          </div>
        ))}
      </div>
      <section class="screen-block unseen">
        <h2 class="h3">{texts.t("notify.unseen")}</h2>
        <ol class="numbered">{unseenSteps(texts, environment, name, host).map((step) => <li key={step}>{step}</li>)}</ol>
      </section>
      {server?.ntfy && (
        <div class="rows rows-closed">
          <LinkRow id="ntfy" icon="share" title={texts.t("ntfy.row")} second={texts.t(core.ntfy === undefined ? "ntfy.row.second" : "ntfy.row.used")} onClick={() => nav.go({ screen: "ntfy" })} />
        </div>
      )}
      <Banner icon="door">{texts.t("notify.push.late")}</Banner>
    </Screen>
  );
}

/** The rows stand there before anything is known. */
const unlooked = ["permission", "worker", "subscription", "service", "receipt"] as const;

function leadOf(checks: readonly PushCheck[]): "notify.check.lead" | "notify.check.lead.bad" | "notify.check.lead.good" {
  if (checks.some(({ state }) => state === "bad")) return "notify.check.lead.bad";
  return checks.length > 0 && checks.every(({ state }) => state === "good") ? "notify.check.lead.good" : "notify.check.lead";
}

function StateOf({ check }: { check: PushCheck }): JSX.Element {
  const { texts } = useApp();
  switch (check.state) {
    case "good":
      return <Chip kind="done">{texts.t("notify.check.good")}</Chip>;
    case "bad":
      return <Chip kind="no">{texts.t("notify.check.bad")}</Chip>;
    case "unknown":
      return <Chip kind="past" icon="help">{texts.t("notify.check.unknown")}</Chip>;
  }
}

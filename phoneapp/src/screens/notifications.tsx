import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Texts } from "../i18n";
import type { Environment } from "../install/environment";
import { emptyDraft, useApp, useCore, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { LinkRow, Parts } from "../ui/surfaces";
import { useAppName } from "./install";
import { useWords } from "./words";

/** What "Done" after an activation does: the question about notifications comes once, then the home screen. */
export function useDone(): () => void {
  const { notifier, nav, draft, finish } = useApp();
  return () => {
    if (!notifier.wanted) {
      finish();
      return;
    }
    nav.reset({ screen: "notifications" });
    Object.assign(draft, emptyDraft());
  };
}

/** How notifications that were refused are allowed. */
export function allowingSteps(texts: Texts, { platform, installed }: Environment, name: string, host: string): string[] {
  if (platform === "ios") return [texts.t("notify.off.ios1"), texts.t("notify.off.ios2", { Name: name })];
  return installed
    ? [texts.t("notify.off.android1"), texts.t("notify.off.android2")]
    : [texts.t("notify.off.browser1"), texts.t("notify.off.browser2", { Host: host })];
}

/** May this app notify? Asked once: on an iPhone on the way to a key, elsewhere after it; later reached from the settings. */
export function Notifications(): JSX.Element {
  const { core, texts, notifier, nav, draft, environment, host } = useApp();
  const push = useCore(["push"], (phone) => phone.push);
  const words = useWords();
  const name = useAppName();
  const [permission, setPermission] = useState(notifier.permission);
  const [busy, run] = useTask();
  const next = draft.afterNotifications;
  const away = (): void => {
    draft.afterNotifications = undefined;
    if (next === undefined) nav.back();
    else nav.replace(next);
  };
  const done = next === undefined
    ? <Button id="done" capitals={words.android} onClick={away}>{words.done}</Button>
    : <Button id="go-on" onClick={away}>{texts.t("continue")}</Button>;
  // What is not known before the permission may come with it.
  const whenClosed = permission === "granted" ? push === "on" : push !== "impossible";
  const lead = texts.t(whenClosed ? "notify.push" : "notify.lead");
  const says = [
    { icon: "bell" as const, text: texts.t("notify.says") },
    ...(permission === "granted" && !whenClosed ? [{ icon: "info" as const, text: texts.t(push === "off" ? "notify.push.not_yet" : "notify.push.not") }] : []),
    { icon: "door" as const, text: texts.t(whenClosed ? "notify.push.late" : "notify.closed") },
  ];
  if (permission === "none") {
    return (
      <Screen bar={<Bar />} title={texts.t("notify.none.title")} lead={texts.t("notify.none.lead")} actions={done}>
        <Parts
          parts={[
            { icon: "phone", text: texts.t("notify.none.open") }, { icon: "qr", text: texts.t("notify.none.code") },
            ...(environment.platform === "ios" ? [{ icon: "info" as const, text: texts.t("notify.ios") }] : []),
          ]}
        />
      </Screen>
    );
  }
  if (permission === "denied") {
    const steps = allowingSteps(texts, environment, name, host);
    return (
      <Screen bar={<Bar />} title={texts.t("notify.off.title")} lead={texts.t("notify.off.lead")} actions={done}>
        <ol class="numbered screen-block">{steps.map((step) => <li key={step}>{step}</li>)}</ol>
      </Screen>
    );
  }
  if (permission === "granted") {
    return (
      <Screen bar={<Bar />} title={texts.t("notify.on.title")} lead={lead} actions={done}>
        <Parts parts={says} />
      </Screen>
    );
  }
  return (
    <Screen
      bar={<Bar />} title={texts.t("notify.title")} lead={lead}
      actions={
        <>
          <Button
            id="allow" icon="bell" busy={busy}
            onClick={() => run(async () => {
              const said = await notifier.ask();
              if (said === "denied") setPermission(said);
              else away();
              if (said === "granted") void core.subscribe();
            })}
          >
            {texts.t("notify.title")}
          </Button>
          <Button
            id="later" kind="text"
            onClick={() => {
              notifier.leave();
              away();
            }}
          >
            {texts.t("notify.later")}
          </Button>
        </>
      }
    >
      <Parts parts={says} />
    </Screen>
  );
}

const states = { default: "notify.row.default", denied: "notify.row.denied", none: "notify.row.none" } as const;

/** The row in the settings: to the checks, where there is something to check. */
export function NotificationsRow(): JSX.Element {
  const { texts, notifier, nav, environment } = useApp();
  const active = useCore(["users"], (core) => core.users().some((user) => user.state === "active"));
  const push = useCore(["push"], (core) => core.push);
  const { permission } = notifier;
  const state = permission === "granted" ? (push === "on" ? "notify.row.granted" : "notify.row.open") : states[permission];
  return (
    <LinkRow
      id="notifications" icon="bell" title={texts.t("notify.row")} second={texts.t(state)}
      onClick={() => nav.go({ screen: active && permission !== "none" && !environment.framed ? "notifications-check" : "notifications" })}
    />
  );
}

import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { PhoneFault, type Core, type ServerInfo } from "../core/contract";
import { loadTexts, type Language, type Texts } from "../i18n";
import { wearTheme } from "../choice";
import { AppContext, emptyDraft, useApp, useCore, type App as AppValue, type DemoScan, type Draft, type Preferences, type Scan, type Trouble } from "../ui/app-context";
import type { Nav, Route } from "../ui/nav";
import { Toast } from "../ui/toast";
import { Page } from "./page";

/** What the app is started with. */
export interface Start {
  readonly core: Core;
  readonly nav: Nav;
  readonly texts: Texts;
  /** The language that the person chose; without one the browser's wish counts anew each time. */
  readonly language?: string | undefined;
  readonly draft?: Draft;
  readonly server: ServerInfo | undefined;
  readonly host: string;
  readonly device: AppValue["device"];
  readonly biometric: boolean;
  readonly environment: AppValue["environment"];
  readonly installer: AppValue["installer"];
  readonly notifier: AppValue["notifier"];
  readonly handOver: AppValue["handOver"];
  readonly preferences: Preferences;
  readonly version: string;
  readonly demo: DemoScan | undefined;
  readonly scan: () => Promise<Scan>;
  readonly now?: () => number;
  /** Keeps what the person chose. */
  readonly keep: (choice: { preferences: Preferences; language: string | undefined }) => void;
}

/** The whole app: one screen at a time. */
export function App(start: Start): JSX.Element {
  const { core, nav, keep } = start;
  const [texts, setTexts] = useState(start.texts);
  const [language, choose] = useState(start.language);
  const [preferences, prefer] = useState(start.preferences);
  const [route, setRoute] = useState<Route>(nav.route);
  const [server, setServer] = useState(start.server);
  const [biometric, setBiometric] = useState(start.biometric);
  const [toast, say] = useState("");
  const draft = useRef(start.draft ?? emptyDraft()).current;
  const now = useMemo(() => start.now ?? (() => Date.now()), [start.now]);

  // Before any screen's own effects, which may lead on at once.
  useLayoutEffect(() => nav.on(() => setRoute(nav.route)), [nav]);
  useEffect(() => {
    if (server === undefined) void core.server().then(setServer, () => undefined); // offline: the app works without the name
  }, [core, server]);
  useEffect(() => {
    document.documentElement.lang = texts.language;
    wearTheme(preferences.theme);
    keep({ preferences, language });
  }, [keep, language, preferences, texts]);

  const fail = useCallback((fault: unknown, during: Trouble["during"]): void => {
    draft.trouble = fault instanceof PhoneFault ? { key: fault.key, args: fault.args, during } : { key: "internal", args: {}, during };
    if (!(fault instanceof PhoneFault)) console.error(fault);
    nav.go({ screen: "fault" });
  }, [draft, nav]);
  const finish = useCallback((): void => {
    nav.reset({ screen: "home" });
    Object.assign(draft, emptyDraft());
  }, [draft, nav]);
  useEffect(() => {
    // A finger or face may have been set up in the phone's settings meanwhile.
    const look = (): void => {
      if (document.visibilityState === "visible") void core.biometricAvailable().then(setBiometric, () => undefined);
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [core]);
  const gone = useCallback(() => say(""), []);

  const value = useMemo<AppValue>(() => ({
    core, nav, texts, draft, server, host: start.host, device: start.device, biometric, preferences,
    environment: start.environment, installer: start.installer, notifier: start.notifier, handOver: start.handOver,
    scan: start.scan, demo: start.demo, version: start.version, setPreferences: prefer,
    setLanguage: (wanted) => {
      choose(wanted);
      void loadTexts(wanted as Language).then(setTexts);
    },
    say, now, fail, finish,
  }), [core, nav, texts, draft, server, preferences, now, fail, finish, start.host, start.device, biometric, start.environment, start.installer, start.notifier, start.handOver, start.scan, start.demo, start.version]);

  return (
    <AppContext.Provider value={value}>
      <Events route={route} />
      <Page route={route} />
      <Toast text={toast} onGone={gone} />
    </AppContext.Provider>
  );
}

/** What happens by itself: a single new request opens over the home screen, and coming back online is told. */
function Events({ route }: { route: Route }): null {
  const { nav, draft, say, texts, now } = useApp();
  const approvals = useCore(["approvals"], (core) => core.approvals());
  const online = useCore(["online"], (core) => core.online);
  const seen = useRef(new Set<string>());
  const was = useRef(online);
  useEffect(() => {
    if ("id" in route && approvals.some(({ id }) => id === route.id)) seen.current.add(route.id);
    if (route.screen !== "home") return; // what comes meanwhile opens, or is listed, on the way back
    const open = approvals.filter((approval) => approval.expiresAt > now());
    const only = open.length === 1 ? open[0] : undefined;
    const fresh = only !== undefined && !seen.current.has(only.id);
    for (const approval of open) seen.current.add(approval.id);
    if (!fresh) return;
    draft.number = "";
    nav.go({ screen: "approval", id: only.id });
  });
  useEffect(() => {
    if (online && !was.current) say(texts.t("online.back"));
    was.current = online;
  }, [online, say, texts]);
  return null;
}

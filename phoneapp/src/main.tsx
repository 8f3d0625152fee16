// Starts the phone app: opens the core, reads the address, shows the screens.
import { render } from "preact";
import { parseFragment } from "./core/codes";
import { PhoneFault, type Core } from "./core/contract";
import { keepHandover, takeHandover } from "./core/handover";
import { keepLanguage } from "./core/language";
import { openCore } from "./core/open";
import { posture } from "./core/posture";
import { Store } from "./core/store";
import { Play } from "./demo/play";
import { chooseLanguage, loadTexts, type Language, type Texts } from "./i18n";
import { keepChoice, notificationsAsked, readChoice, wearTheme } from "./choice";
import { installable, readEnvironment, type Environment } from "./install/environment";
import { listenForInstall } from "./install/installer";
import { keepLive, openNotifier, type Place } from "./install/notifier";
import { followTouch, routeOf } from "./install/touched";
import { App } from "./screens/app";
import { touchedIn, type Told } from "./sw/waiting";
import { StartFault } from "./screens/start-fault";
import { emptyDraft, type Draft, type Scan } from "./ui/app-context";
import { cutCode } from "./ui/code-field";
import { BrowserNav, MemoryNav, type Nav, type Route } from "./ui/nav";

/** Takes the code out of an activation link before anything else runs, and out of the address with it. */
function readLink(draft: Draft): Route | undefined {
  const { pathname, hash } = location;
  if (pathname !== "/a") return undefined;
  history.replaceState(null, "", "/");
  try {
    const link = parseFragment(hash);
    draft.groups = cutCode(link.code);
    draft.fingerprint = link.fingerprint;
    return { screen: "looking" };
  } catch (cause) {
    const fault = cause instanceof PhoneFault ? cause : new PhoneFault("code.other");
    draft.trouble = { key: fault.key, args: fault.args, during: "activation" };
    return { screen: "fault" };
  }
}

/** Takes what was touched out of the address that the service worker opened. */
function readTouch(): Route | undefined {
  const touched = location.pathname === "/" ? touchedIn(location.hash) : undefined;
  if (touched === undefined) return undefined;
  history.replaceState(null, "", "/");
  return routeOf(touched);
}

/**
 * Where a code is looked up: here, or after the app was installed. Who went on in this browser before goes on in it again. The
 * app that was just installed goes on with the code that the browser laid ready.
 */
async function wayIn(route: Route | undefined, environment: Environment, core: Core, draft: Draft): Promise<Route | undefined> {
  if (route?.screen === "looking" && installable(environment) && core.users().length === 0) return { screen: "install" };
  if (route !== undefined || !environment.installed) return route;
  const kept = await takeHandover().catch(() => undefined); // then the person types or scans it
  if (kept === undefined) return undefined;
  Object.assign(draft, kept);
  return { screen: "looking" };
}

/** The installed app that was open all the while takes a code over, too, when it comes to the front and nothing is going on in it. */
function followHandover(nav: Nav, draft: Draft): void {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || nav.route.screen !== "home") return;
    takeHandover().then((kept) => {
      if (kept === undefined || nav.route.screen !== "home") return;
      Object.assign(draft, kept);
      nav.go({ screen: "looking" });
    }).catch((fault: unknown) => console.warn(fault));
  });
}

/** What notifications are made of here. */
function notifyingPlace(core: Core): Place {
  return {
    document,
    worker: () => ("serviceWorker" in navigator ? navigator.serviceWorker.getRegistration() : Promise.resolve(undefined)),
    granted: () => typeof Notification !== "undefined" && Notification.permission === "granted",
    words: async () => {
      const texts = await loadTexts(chooseLanguage([document.documentElement.lang]));
      return { title: (await core.server()).name, body: texts.t("notify.waiting") };
    },
    told: (listener) => {
      if ("serviceWorker" in navigator) navigator.serviceWorker.addEventListener("message", (event) => listener(event.data as Told));
    },
    icon: document.querySelector<HTMLLinkElement>('link[rel="apple-touch-icon"]')?.href,
    after: (ms, deed) => {
      const timer = setTimeout(deed, ms);
      return () => clearTimeout(timer);
    },
  };
}

/** Nothing can be kept, so that nothing but this screen is there; the choice of language is remembered where it can be. */
function showStartFault(place: Element, texts: Texts, environment: Environment, fault: unknown): void {
  const choose = (language: string): void => {
    void loadTexts(language as Language).then((chosen) => {
      document.documentElement.lang = chosen.language;
      showStartFault(place, chosen, environment, fault);
    });
  };
  render(<StartFault texts={texts} environment={environment} fault={fault} onLanguage={choose} onRetry={() => location.reload()} />, place);
}

async function start(): Promise<void> {
  const installer = listenForInstall(window); // the browser offers once, and waits for nobody
  const draft = emptyDraft();
  const link = readLink(draft) ?? readTouch();
  const place = document.getElementById("app") ?? document.body;
  const choice = readChoice(localStorageOf(window));
  wearTheme(choice.theme); // before anything is drawn, so that nothing flashes
  const play = await Play.meet(window); // undefined on every server but the side-by-side demo
  const chosen = [...(play?.languages ?? []), ...choice.languages];
  const [texts, device] = await Promise.all([loadTexts(chooseLanguage([...chosen, ...navigator.languages])), play?.posture() ?? posture()]);
  document.documentElement.lang = texts.language;
  const real = readEnvironment(window);
  const environment: Environment = play === undefined ? real : { ...real, platform: play.platform };
  let core: Core;
  try {
    core = await (play === undefined ? openCore() : play.open(openCore));
  } catch (fault) {
    console.error(fault);
    showStartFault(place, texts, environment, fault);
    play?.begin(() => Store.destroy());
    return;
  }
  const route = await wayIn(link, environment, core, draft);
  // In a frame the history is shared with the page around, so the app keeps its own.
  const nav = window.parent === window ? new BrowserNav(window, route) : new MemoryNav(route);
  const deviceNames = { android: "device.android", ios: "device.ios", other: "device.other" } as const;
  render(
    <App
      core={core} nav={nav} texts={texts} language={chosen[0]} draft={draft} server={undefined} host={location.host}
      device={{ platform: device.platform, name: device.model ?? texts.t(deviceNames[device.platform]) }}
      biometric={await core.biometricAvailable()}
      environment={environment} installer={installer}
      notifier={openNotifier(play !== undefined ? play.notifications : typeof Notification === "undefined" || environment.framed ? undefined : Notification, environment.installed, notificationsAsked(localStorageOf(window)))}
      handOver={(code) => void (code === undefined ? takeHandover() : keepHandover(code)).catch((fault: unknown) => console.warn(fault))}
      preferences={{ drawing: play?.platform ?? choice.drawing ?? (device.platform === "ios" ? "ios" : "android"), theme: choice.theme, phoneName: choice.phoneName }}
      version={typeof NODKEY_VERSION === "string" ? NODKEY_VERSION : "dev"} demo={play?.picture}
      scan={play?.scan(loadScan) ?? loadScan} {...(play === undefined ? {} : { now: play.now })}
      keep={(kept) => {
        keepChoice(localStorageOf(window), kept);
        if (play === undefined) void keepLanguage(document.documentElement.lang).catch((fault: unknown) => console.warn(fault));
      }}
    />,
    place,
  );
  const around = notifyingPlace(core);
  keepLive(core, around);
  around.told((message) => {
    if (message.type === "opened") followTouch(message, nav, core);
  });
  if (environment.installed) followHandover(nav, draft);
  play?.begin(() => Store.destroy());
  // Whatever fails here shows as offline, and is tried again by the stream.
  await core.resume().catch(() => undefined);
  await core.subscribe();
}

const loadScan = (): Promise<Scan> => import("./scan/scan");

/** Reading the property itself throws where storage is forbidden. */
function localStorageOf(window: Window): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

void start();

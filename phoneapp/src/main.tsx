// Starts the phone app: opens the core, reads the address, shows the screens.
import { render } from "preact";
import { openCore } from "./core/core";
import { parseFragment } from "./core/codes";
import { PhoneFault, type Core } from "./core/contract";
import { posture } from "./core/posture";
import { Store } from "./core/store";
import { Play } from "./demo/play";
import { chooseLanguage, loadTexts } from "./i18n";
import { keepChoice, readChoice, wearTheme } from "./choice";
import { App } from "./screens/app";
import { StartFault } from "./screens/start-fault";
import { emptyDraft, type Draft, type Scan } from "./ui/app-context";
import { cutCode } from "./ui/code-field";
import { BrowserNav, MemoryNav, type Route } from "./ui/nav";

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

/** Opened from the home screen; navigator.standalone is Safari's own word for it. */
function installed(window: Window): boolean {
  const { standalone } = window.navigator as Navigator & { readonly standalone?: boolean };
  return standalone === true || window.matchMedia("(display-mode: standalone)").matches;
}

/** The live stream runs while the app is in sight and somebody is active here. */
function keepLive(core: Core): void {
  let stop: (() => void) | undefined;
  const follow = (): void => {
    const wanted = document.visibilityState === "visible" && core.users().length > 0;
    if (wanted && stop === undefined) stop = core.live();
    if (!wanted) {
      stop?.();
      stop = undefined;
    }
  };
  document.addEventListener("visibilitychange", follow);
  core.on("users", follow);
  follow();
}

async function start(): Promise<void> {
  const draft = emptyDraft();
  const route = readLink(draft);
  const place = document.getElementById("app") ?? document.body;
  const choice = readChoice(localStorageOf(window));
  wearTheme(choice.theme); // before anything is drawn, so that nothing flashes
  const play = await Play.meet(window); // undefined on every server but the side-by-side demo
  const chosen = [...(play?.languages ?? []), ...choice.languages];
  const [texts, device] = await Promise.all([loadTexts(chooseLanguage([...chosen, ...navigator.languages])), play?.posture() ?? posture()]);
  document.documentElement.lang = texts.language;
  let core: Core;
  try {
    core = await (play === undefined ? openCore() : play.open(openCore));
  } catch (fault) {
    console.error(fault);
    render(<StartFault texts={texts} />, place);
    play?.begin(() => Store.destroy());
    return;
  }
  // In a frame the history is shared with the page around, so the app keeps its own.
  const nav = window.parent === window ? new BrowserNav(window, route) : new MemoryNav(route);
  const deviceNames = { android: "device.android", ios: "device.ios", other: "device.other" } as const;
  render(
    <App
      core={core} nav={nav} texts={texts} language={chosen[0]} draft={draft} server={undefined} host={location.host}
      device={{ platform: device.platform, name: device.model ?? texts.t(deviceNames[device.platform]) }}
      biometric={await core.biometricAvailable()} mustInstall={play === undefined && device.platform === "ios" && !installed(window)}
      preferences={{ drawing: play?.platform ?? choice.drawing ?? (device.platform === "ios" ? "ios" : "android"), theme: choice.theme }}
      version={typeof NODKEY_VERSION === "string" ? NODKEY_VERSION : "dev"} demo={play?.picture}
      scan={play?.scan(loadScan) ?? loadScan} {...(play === undefined ? {} : { now: play.now })} keep={(kept) => keepChoice(localStorageOf(window), kept)}
    />,
    place,
  );
  keepLive(core);
  play?.begin(() => Store.destroy());
  // Whatever fails here shows as offline, and is tried again by the stream.
  await core.resume().catch(() => undefined);
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

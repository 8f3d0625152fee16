// Where the app is running: the system, the browser, whether it is another app's browser, and what this browser can do. It
// decides what an install page says and never what the protocol does.
import type { Platform } from "../core/contract";
import { platformOf } from "../core/posture";

/** Browsers whose way to the home screen differs. */
export type Browser = "chrome" | "samsung" | "firefox" | "edge" | "opera" | "huawei" | "xiaomi" | "safari" | "other";

export interface Environment {
  readonly platform: Platform;
  readonly browser: Browser;
  /** iOS and iPadOS, as 16.4; undefined where it is not told, as on an iPad that presents itself as a Mac. */
  readonly ios: number | undefined;
  /** The app whose built-in browser this is, by its name; "" for one that does not say. undefined in a browser proper. */
  readonly inApp: string | undefined;
  /** Opened from the home screen. */
  readonly installed: boolean;
  /** Shown within another page, as in the demo. */
  readonly framed: boolean;
  /** The browser knows the Push API. */
  readonly push: boolean;
  /** The phone most likely came without Google's services. */
  readonly withoutGoogle: boolean;
  /** The decoder of the camera's pictures can run: WebAssembly is off in Lockdown Mode. */
  readonly decodes: boolean;
}

/** What is read of a window; tests bring their own. */
export interface Surroundings {
  readonly navigator: Parameters<typeof platformOf>[0] & { readonly standalone?: boolean };
  readonly standalone: boolean;
  readonly framed: boolean;
  readonly push: boolean;
  readonly wasm: boolean;
}

/** Other apps' browsers by the mark that they put into the user agent. The first that fits counts. */
const inAppMarks: readonly (readonly [RegExp, string])[] = [
  [/Instagram/, "Instagram"],
  [/FBAN\/Messenger|FB_IAB\/Orca/, "Messenger"],
  [/FBAN|FBAV|FB_IAB/, "Facebook"],
  [/\bLine\//, "LINE"],
  [/MicroMessenger/, "WeChat"],
  [/Twitter/, "X"],
  [/LinkedInApp/, "LinkedIn"],
  [/Snapchat/, "Snapchat"],
  [/BytedanceWebview|musical_ly|TikTok/, "TikTok"],
  [/KAKAOTALK/, "KakaoTalk"],
  [/\bGSA\//, "Google"],
];

/** Android browsers by their mark; several also say Chrome, which therefore comes last. */
const androidMarks: readonly (readonly [RegExp, Browser])[] = [
  [/SamsungBrowser\//, "samsung"],
  [/HuaweiBrowser\/|HonorBrowser\//, "huawei"],
  [/MiuiBrowser\//, "xiaomi"],
  [/EdgA\//, "edge"],
  [/OPR\/|OPT\//, "opera"],
  [/Firefox\//, "firefox"],
  [/VivoBrowser\/|HeyTapBrowser\/|UCBrowser\/|DuckDuckGo\/|YaBrowser\//, "other"],
  [/Chrome\//, "chrome"],
];

const iosMarks: readonly (readonly [RegExp, Browser])[] = [
  [/CriOS\//, "chrome"],
  [/FxiOS\//, "firefox"],
  [/EdgiOS\//, "edge"],
  [/OPT\/|OPiOS\/|DuckDuckGo\/|YaBrowser\//, "other"],
  [/Safari\//, "safari"],
];

/** Phones sold without Google's services, by maker or system. */
const googleless = /HuaweiBrowser|HonorBrowser|HarmonyOS|OpenHarmony|\bHMSCore|Huawei|HUAWEI/;

/** Reads the surroundings. Nothing is asked of anybody. */
export function environmentOf({ navigator, standalone, framed, push, wasm }: Surroundings): Environment {
  const agent = navigator.userAgent;
  const platform = platformOf(navigator);
  const installed = standalone || navigator.standalone === true;
  return {
    platform, installed, framed, push, decodes: wasm,
    browser: first(platform === "android" ? androidMarks : platform === "ios" ? iosMarks : [], agent) ?? "other",
    ios: platform === "ios" ? iosVersion(agent) : undefined,
    inApp: platform === "other" || installed ? undefined : inAppOf(agent, platform),
    withoutGoogle: platform === "android" && (googleless.test(agent) || !push),
  };
}

/** The same of a real window. */
export function readEnvironment(window: Window & typeof globalThis): Environment {
  return environmentOf({
    navigator: window.navigator,
    standalone: window.matchMedia("(display-mode: standalone)").matches,
    framed: window.parent !== window,
    push: "PushManager" in window,
    wasm: canDecode(),
  });
}

/** True where the decoder of the camera's pictures can run. An iPhone's Lockdown Mode switches WebAssembly off. */
export function canDecode(): boolean {
  return typeof WebAssembly !== "undefined";
}

/** How an app gets from this browser to the home screen. */
export type Way =
  /** The browser's own menu, or the prompt that it offers. */
  | "menu"
  /** The share sheet of an iPhone. */
  | "share"
  /** An iPhone before 16.4, where only Safari installs. */
  | "safari"
  /** Another app's browser, which installs nothing. */
  | "leave";

export function wayOf(environment: Environment): Way {
  if (environment.inApp !== undefined) return "leave";
  if (environment.platform !== "ios") return "menu";
  const old = environment.ios !== undefined && environment.ios < 16.4;
  return old && environment.browser !== "safari" ? "safari" : "share";
}

/** True where installing makes sense: on a phone, in a browser, on a page of its own. */
export function installable({ platform, installed, framed }: Environment): boolean {
  return platform !== "other" && !installed && !framed;
}

/**
 * True where a key must not be made: an iPhone's browser shares no storage with the installed app, and other apps' browsers
 * let those apps read along what is typed, and forget it with the app.
 */
export function mustInstall(environment: Environment): boolean {
  return installable(environment) && (environment.platform === "ios" || environment.inApp !== undefined);
}

function first<T>(marks: readonly (readonly [RegExp, T])[], agent: string): T | undefined {
  return marks.find(([mark]) => mark.test(agent))?.[1];
}

/** 16.4 of "OS 16_4_1". No version that is told apart here has a second part of two digits. */
function iosVersion(agent: string): number | undefined {
  const told = /OS (\d+)_(\d+)/.exec(agent);
  return told === null ? undefined : Number(`${told[1]}.${told[2]}`);
}

function inAppOf(agent: string, platform: Platform): string | undefined {
  const name = first(inAppMarks, agent);
  if (name !== undefined) return name;
  // A bare web view: Android marks it "wv", on an iPhone the word Safari is missing.
  if (platform === "android") return /; wv\)/.test(agent) ? "" : undefined;
  return /Safari\//.test(agent) ? undefined : "";
}

// What this phone says of itself (docs/protocol.md §4.3, "phone"). A phone is never locked out by a guess: what the browser
// does not tell, or tells the same of every phone, is left out.

import type { Platform } from "./contract";

export interface Posture {
  readonly platform: Platform;
  readonly osVersion?: string;
  readonly model?: string;
  /** "nodkey-web/" and the build's version. */
  readonly app: string;
  /** A browser knows neither of these; the demo plays them. */
  readonly rooted?: boolean;
  readonly screenLock?: boolean;
}

// User-Agent Client Hints: in Chromium only, and not in TypeScript's library.
interface ClientHints {
  readonly platform: string;
  getHighEntropyValues(hints: readonly string[]): Promise<{ readonly model?: string; readonly platformVersion?: string }>;
}
type Device = Pick<Navigator, "userAgent" | "maxTouchPoints"> & { readonly userAgentData?: ClientHints };

const app = `nodkey-web/${typeof NODKEY_VERSION === "string" ? NODKEY_VERSION : "dev"}`.slice(0, 40);

/**
 * Which system this is. An iPad that calls itself a Mac gives itself away by its touch screen. HarmonyOS counts as Android,
 * whose guides its people follow, on phones and tablets.
 */
export function platformOf(device: Device): Platform {
  const agent = device.userAgent;
  const harmony = /HarmonyOS|\((?:Phone|Tablet); OpenHarmony|HuaweiBrowser.*\bMobile\b|\bMobile\b.*HuaweiBrowser/;
  if (device.userAgentData?.platform === "Android" || /Android/.test(agent) || harmony.test(agent)) return "android";
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && device.maxTouchPoints > 1)) return "ios";
  return "other";
}

/** Asks the browser; whatever it does not tell is left out. */
export async function posture(device: Device = navigator): Promise<Posture> {
  const platform = platformOf(device);
  const hints = await device.userAgentData?.getHighEntropyValues(["model", "platformVersion"]).catch(() => undefined);
  const hinted = hintsAre[platform].test(device.userAgentData?.platform ?? "") ? hints?.platformVersion : undefined;
  const osVersion = clean(hinted, 20) ?? clean(told(platform, device.userAgent), 20);
  const model = clean(hints?.model, 40);
  return { platform, app, ...(osVersion === undefined ? {} : { osVersion }), ...(model === undefined ? {} : { model }) };
}

/** Hints may be of another system than the user agent, as when a desktop browser poses as a phone. */
const hintsAre: Readonly<Record<Platform, RegExp>> = { android: /^Android$/, ios: /^iOS$/, other: /./ };

/** The system's version in the user agent, where it is the phone's own. */
function told(platform: Platform, agent: string): string | undefined {
  if (platform === "ios") return /(?:CPU|iPhone) OS (\d+(?:_\d+)*) like/.exec(agent)?.[1]?.replace(/_/g, ".");
  // OpenHarmony counts its own versions, and some of its browsers add an Android version for the sake of old pages.
  if (platform !== "android" || /OpenHarmony/.test(agent)) return undefined;
  // Chromium says "Android 10; K" of every phone, Firefox 10 of everything older.
  if (/Android 10; (?:K\b|(?:Mobile|Tablet); rv:)/.test(agent)) return undefined;
  return /Android (\d+(?:\.\d+)*)/.exec(agent)?.[1];
}

/** The words without control and formatting characters, at most so many characters; undefined when nothing is left. */
export function clean(words: string | undefined, longest: number): string | undefined {
  const kept = Array.from(words?.replace(/\p{C}/gu, "").trim() ?? "").slice(0, longest).join("").trim();
  return kept === "" ? undefined : kept;
}

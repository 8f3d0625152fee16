// What this phone says of itself (docs/protocol.md §4.3, "phone"). A browser knows neither rooting nor screen lock, so
// both are left out.

import type { Platform } from "./contract";

export interface Posture {
  readonly platform: Platform;
  readonly osVersion?: string;
  readonly model?: string;
  /** "nodkey-web/" and the build's version. */
  readonly app: string;
}

// User-Agent Client Hints: in Chromium only, and not in TypeScript's library.
interface ClientHints {
  readonly platform: string;
  getHighEntropyValues(hints: readonly string[]): Promise<{ readonly model?: string; readonly platformVersion?: string }>;
}
type Device = Pick<Navigator, "userAgent" | "maxTouchPoints"> & { readonly userAgentData?: ClientHints };

const app = `nodkey-web/${typeof NODKEY_VERSION === "string" ? NODKEY_VERSION : "dev"}`.slice(0, 40);

/** Which system this is. An iPad that calls itself a Mac gives itself away by its touch screen. */
export function platformOf(device: Device): Platform {
  const agent = device.userAgent;
  if (device.userAgentData?.platform === "Android" || /Android/.test(agent)) return "android";
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && device.maxTouchPoints > 1)) return "ios";
  return "other";
}

/** Asks the browser; whatever it does not tell is left out. */
export async function posture(device: Device = navigator): Promise<Posture> {
  const platform = platformOf(device);
  const hints = await device.userAgentData?.getHighEntropyValues(["model", "platformVersion"]).catch(() => undefined);
  const told = /(?:Android |OS )(\d+(?:[._]\d+)*)/.exec(device.userAgent)?.[1]?.replace(/_/g, ".");
  const osVersion = clean(hints?.platformVersion, 20) ?? (platform === "other" ? undefined : clean(told, 20));
  const model = clean(hints?.model, 40);
  return { platform, app, ...(osVersion === undefined ? {} : { osVersion }), ...(model === undefined ? {} : { model }) };
}

/** The words without control and formatting characters, at most so many characters; undefined when nothing is left. */
export function clean(words: string | undefined, longest: number): string | undefined {
  const kept = Array.from(words?.replace(/\p{C}/gu, "").trim() ?? "").slice(0, longest).join("").trim();
  return kept === "" ? undefined : kept;
}

// What the demo's page wants this app to pretend: which phone it is, and what is wrong with it.
import type { Posture } from "../core/posture";

/** One phone to be. Every member but the platform is a trouble; absent means that all is well. */
export interface Pose {
  readonly platform: "android" | "ios";
  /** The language of the page around, where the person chose one there. */
  readonly language?: string;
  readonly old: boolean;
  readonly rooted: boolean;
  readonly unlocked: boolean;
  readonly offline: boolean;
  readonly slow: boolean;
  readonly storage: boolean;
  /** The person said no to notifications. */
  readonly muted: boolean;
  readonly camera: "denied" | "absent" | "busy" | undefined;
}

export const normal: Pose = { platform: "android", old: false, rooted: false, unlocked: false, offline: false, slow: false, storage: false, muted: false, camera: undefined };

const cameras: readonly unknown[] = ["denied", "absent", "busy"];

/** Reads a pose out of a message; whatever it does not say is as in `normal`. */
export function readPose(wanted: unknown): Pose {
  const told = (typeof wanted === "object" && wanted !== null ? wanted : {}) as Readonly<Record<string, unknown>>;
  return {
    platform: told["platform"] === "ios" ? "ios" : "android",
    ...(typeof told["language"] === "string" ? { language: told["language"] } : {}),
    old: told["old"] === true,
    rooted: told["rooted"] === true,
    unlocked: told["unlocked"] === true,
    offline: told["offline"] === true,
    slow: told["slow"] === true,
    storage: told["storage"] === true,
    muted: told["muted"] === true,
    camera: cameras.includes(told["camera"]) ? (told["camera"] as Pose["camera"]) : undefined,
  };
}

/** Whether the app has to start anew to go from one pose to the other; the other troubles take hold as it runs. */
export function needsRestart(before: Pose, after: Pose): boolean {
  return before.platform !== after.platform || before.storage !== after.storage || before.muted !== after.muted;
}

/** How far a slow clock is behind, milliseconds. */
export const slowBy = 10 * 60_000;

const versions = { android: { now: "16", old: "5.1" }, ios: { now: "18.5", old: "10.3" } } as const;

/** What such a phone says of itself to the server. `app` is what the app says of itself. */
export function postureOf(pose: Pose, app: string): Posture & { readonly rooted: boolean; readonly screenLock: boolean } {
  const version = versions[pose.platform];
  return { platform: pose.platform, osVersion: pose.old ? version.old : version.now, app, rooted: pose.rooted, screenLock: !pose.unlocked };
}

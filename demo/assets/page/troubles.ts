// The troubles by name: what the phone is to pretend, and by what they are recognised on its screen.

/** A trouble as the page's list names it (demo/troubles.go). */
export interface Trouble {
  /** What the phone pretends, for the troubles that it plays. */
  readonly pose?: Readonly<Record<string, unknown>>;
  /** Whether the phone shows it now. */
  readonly seen: (screen: string, error: string) => boolean;
}

const fault = (...keys: readonly string[]) => (_: string, error: string) => keys.includes(error);

export const troubles: Readonly<Record<string, Trouble>> = {
  used: { seen: fault("activation.used") },
  expired: { seen: fault("activation.expired") },
  other: { seen: fault("code.other") },
  group: { seen: fault("code.group") },
  already: { seen: (screen, error) => screen === "already" || error === "activation.already" },
  rooted: { pose: { rooted: true }, seen: fault("posture.rooted") },
  old: { pose: { old: true }, seen: fault("posture.android", "posture.ios") },
  unlocked: { pose: { unlocked: true }, seen: fault("posture.screen_lock") },
  storage: { pose: { storage: true }, seen: fault("storage") },
  offline: { pose: { offline: true }, seen: fault("offline") },
  notifications: { pose: { muted: true }, seen: (screen) => screen === "notifications" },
  denied: { pose: { camera: "denied" }, seen: fault("camera.denied") },
  absent: { pose: { camera: "absent" }, seen: fault("camera.absent") },
  busy: { pose: { camera: "busy" }, seen: fault("camera.busy") },
  stranger: { seen: (screen) => screen === "approval" },
  slow: { pose: { slow: true }, seen: fault("clock") },
  pin: { seen: fault("pin.wrong", "key.suspended") },
};

/** Only one of each of these can be at a time. */
export const alternatives: readonly (readonly string[])[] = [
  ["used", "expired", "other"],
  ["denied", "absent", "busy"],
];

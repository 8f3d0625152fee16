// Reports on notifications and missed requests, for looking at screens and for their tests.
import type { MissedApproval, PushCheck, PushReport } from "./core/contract";
import type { PreviewCore } from "./preview-core";
import type { Draft } from "./ui/app-context";
import type { Route } from "./ui/nav";

/** What a look may find, by name. */
export type Finding = "good" | "untested" | "denied" | "default" | "no-service" | "failing" | "lost" | "offline" | "impossible";

const good: Readonly<Record<PushCheck["name"], PushCheck>> = {
  permission: { name: "permission", state: "good", reason: "granted" },
  worker: { name: "worker", state: "good", reason: "ready" },
  subscription: { name: "subscription", state: "good", reason: "subscribed" },
  service: { name: "service", state: "good", reason: "accepts" },
  receipt: { name: "receipt", state: "good", reason: "arrived" },
};

const untested: PushCheck = { name: "receipt", state: "unknown", reason: "never" };
const unsubscribed: PushCheck = { name: "subscription", state: "bad", reason: "missing" };
const forgotten: PushCheck = { name: "service", state: "bad", reason: "forgotten" };

const differences: Readonly<Record<Finding, readonly PushCheck[]>> = {
  good: [],
  untested: [untested, { name: "service", state: "unknown", reason: "untried" }],
  denied: [{ name: "permission", state: "bad", reason: "denied" }, unsubscribed, forgotten, untested],
  default: [{ name: "permission", state: "bad", reason: "default" }, unsubscribed, forgotten, untested],
  "no-service": [{ name: "subscription", state: "bad", reason: "refused" }, forgotten, untested],
  failing: [{ name: "service", state: "bad", reason: "failing" }, { name: "receipt", state: "bad", reason: "lost" }],
  lost: [{ name: "receipt", state: "bad", reason: "lost" }],
  offline: [{ name: "service", state: "unknown", reason: "unasked" }, untested],
  impossible: [
    { name: "permission", state: "bad", reason: "none" }, { name: "worker", state: "bad", reason: "absent" },
    { name: "subscription", state: "bad", reason: "unsupported" }, { name: "service", state: "bad", reason: "off" }, untested,
  ],
};

export function reportOf(finding: Finding, now: number): PushReport {
  const changed = differences[finding];
  const checks = Object.values(good).map((check) => changed.find(({ name }) => name === check.name) ?? check);
  const askedAt = now - 2 * 3_600_000;
  const { reason } = checks[4] as PushCheck;
  return {
    checks,
    ...(checks[3]?.state === "bad" && finding !== "failing" ? {} : { service: "fcm.googleapis.com" }),
    ...(reason === "never" ? {} : { test: { askedAt, ...(reason === "arrived" ? { receivedAt: askedAt + 1300 } : {}) } }),
  };
}

export function missedOf(now: number, change: Partial<MissedApproval> = {}): MissedApproval {
  return {
    id: "m1", keyId: "k1", kind: "sign_in", app: "Aldermere Client Portal", who: "Mara Lindqvist", address: "203.0.113.24", place: "Hamburg, Germany", with: "Firefox on Windows", known: false,
    issuedAt: now - 780_000, endedAt: now - 600_000, ...change,
  };
}

/** As many as a server tells of, from everywhere, under names that are long. */
export function manyMissed(now: number): MissedApproval[] {
  return Array.from({ length: 20 }, (_, i) => missedOf(now, {
    id: `m${i + 1}`, issuedAt: now - (i + 1) * 7_000_000, endedAt: now - (i + 1) * 7_000_000 + 180_000,
    ...(i % 3 === 1 ? { app: "Aldermere Steuerberatungsgesellschaft mbH Mandantenportal", place: "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch, Wales", with: "Samsung Internet on Android" } : {}),
    ...(i % 3 === 2 ? { who: "佐藤 葵", with: "Chrome on Windows" } : {}),
  }));
}

/** Prepares one of these scenes; undefined when the screen is none of them. */
export function prepareDelivery(screen: string, detail: string, core: PreviewCore, draft: Draft, now: number): Route | undefined {
  switch (screen) {
    case "notifications-check":
      core.report = reportOf((detail === "" || detail === "running" ? "good" : detail) as Finding, now);
      if (detail === "running") core.tested = new Promise(() => undefined);
      if (detail === "lost") core.tested = Promise.resolve({ lost: "phone" });
      return { screen: "notifications-check" };
    case "ntfy":
      if (detail === "used") core.ntfy = "https://ntfy.aldermere.example/nodkey-q2xTf0m1ZbA9-_k3LwPd4Q";
      return { screen: "ntfy" };
    case "home-missed":
      core.set({ missed: detail === "20" ? manyMissed(now) : [missedOf(now)] });
      return { screen: "home" };
    case "home-over":
      draft.requestOver = true;
      return { screen: "home" };
    case "missed":
      core.set({ missed: manyMissed(now) });
      if (detail === "confirm") core.set({ missed: [missedOf(now, { kind: "confirm", app: "Aldermere Till", text: "Pay 250.00 EUR to Anna Weber, DE02 1203 0000 0000 2020 51" })] });
      return { screen: "missed", id: detail === "long" ? "m2" : "m1" };
    case "missed-all":
      core.set({ missed: manyMissed(now) });
      return { screen: "missed-all" };
    case "request":
      core.refresh = () => new Promise(() => undefined);
      return { screen: "request", id: "a1" };
    default:
      return undefined;
  }
}

// A phone without a server, for looking at screens and for their tests. It keeps what the contract promises and nothing else.
import { pastOf as decidedOf } from "./core/approval";
import { parseCode } from "./core/codes";
import {
  PhoneFault, type Approval, type Core, type CoreEvent, type MissedApproval, type Offer, type OfflineCodes, type OfflineFactors, type OfflineRequest, type Outcome, type PastApproval,
  type PhoneUser, type PushReport, type PushState, type PushTest, type ServerInfo,
} from "./core/contract";
import { topicOf } from "./core/ntfy";
import { pinFaults } from "./core/pins";
import { PreviewInbox } from "./preview-inbox";
import { reportOf } from "./preview-push";
import type { Environment } from "./install/environment";
import type { Installer } from "./install/installer";
import type { Notifier } from "./install/notifier";

export const mara = { id: "u1", name: "mara", displayName: "Mara Lindqvist" };

/** Chrome on an Android phone, opened from the home screen. */
export const plainEnvironment: Environment = {
  platform: "android", browser: "chrome", ios: undefined, inApp: undefined, installed: true, framed: false, push: true, withoutGoogle: false, decodes: true,
};

export const noInstaller: Installer = { state: "none", ask: () => Promise.resolve(), on: () => () => undefined };

export const noNotifier: Notifier = { permission: "none", wanted: false, ask: () => Promise.resolve("none"), leave: () => undefined };

export const server: ServerInfo = {
  id: "s1", name: "Aldermere Client Portal", operator: "Aldermere", rpId: "phone.aldermere.example",
  key: "BB4aHiX1G8-mQvJ0JQ8oOe7vGmG7w1sVx2b3rS9c5y0bq1m4Zk7tQh3c2nX8Yd5eW6fR0gT1hU2jV3kL4mN5pQY",
};

export function userOf(change: Partial<PhoneUser> = {}): PhoneUser {
  return {
    keyId: "k1", userId: mara.id, name: mara.name, displayName: mara.displayName, state: "active", pin: true, biometric: false,
    activatedAt: 1_795_000_000_000, ...change,
  };
}

export function offerOf(now: number, change: Partial<Offer> = {}): Offer {
  return {
    user: mara, server: { name: server.name, operator: server.operator }, pin: { min: 4, max: 6 }, expiresAt: now + 600_000, alreadyHere: false,
    ...change,
  };
}

export function approvalOf(now: number, change: Partial<Approval> = {}): Approval {
  return {
    id: "a1", keyId: "k1", kind: "sign_in", app: "Aldermere Client Portal", who: mara.displayName, address: "203.0.113.24", place: "Hamburg, Germany",
    with: "Firefox on Windows", known: false, number: true, issuedAt: now - 19_000, expiresAt: now + 161_000,
    factors: { pin: true, biometric: false }, ...change,
  };
}

export function requestOf(now: number, change: Partial<OfflineRequest> = {}): OfflineRequest {
  return {
    id: "a1", keyId: "k1", digits: "318402", app: "Aldermere Client Portal", who: mara.displayName, address: "203.0.113.24", place: "Hamburg, Germany",
    kind: "sign_in", with: "Firefox on Windows", known: true, issuedAt: now - 42_000, expiresAt: now + 258_000, late: false, ...change,
  };
}

export function pastOf(now: number): PastApproval[] {
  const app = "Aldermere Client Portal";
  return [
    { id: "p1", keyId: "k1", app, place: "Hamburg, Germany", with: "Firefox on Windows", at: now - 3_600_000, state: "approved" },
    { id: "p2", keyId: "k1", app, address: "198.51.100.7", with: "an unknown browser", at: now - 86_400_000, state: "denied" },
  ];
}

/** A core whose lists and answers the owner sets. */
export class PreviewCore implements Core {
  online = true;
  offlineSince: number | undefined;
  push: PushState = "impossible";
  /** What the push service leads to at the next try. */
  reaches: PushState | undefined;
  ntfy: string | undefined;
  /** What a look at the notifications finds. */
  report: PushReport = reportOf("impossible", 0);
  /** How the next test of notifications ends. */
  tested: Promise<PushTest> = Promise.resolve({ ms: 1300 });
  /** What screens said was seen, as "id what". */
  readonly sightings: string[] = [];
  /** Everything that screens asked for, as "name argument". */
  readonly calls: string[] = [];
  /** Thrown by the next call that could fail. */
  fault: PhoneFault | undefined;
  /** What the next yes leads to; approved when not set. */
  outcome: Outcome | undefined;
  /** What a change of PIN leaves with the old one. */
  left: readonly string[] = [];
  /** Ids of requests that wake nobody. */
  quiet: readonly string[] = [];
  activated: Partial<PhoneUser> = {};
  offer: Offer;
  /** What a scanned statement says. */
  request: OfflineRequest;
  /** What makes codes; a user's own factors when not set. */
  codeFactors: OfflineFactors | undefined;
  readonly #listeners = new Map<CoreEvent, Set<() => void>>();
  #users: readonly PhoneUser[] = [];
  #approvals: readonly Approval[] = [];
  #past: readonly PastApproval[] = [];
  #missed: readonly MissedApproval[] = [];

  readonly inbox: PreviewInbox;

  constructor(readonly now: () => number) {
    this.inbox = new PreviewInbox(now, (call) => this.#asked(call), () => this.#tell("messages"));
    this.offer = offerOf(now());
    this.request = requestOf(now());
  }

  readonly codes: OfflineCodes = {
    read: async (text) => {
      await this.#asked(`read ${text}`);
      return this.request;
    },
    factors: (keyId) => {
      const user = this.#users.find((one) => one.keyId === keyId);
      return this.codeFactors ?? { pin: user?.pin === true, biometric: user?.biometric === true };
    },
    make: async (subject, proof) => {
      const asked = "request" in subject ? `scanned ${subject.request.id}` : `typed ${subject.keyId} ${subject.digits}`;
      await this.#asked(`make ${asked} ${"pin" in proof ? proof.pin : "biometric"}`);
      return "48271960";
    },
  };

  set(lists: { users?: readonly PhoneUser[]; approvals?: readonly Approval[]; past?: readonly PastApproval[]; missed?: readonly MissedApproval[] }): void {
    this.#users = lists.users ?? this.#users;
    this.#approvals = lists.approvals ?? this.#approvals;
    this.#past = lists.past ?? this.#past;
    this.#missed = lists.missed ?? this.#missed;
    for (const event of ["users", "approvals", "past", "missed"] as const) if (lists[event] !== undefined) this.#tell(event);
  }

  connect(online: boolean, since?: number): void {
    this.online = online;
    this.offlineSince = online ? undefined : since;
    this.#tell("online");
  }

  server = (): Promise<ServerInfo> => Promise.resolve(server);
  users = (): readonly PhoneUser[] => this.#users;
  approvals = (): readonly Approval[] => this.#approvals;
  woke = (id: string): boolean => !this.quiet.includes(id);
  past = (): readonly PastApproval[] => this.#past;
  missed = (): readonly MissedApproval[] => this.#missed;
  biometricAvailable = (): Promise<boolean> => Promise.resolve(true);
  checkPin = pinFaults;
  resume = (): Promise<void> => Promise.resolve();
  live = (): (() => void) => () => undefined;

  on(event: CoreEvent, listener: () => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  async lookup(code: string, fingerprint?: string): Promise<Offer> {
    await this.#asked(`lookup ${code}${fingerprint === undefined ? "" : ` ${fingerprint}`}`);
    parseCode(code);
    return this.offer;
  }

  async activate(offer: Offer, how: { pin?: string; biometric: boolean; phoneName: string }): Promise<PhoneUser> {
    await this.#asked(`activate ${how.pin ?? "-"} ${how.biometric ? "biometric" : "-"} ${how.phoneName}`);
    const user = userOf({ ...offer.user, userId: offer.user.id, pin: how.pin !== undefined, biometric: how.biometric, ...this.activated });
    this.set({ users: [...this.#users, user] });
    return user;
  }

  async refresh(): Promise<void> {
    await this.#asked("refresh");
  }

  async approve(approval: Approval, how: { number?: string; pin: string } | { number?: string; biometric: true }): Promise<Outcome> {
    await this.#asked(`approve ${approval.id} ${how.number ?? "-"} ${"pin" in how ? how.pin : "biometric"}`);
    return this.#end(approval, this.outcome ?? { state: "approved", at: this.now() });
  }

  async deny(approval: Approval, reason: "not_me" | "mistake"): Promise<Outcome> {
    await this.#asked(`deny ${approval.id} ${reason}`);
    return this.#end(approval, { state: "denied", at: this.now() });
  }

  async disown(past: PastApproval): Promise<void> {
    await this.#asked(`disown ${past.id}`);
  }

  async changePins(keyIds: readonly string[], oldPin: string, newPin: string): Promise<readonly string[]> {
    await this.#asked(`changePins ${keyIds.join(",")} ${oldPin} ${newPin}`);
    return this.left;
  }

  /** The oldest that is active with a PIN. */
  pinHolder(): PhoneUser | undefined {
    return this.#users.find((user) => user.pin && user.state === "active");
  }

  async provePin(keyId: string, pin: string): Promise<void> {
    await this.#asked(`provePin ${keyId} ${pin}`);
  }

  async test(keyId: string): Promise<Approval> {
    await this.#asked(`test ${keyId}`);
    const user = this.#users.find((one) => one.keyId === keyId);
    if (user === undefined) throw new PhoneFault("key.removed");
    // Asked for on this phone: no browser stands behind it.
    const asked: Approval = {
      id: `test-${keyId}`, keyId, kind: "test", app: server.name, who: user.displayName, known: false, number: false,
      issuedAt: this.now(), expiresAt: this.now() + 180_000, factors: { pin: user.pin, biometric: user.biometric },
    };
    this.set({ approvals: [asked, ...this.#approvals.filter((one) => one.id !== asked.id)] });
    return asked;
  }

  async subscribe(): Promise<void> {
    await this.#asked("subscribe");
    this.push = this.reaches ?? this.push;
    this.#tell("push");
  }

  async unsubscribe(): Promise<void> {
    await this.#asked("unsubscribe");
    this.push = "off";
    this.#tell("push");
  }

  async setNtfy(typed: string | undefined): Promise<void> {
    await this.#asked(`setNtfy ${typed ?? "-"}`);
    this.ntfy = typed === undefined ? undefined : topicOf(typed);
  }

  async pushChecks(): Promise<PushReport> {
    await Promise.resolve();
    return this.report;
  }

  async testPush(): Promise<PushTest> {
    await this.#asked("testPush");
    return this.tested;
  }

  seen(approval: Approval, what: "shown" | "opened"): void {
    this.sightings.push(`${approval.id} ${what}`);
  }

  async dismissMissed(ids: readonly string[]): Promise<void> {
    await this.#asked(`dismissMissed ${ids.join(",")}`);
    this.set({ missed: this.#missed.filter((one) => !ids.includes(one.id)) });
  }

  async rename(keyId: string, label: string): Promise<void> {
    await this.#asked(`rename ${keyId} ${label}`);
    this.set({
      users: this.#users.map((user) => {
        if (user.keyId !== keyId) return user;
        const { label: before, ...plain } = user;
        return label.trim() === "" ? (before === undefined ? user : plain) : { ...plain, label: label.trim() };
      }),
    });
  }

  async reorder(keyIds: readonly string[]): Promise<void> {
    await this.#asked(`reorder ${keyIds.join(",")}`);
    const at = (user: PhoneUser): number => (keyIds.includes(user.keyId) ? keyIds.indexOf(user.keyId) : keyIds.length);
    this.set({ users: [...this.#users].sort((a, b) => at(a) - at(b)) });
  }

  async renamePhone(name: string): Promise<void> {
    await this.#asked(`renamePhone ${name}`);
  }

  async removeUser(keyId: string): Promise<void> {
    await this.#asked(`removeUser ${keyId}`);
    this.set({ users: this.#users.filter((user) => user.keyId !== keyId) });
  }

  #end(approval: Approval, outcome: Outcome): Outcome {
    this.set({ approvals: this.#approvals.filter((one) => one.id !== approval.id), past: [decidedOf(approval, outcome), ...this.#past] });
    return outcome;
  }

  async #asked(call: string): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    const { fault } = this;
    this.fault = undefined;
    if (fault !== undefined) throw fault;
  }

  #tell(event: CoreEvent): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener();
  }
}

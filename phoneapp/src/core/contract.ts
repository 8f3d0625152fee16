// The line between the phone's protocol core and its screens: screens know these types and nothing of keys, JWS or storage.

import type { Inbox } from "./inbox-contract";

export type * from "./inbox-contract";

/** Platform as the server knows it; it decides labels and order on screens, never the protocol. */
export type Platform = "android" | "ios" | "other";

/** What docs/protocol.md §4.4 says a key can be, seen from the phone. */
export type KeyState = "active" | "confirm" | "approve" | "suspended" | "removed";

/** One user's activation on this phone. */
export interface PhoneUser {
  readonly keyId: string;
  readonly userId: string;
  readonly name: string;
  readonly displayName: string;
  /** What the person calls this user on this phone, where they chose a name; the portal never learns it. */
  readonly label?: string;
  readonly state: KeyState;
  /** Six digits to type in the portal, only while state is "confirm". */
  readonly digits?: string;
  readonly pin: boolean;
  readonly biometric: boolean;
  /** Milliseconds since the epoch. */
  readonly activatedAt: number;
}

/** Whose app this is. Kept for offline starts. */
export interface ServerInfo {
  readonly id: string;
  readonly name: string;
  readonly operator: string;
  /** Signing key, 65 bytes as base64url: the seal is drawn from it. */
  readonly key: string;
  readonly rpId: string;
  /** What this server's Web Push is signed with, 65 bytes as base64url; absent when it sends none. */
  readonly push?: string;
  /** Whether this server publishes to topics of ntfy servers (§5.7). */
  readonly ntfy?: boolean;
}

/**
 * Whether a request reaches this phone while the app is closed. "off": not yet, it may come with the next start; "impossible":
 * this server sends no Web Push, or no push service serves this browser.
 */
export type PushState = "on" | "off" | "impossible";

/** One step on a notification's way to this phone, and what is known of it. */
export type PushCheck = { readonly state: "good" | "bad" | "unknown" } & (
  | { readonly name: "permission"; readonly reason: "granted" | "default" | "denied" | "none" }
  /** What runs while the app is closed. "absent": this browser has none for us. */
  | { readonly name: "worker"; readonly reason: "ready" | "starting" | "absent" }
  /** "refused": no push service stands behind this browser; "unsupported": the browser knows nothing of Web Push. */
  | { readonly name: "subscription"; readonly reason: "subscribed" | "missing" | "refused" | "unsupported" }
  /**
   * The push service as the server knows it. "untried": nothing was sent yet; "failing": it refused the last messages; "forgotten":
   * the server has no address of this phone; "off": it sends none at all; "unasked": it could not be asked; "nobody": no user is active.
   */
  | { readonly name: "service"; readonly reason: "accepts" | "untried" | "failing" | "forgotten" | "off" | "unasked" | "nobody" }
  /** What became of the last test. */
  | { readonly name: "receipt"; readonly reason: "arrived" | "lost" | "waiting" | "never" }
);

/** Every step, in the order in which a notification takes them. */
export interface PushReport {
  readonly checks: readonly PushCheck[];
  /** The push service's name, mostly its host. */
  readonly service?: string;
  /** The last test, whoever asked for it; by this phone's own clock. */
  readonly test?: { readonly askedAt: number; readonly receivedAt?: number };
}

/**
 * How a test of notifications ended: after how many milliseconds it was here, or where it was lost. "service": no push service
 * took it; "phone": one did, and the phone did not say that it came.
 */
export type PushTest = { readonly ms: number } | { readonly lost: "service" | "phone" };

/** A checked offer: MAC and signature hold. Nothing has been claimed yet. */
export interface Offer {
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly server: { readonly name: string; readonly operator: string };
  readonly pin: { readonly min: number; readonly max: number };
  readonly expiresAt: number;
  /** Set when this very user already has a key on this phone. */
  readonly alreadyHere: boolean;
  /**
   * Set when this code was submitted from here before and the answer got lost: activate sends the same bytes again and looks
   * at nothing in `how`, so there is no PIN to make.
   */
  readonly resumes?: true;
}

/** One approval, its statement verified against the pinned key; every field comes from that statement. */
export interface Approval {
  readonly id: string;
  readonly keyId: string;
  readonly kind: "sign_in" | "confirm" | "key_add" | "key_remove" | "pin_change" | "password_change" | "contact_change" | "contact_remove" | "test";
  readonly app: string;
  readonly who: string;
  readonly address?: string;
  readonly place?: string;
  readonly with?: string;
  readonly known: boolean;
  /** The person must type the two digits that the page shows. */
  readonly number: boolean;
  /** Text an application supplied; shown as such. */
  readonly text?: string;
  readonly newKey?: { readonly id: string; readonly name: string };
  /** With key_remove: the name of the phone that is to be removed; with contact_change: the new address; with contact_remove: the one that is to go. */
  readonly item?: string;
  readonly issuedAt: number;
  /** By this phone's own clock, corrected for the skew. */
  readonly expiresAt: number;
  /** Which of the user's factors this phone can use now. */
  readonly factors: { readonly pin: boolean; readonly biometric: boolean };
}

/** A sign-in, or a text of an application's, whose statement was scanned and verified without a connection; every field comes from that statement. */
export interface OfflineRequest {
  /** Of the approval: with a connection the same one may be among approvals(). */
  readonly id: string;
  readonly keyId: string;
  /** The six digits that the page shows beside the square code. */
  readonly digits: string;
  readonly kind: "sign_in" | "confirm";
  readonly app: string;
  readonly who: string;
  /** As in Approval. */
  readonly text?: string;
  readonly address?: string;
  readonly place?: string;
  readonly with?: string;
  readonly known: boolean;
  readonly issuedAt: number;
  /** By this phone's own clock, corrected for the skew. */
  readonly expiresAt: number;
  /** It is over by this phone's clock. That may be wrong, so the code is made still: the server decides. */
  readonly late: boolean;
}

/** What a code without a connection answers: a scanned request, or six digits that were typed, of which nothing is known. */
export type OfflineSubject = { readonly request: OfflineRequest } | { readonly keyId: string; readonly digits: string };

/** The factors that a key can make codes with; with neither it cannot. */
export interface OfflineFactors {
  readonly pin: boolean;
  readonly biometric: boolean;
}

/** Signing in with a code while the phone has no connection. Nothing here asks the network for anything. */
export interface OfflineCodes {
  /**
   * The verified request of a scanned statement. Throws PhoneFault: code.other for any other text, offline_code.elsewhere (another
   * server's), offline_code.forged (no key that this phone pinned signed it), offline_code.not_here (for another phone or user),
   * offline_code.kind (nothing that a code answers), offline_code.old (over for longer than a wrong clock explains).
   */
  read(text: string): Promise<OfflineRequest>;
  factors(keyId: string): OfflineFactors;
  /**
   * Eight digits for the page. A wrong PIN makes wrong digits: only the server can tell. Throws PhoneFault offline_code.factor when
   * the key cannot make codes in this way, biometric.cancelled, biometric.failed; TypeError for a request that read did not give.
   */
  make(subject: OfflineSubject, proof: { readonly pin: string } | { readonly biometric: true }): Promise<string>;
}

/** What became of a decision. */
export interface Outcome {
  readonly state: "approved" | "denied";
  readonly cause?: "wrong_number";
  readonly at: number;
}

/** A decided approval as the home screen lists it ("recent"); kept on the phone only, newest first, at most 20. */
export interface PastApproval {
  readonly id: string;
  readonly keyId: string;
  /** Absent in what an older app kept: a sign-in then. */
  readonly kind?: Approval["kind"];
  readonly app: string;
  readonly place?: string;
  readonly address?: string;
  readonly with?: string;
  readonly at: number;
  readonly state: "approved" | "denied";
}

/** A request that asked this phone and ran out without an answer; every field comes from its verified statement. */
export interface MissedApproval {
  readonly id: string;
  readonly keyId: string;
  readonly kind: "sign_in" | "confirm";
  /** Of the application's. */
  readonly text?: string;
  readonly app: string;
  readonly who: string;
  readonly address?: string;
  readonly place?: string;
  readonly with?: string;
  readonly known: boolean;
  /** By this phone's own clock, corrected for the skew; so is the next. */
  readonly issuedAt: number;
  readonly endedAt: number;
}

export type PinFault = "length" | "character" | "alike" | "run" | "name" | "date" | "common";

/**
 * Everything that can go wrong, for a screen to explain. `key` is a key of i18n/errors.*.json: either the server's
 * (docs/protocol.md §2.2) or one of the phone's own: offline, storage, clock, offer.mac, offer.signature, offer.fingerprint,
 * biometric.cancelled, biometric.failed, camera.denied, camera.absent, camera.busy, code.group (args.group), code.other,
 * receipt.wrong, answer.wrong (the server's answer is not what the protocol says), pin.guideline (args.fault, a PinFault),
 * label.wrong, phone.name, offline_code.… (see OfflineCodes), users.limit (args.limit: as many users as one phone can hold are here; nothing was claimed).
 * "clock" has args.minutes and args.direction ("slow" or "fast").
 */
export class PhoneFault extends Error {
  constructor(
    readonly key: string,
    readonly args: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(key, options);
    this.name = "PhoneFault";
  }
}

export type CoreEvent = "users" | "approvals" | "online" | "past" | "push" | "missed" | "messages";

/** The phone, as screens see it. `openCore` in ./open.ts makes one. */
export interface Core {
  readonly online: boolean;
  /** Milliseconds since the epoch when the connection was lost; undefined while online. */
  readonly offlineSince: number | undefined;
  readonly codes: OfflineCodes;
  readonly inbox: Inbox;
  readonly push: PushState;
  server(): Promise<ServerInfo>;
  /** In the person's order. */
  users(): readonly PhoneUser[];
  approvals(): readonly Approval[];
  /**
   * Whether the server wakes people for an open request. One beyond its person's budget is found by looking, is among approvals()
   * then, and is never notified (docs/protocol.md §5.4).
   */
  woke(id: string): boolean;
  past(): readonly PastApproval[];
  /** Newest first, at most 20 of the last 7 days. Asked for on every start and refresh, and when a request ran out. */
  missed(): readonly MissedApproval[];
  /** Takes these off the list of this phone; other phones keep them. Throws PhoneFault "storage". */
  dismissMissed(ids: readonly string[]): Promise<void>;
  /** Calls back after every change of what the event names; returns the way to stop. */
  on(event: CoreEvent, listener: () => void): () => void;

  /** True when this device has a user-verifying platform authenticator. */
  biometricAvailable(): Promise<boolean>;
  checkPin(pin: string, names: readonly string[]): readonly PinFault[];

  /**
   * code: 20 characters as typed, in any writing; fingerprint: from a scanned link. Throws PhoneFault, "users.limit" before the
   * server is asked.
   */
  lookup(code: string, fingerprint?: string): Promise<Offer>;
  /**
   * Makes the key and submits it; safe to call again after a PhoneFault("offline"). PhoneFault("biometric.pin_too"): this phone's
   * biometric cannot make codes without a connection; call again with the PIN, and the finger is not asked for once more.
   */
  activate(offer: Offer, how: { pin?: string; biometric: boolean; phoneName: string }): Promise<PhoneUser>;
  /** Finished submissions that never got their receipt are sent again. */
  resume(): Promise<void>;

  /** Asks the server for open approvals now. With nobody active it finds out, while offline, whether the server is back. */
  refresh(): Promise<void>;
  /** Opens the live stream and keeps it open until the returned function is called; backs off when it fails. */
  live(): () => void;

  /**
   * To be called when a list that is in sight shows a request, and when its own screen opens: the page that waits can say so then.
   * Once is enough, more does no harm. Never throws, and nobody waits for it. That a request arrived, the core tells by itself.
   */
  seen(approval: Approval, what: "shown" | "opened"): void;
  approve(approval: Approval, how: { number?: string; pin: string } | { number?: string; biometric: true }): Promise<Outcome>;
  deny(approval: Approval, reason: "not_me" | "mistake"): Promise<Outcome>;
  disown(past: PastApproval): Promise<void>;

  /**
   * Changes the PIN of these keys, one after the other, so that a person keeps one PIN for all. Throws when the first is refused:
   * nothing has changed then. Otherwise gives the keys that still have the old one (another PIN, or the connection was lost).
   * A PIN that breaks a guideline for any of them is refused before anything is sent ("pin.guideline"). Keys without a PIN are
   * passed over. After a lost connection call again with the same two PINs: what the server has already costs no try.
   */
  changePins(keyIds: readonly string[], oldPin: string, newPin: string): Promise<readonly string[]>;
  /**
   * The user whose PIN is "the existing PIN" of this phone when another user is added: the first active one that has a PIN and
   * that no changePins left behind. undefined when there is none to ask for.
   */
  pinHolder(): PhoneUser | undefined;
  /**
   * Has the server check the existing PIN of that key; nobody sees a request for it. Throws PhoneFault "pin.wrong" with
   * args.left (a wrong one counts), "key.suspended", or "offline", after which it may be repeated.
   */
  provePin(keyId: string, pin: string): Promise<void>;
  /**
   * Asks for a test request for this key; it is among approvals() when this resolves, in place of an older one of the same key.
   * Saying yes to it opens nothing.
   */
  test(keyId: string): Promise<Approval>;
  /** Tells the server that this phone's key is gone, and forgets it. */
  removeUser(keyId: string): Promise<void>;
  /** The person's own name for a user, at most 40 characters; empty takes it away. Throws PhoneFault "label.wrong". Works offline. */
  rename(keyId: string, label: string): Promise<void>;
  /** The order of the list of users; keys that are not named keep theirs behind. New users come last. Works offline. */
  reorder(keyIds: readonly string[]): Promise<void>;
  /**
   * Has the server reach this phone by Web Push, for every active user, where notifications are allowed; where they are not any
   * more, or nobody is active, takes that back. Asks nobody and never throws: `push` tells how it ended. To be called on every
   * start and when notifications were allowed; the core does so itself when users come or go.
   */
  subscribe(): Promise<void>;
  /** Takes it back for every user. Never throws. */
  unsubscribe(): Promise<void>;
  /** The topic of an ntfy server that tells of requests too, by its address; undefined without one. */
  readonly ntfy: string | undefined;
  /**
   * Has the server publish to a topic, named by its address or by that of its ntfy server alone; undefined takes that back. Throws
   * PhoneFault: push.endpoint (no such address), push.service (args.host: this server does not publish there), or as any request does.
   */
  setNtfy(typed: string | undefined): Promise<void>;
  /** Repairs what can be repaired without the person, then looks at each step of a notification's way. Never throws. */
  pushChecks(): Promise<PushReport>;
  /**
   * Has the server send a test notification and waits for it, 30 seconds at most. Throws PhoneFault: push.off, push.none (the server
   * has no way to this phone), user.slow, or as any request does.
   */
  testPush(): Promise<PushTest>;
  /**
   * Gives this phone another name at the portal, for every user on it. Throws PhoneFault "phone.name". A key that refuses, as a
   * suspended one does, does not stop the others; throws when none took it.
   */
  renamePhone(name: string): Promise<void>;
}

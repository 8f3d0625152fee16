// Codes of a phone without a connection (docs/protocol.md §8). Nothing here asks the network for anything: a scanned statement
// is verified under the pinned keys, and whether a PIN was right is told by the page where the code is typed.

import type { Bytes } from "./bytes";
import type { Clock } from "./clock";
import { isStatementText } from "./codes";
import { PhoneFault, type OfflineCodes, type OfflineFactors, type OfflineRequest, type OfflineSubject } from "./contract";
import * as derive from "./derive";
import { digestOf, unverifiedPayload, verify } from "./jws";
import { readStatement, type StatementMessage } from "./messages";
import { codeOf, codePin, codeSession, isChallenge } from "./ocra";
import { maxStatement, whence, type Statement } from "./statement";
import type { KeyRecord } from "./store";
import type { Authenticator } from "./webauthn";

/**
 * How long after its end a statement is still answered, by this phone's clock, which may be wrong: minutes are, hours mean that
 * it is a picture of something old.
 */
const lateMs = 30 * 60_000;

/** A statement that a code can answer. */
interface Asked extends Statement {
  readonly challenge: string;
  readonly kind: OfflineRequest["kind"];
}

export class Codes implements OfflineCodes {
  private readonly behind = new WeakMap<OfflineRequest, Asked>();

  /** keys: those of this phone now; biometric: whether this device has an authenticator now. */
  constructor(
    private readonly clock: Clock,
    private readonly authenticator: Authenticator,
    private readonly keys: () => readonly KeyRecord[],
    private readonly biometric: () => boolean,
  ) {}

  async read(text: string): Promise<OfflineRequest> {
    const statement = await readScanned(text.trim(), this.keys());
    const { message, key, challenge, kind } = statement;
    const now = this.clock.now();
    if (message.exp + lateMs < now) throw new PhoneFault("offline_code.old");
    const request: OfflineRequest = {
      id: message.id,
      keyId: key.keyId,
      digits: challenge,
      kind,
      app: message.app,
      who: message.who,
      ...(message.text === undefined ? {} : { text: message.text }),
      ...whence(message),
      known: message.known,
      issuedAt: this.clock.local(message.iat),
      expiresAt: this.clock.local(message.exp),
      late: message.exp <= now,
    };
    this.behind.set(request, statement);
    return request;
  }

  factors(keyId: string): OfflineFactors {
    const key = this.key(keyId);
    return { pin: key.pin, biometric: this.biometric() && key.prf && key.credential !== undefined };
  }

  async make(subject: OfflineSubject, proof: { readonly pin: string } | { readonly biometric: true }): Promise<string> {
    if ("digits" in subject && !isChallenge(subject.digits)) throw new TypeError("a challenge is six digits");
    const scanned = "request" in subject ? this.behind.get(subject.request) : undefined;
    if ("request" in subject && !scanned) throw new TypeError("make wants the very request that read gave");
    const key = this.key("request" in subject ? subject.request.keyId : subject.keyId);
    const challenge = "request" in subject ? subject.request.digits : subject.digits;
    const v = "pin" in proof ? await this.byPin(key, proof.pin) : await this.byBiometric(key);
    try {
      const pin = await codePin(v);
      const session = scanned && codeSession(await digestOf(scanned.jws));
      return await codeOf(key.ocra, { challenge, pin, ...(session === undefined ? {} : { session }) });
    } finally {
      derive.wipe(v);
    }
  }

  private async byPin(key: KeyRecord, typed: string): Promise<Bytes> {
    if (!key.pin) throw new PhoneFault("offline_code.factor");
    return derive.typedVerifier(key, typed);
  }

  private async byBiometric(key: KeyRecord): Promise<Bytes> {
    if (!key.prf || key.credential === undefined) throw new PhoneFault("offline_code.factor");
    const prf = await this.authenticator.evaluate(key.rpId, key.credential, await derive.prfSalt(key));
    try {
      return await derive.prfVerifier(key.kp, prf, key);
    } finally {
      derive.wipe(prf);
    }
  }

  private key(keyId: string): KeyRecord {
    const key = this.keys().find((one) => one.keyId === keyId && one.state !== "removed");
    if (!key) throw new PhoneFault("key.removed");
    return key;
  }
}

/**
 * The verified statement of what a code may answer, whatever its time. Throws PhoneFault: code.other for any other text, offline_code.elsewhere
 * (another server's), offline_code.forged (no pinned key signed it), offline_code.not_here (for another phone or user),
 * offline_code.kind (nothing that a code answers).
 */
async function readScanned(text: string, all: readonly KeyRecord[]): Promise<Asked> {
  if (text.length > maxStatement || !isStatementText(text)) throw new PhoneFault("code.other");
  const server = claimedServer(text);
  const keys = all.filter((key) => key.serverId === server);
  if (keys.length === 0) throw new PhoneFault("offline_code.elsewhere");
  let held = false;
  let message: StatementMessage | undefined;
  for (const key of keys) {
    try {
      const members = await verify(text, "nodkey-statement+jws", [key.pinned.signing, key.pinned.backup], { aud: key.serverId });
      held = true;
      message = readStatement(members);
    } catch {
      continue; // under this key; users that were activated before a change of the server's keys pin others
    }
    if (message.user !== key.user.id || !message.keys.includes(key.keyId) || key.state === "removed") continue;
    const { challenge, kind } = message;
    if ((kind !== "sign_in" && kind !== "confirm") || challenge === undefined) throw new PhoneFault("offline_code.kind");
    return { jws: text, message, key, challenge, kind };
  }
  if (!held) throw new PhoneFault("offline_code.forged");
  throw new PhoneFault(message === undefined ? "offline_code.kind" : "offline_code.not_here");
}

/** Whose statement it says it is; nothing of it is verified yet. */
function claimedServer(text: string): string {
  try {
    return unverifiedPayload(text).string("aud");
  } catch (cause) {
    throw new PhoneFault("code.other", {}, { cause });
  }
}

// From a code to a key (docs/protocol.md §4): the offer is checked before anything of it is shown, the finished submission
// is kept until its receipt is here, and only a receipt that names this key says what became of it.

import { ServerFault, answerOf, type Api } from "./api";
import { b64u, equal, fromB64u, type Bytes } from "./bytes";
import type { Clock } from "./clock";
import { parseCode } from "./codes";
import { PhoneFault, type Offer } from "./contract";
import * as derive from "./derive";
import { digestName, digestOf, sign, unverifiedPayload, verify } from "./jws";
import { readOffer, readReceipt, type OfferMessage, type ReceiptMessage } from "./messages";
import { pinFaults } from "./pins";
import { clean, type Posture } from "./posture";
import type { KeyRecord, PendingRecord, Store } from "./store";
import { refuseFull } from "./users";
import type { Authenticator, NewCredential } from "./webauthn";

/** How the person wants to confirm; pin as typed. */
export interface Choice {
  readonly pin?: string;
  readonly biometric: boolean;
  readonly phoneName: string;
}

/** What the screens' Offer stands for. */
interface Found {
  readonly codeId: string;
  readonly ck: Bytes;
  readonly jws: string;
  readonly message: OfferMessage;
  /** What a finger has made that cannot make codes: a PIN that comes after it finds it here. */
  touched?: Touched;
}

/** A key pair with a credential that is bound to it. */
interface Touched extends Identity {
  readonly credential: NewCredential;
}

interface Identity {
  readonly pair: CryptoKeyPair;
  readonly d: Bytes;
  readonly binding: derive.Binding;
}

export class Activations {
  private readonly found = new WeakMap<Offer, Found>();
  /** Submissions on their way and those that became keys, by code id: a screen that tries again never makes a second key. */
  private readonly submitted = new Map<string, Promise<KeyRecord>>();

  constructor(
    private readonly store: Store,
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly authenticator: Authenticator,
    private readonly posture: () => Promise<Posture>,
  ) {}

  /** The checked offer behind a code. fingerprint as in a scanned link. */
  async lookup(typed: string, fingerprint: string | undefined, keys: readonly KeyRecord[]): Promise<Offer> {
    const code = parseCode(typed);
    const { codeId, ck } = await derive.codeSecrets(code);
    const pending = await this.store.pendingFor(codeId);
    if (!pending) refuseFull(await this.places(keys));
    // The server may have accepted what it got before the connection broke, and then answers a lookup with "used".
    const answer = pending
      ? { offer: pending.offer, mac: b64u(await derive.offerMac(ck, await digestOf(pending.offer))) }
      : answerOf(await this.api.plain("/activations/lookup", { codeId }), (members) => ({
          offer: members.string("offer"),
          mac: members.bytes("mac", 32),
        }));
    const message = await checkOffer(answer.offer, answer.mac, ck, fingerprint);
    if (!this.clock.measured && !pending) await this.api.server().catch(() => undefined);
    if (!pending && message.exp <= this.clock.now()) throw new PhoneFault("activation.expired");
    const offer: Offer = {
      user: message.user,
      server: message.server,
      pin: message.pin,
      expiresAt: this.clock.local(message.exp),
      alreadyHere: keys.some((key) => key.serverId === message.aud && key.user.id === message.user.id),
      ...(pending ? { resumes: true as const } : {}),
    };
    this.found.set(offer, { codeId, ck, jws: answer.offer, message });
    return offer;
  }

  /** Makes the key and submits it, or sends again what was finished before. */
  async activate(offer: Offer, choice: Choice, keys: readonly KeyRecord[]): Promise<KeyRecord> {
    const found = this.found.get(offer);
    if (!found) throw new TypeError("activate wants the very offer that lookup gave");
    const before = this.submitted.get(found.codeId);
    if (before) return before;
    let pending = await this.store.pendingFor(found.codeId);
    if (!pending) {
      refuseFull(await this.places(keys));
      pending = await this.build(found, choice);
      // Not waited for: some browsers ask the person, who may never answer.
      void this.store.persist();
      await this.store.putPending(pending);
    }
    return this.submit(pending);
  }

  /** Sends every finished submission again; true when one became a key. Refusals end their submission in silence. */
  async resume(): Promise<boolean> {
    let settled = false;
    for (const pending of await this.store.pending()) {
      try {
        await this.submit(pending);
        settled = true;
      } catch (fault) {
        if (!(fault instanceof ServerFault && fault.final)) throw fault;
      }
    }
    return settled;
  }

  /** Users that are here, with those that may come yet of submissions that were never answered. */
  private async places(keys: readonly KeyRecord[]): Promise<number> {
    return keys.length + (await this.store.pending()).length;
  }

  /** What the server says of a key now. */
  async receipt(key: KeyRecord): Promise<KeyRecord> {
    const answer = await this.api.signed(key, "/key", {});
    const receipt = await checkReceipt(answerOf(answer, (members) => members.string("receipt")), key);
    // An older receipt is a replay by someone on the way.
    return receipt.iat < key.receiptAt ? key : withReceipt(key, receipt);
  }

  private submit(pending: PendingRecord): Promise<KeyRecord> {
    const { codeId } = pending;
    const underWay = this.submitted.get(codeId) ?? this.send(pending);
    this.submitted.set(codeId, underWay);
    underWay.catch(() => this.submitted.delete(codeId));
    return underWay;
  }

  private async send(pending: PendingRecord): Promise<KeyRecord> {
    const { codeId, submission, mac } = pending;
    let jws: string;
    try {
      const answer = await this.api.plain("/activations/submit", { codeId, submission, mac });
      jws = answerOf(answer, (members) => members.string("receipt"));
    } catch (fault) {
      if (fault instanceof ServerFault && fault.final) await this.store.dropPending(codeId);
      throw fault;
    }
    const receipt = await checkReceipt(jws, pending.key);
    if (receipt.state === "removed") {
      await this.store.dropPending(codeId);
      throw new PhoneFault("key.removed");
    }
    const key = withReceipt({ ...pending.key, activatedAt: this.clock.wall() }, receipt);
    await this.store.settle(codeId, key);
    return key;
  }

  /** §4.3, in the order of that page. Z, E, W and every V end with this function. */
  private async build(found: Found, choice: Choice): Promise<PendingRecord> {
    const { message } = found;
    const pin = choice.pin === undefined ? undefined : derive.normalisePin(choice.pin);
    if (pin === undefined && !choice.biometric) throw new TypeError("a key needs a PIN or a biometric");
    if (pin !== undefined) refuseWeak(pin, message.user);

    const { pair, d, binding, credential } = await this.identity(found, choice.biometric);
    // Codes need a verifier (§8). The credential stays for the PIN that the person adds.
    if (pin === undefined && credential !== undefined && credential.prf === undefined) throw new PhoneFault("biometric.pin_too");
    const kp = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);

    const e = await derive.oneUseKey();
    const z = await derive.agree(e.secret, fromB64u(message.es, 65));
    const h = await derive.transcript(await digestOf(found.jws), d, e.point);
    const k = await derive.ocraKey(z, h, binding);
    const w = await derive.wrapKey(z, h, binding);
    const vpin = pin === undefined ? undefined : await derive.pinVerifier(kp, pin, binding);
    const vprf = credential?.prf && (await derive.prfVerifier(kp, credential.prf, binding));
    const wrap = b64u(await derive.wrapVerifiers(w, vpin, vprf));
    const ocra = await derive.hmacKey(k);
    derive.wipe(z, k, w, ...[vpin, vprf, credential?.prf].filter((secret) => secret !== undefined));

    const facts = await this.posture();
    const submission = await sign("nodkey-activation+jws", binding.keyId, pair.privateKey, {
      aud: message.aud,
      offer: await digestName(found.jws),
      d: b64u(d),
      e: b64u(e.point),
      phone: { id: await this.store.phoneId(), name: clean(choice.phoneName, 40) ?? facts.model ?? facts.platform, ...facts },
      pin: vpin !== undefined,
      prf: vprf !== undefined,
      wrap,
      webauthn: credential?.registration,
      iat: Math.round(this.clock.now()),
    });
    return {
      codeId: found.codeId,
      offer: found.jws,
      submission,
      mac: b64u(await derive.submissionMac(found.ck, await digestOf(submission))),
      key: {
        keyId: binding.keyId,
        serverId: message.aud,
        pinned: message.keys,
        user: message.user,
        d: pair.privateKey,
        point: b64u(d),
        kp,
        ocra,
        rpId: message.webauthn.rpId,
        ...(credential ? { credential: credential.registration.id } : {}),
        pin: vpin !== undefined,
        prf: vprf !== undefined,
        submission: await digestName(submission),
        state: "approve", // until a receipt says otherwise
        receiptAt: 0,
        activatedAt: this.clock.wall(),
      },
    };
  }

  /** A new key pair, with a credential if wished; the one that waits for its PIN, if there is one. */
  private async identity(found: Found, biometric: boolean): Promise<Identity & { readonly credential?: NewCredential }> {
    if (biometric && found.touched !== undefined) return found.touched;
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    const d = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const binding = { serverId: found.message.aud, keyId: await derive.thumbprint(d) };
    if (!biometric) return { pair, d, binding };
    const touched = { pair, d, binding, credential: await this.credential(found.message, binding) };
    if (touched.credential.prf === undefined) found.touched = touched; // no secret is kept
    return touched;
  }

  private async credential(message: OfferMessage, binding: derive.Binding): Promise<NewCredential> {
    return this.authenticator.create({
      rpId: message.webauthn.rpId,
      rpName: message.server.name,
      userHandle: message.webauthn.userHandle,
      userName: message.user.name,
      displayName: message.user.displayName,
      challenge: message.webauthn.challenge,
      prfSalt: await derive.prfSalt(binding),
    });
  }
}

/** Throws PhoneFault "pin.guideline" with args.fault for the first guideline that the PIN breaks. */
export function refuseWeak(pin: string, user: { readonly name: string; readonly displayName: string }): void {
  const [fault] = pinFaults(pin, [user.name, user.displayName]);
  if (fault !== undefined) throw new PhoneFault("pin.guideline", { fault });
}

/** MAC under the code, then the signature by the key that the offer itself names, then the scanned fingerprint. */
export async function checkOffer(jws: string, mac: string, ck: Bytes, fingerprint?: string): Promise<OfferMessage> {
  const macHolds = await attempt("offer.mac", async () =>
    equal(fromB64u(mac, 32), await derive.offerMac(ck, await digestOf(jws))),
  );
  if (!macHolds) throw new PhoneFault("offer.mac");
  const message = await attempt("offer.signature", async () => {
    const claimed = readOffer(unverifiedPayload(jws));
    return readOffer(await verify(jws, "nodkey-offer+jws", [claimed.keys.signing], { aud: claimed.aud }));
  });
  if (fingerprint !== undefined && (await derive.fingerprint(fromB64u(message.keys.signing))) !== fingerprint) {
    throw new PhoneFault("offer.fingerprint");
  }
  return message;
}

/** The receipt, if it is by a pinned key and names this key, this user and this submission; else "receipt.wrong". */
export async function checkReceipt(jws: string, key: KeyRecord): Promise<ReceiptMessage> {
  const receipt = await attempt("receipt.wrong", async () =>
    readReceipt(await verify(jws, "nodkey-receipt+jws", [key.pinned.signing, key.pinned.backup], { aud: key.serverId })),
  );
  if (receipt.key !== key.keyId || receipt.user !== key.user.id || receipt.submission !== key.submission) {
    throw new PhoneFault("receipt.wrong");
  }
  return receipt;
}

/** The record as a receipt makes it. */
export function withReceipt(key: KeyRecord, receipt: Pick<ReceiptMessage, "state" | "digits" | "iat">): KeyRecord {
  const changed: KeyRecord = { ...key, state: receipt.state, receiptAt: receipt.iat };
  if (receipt.digits !== undefined) return { ...changed, digits: receipt.digits };
  const { digits, ...plain } = changed;
  return digits === undefined ? changed : plain;
}

async function attempt<T>(fault: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new PhoneFault(fault, {}, { cause });
  }
}

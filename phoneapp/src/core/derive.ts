// Everything that is derived from the code, from shared secrets and from the PIN (docs/protocol.md §4 to §6), by WebCrypto.
// Values that live for one call are bytes and are wiped by whoever made them; what is kept is a non-extractable key.

import { b64u, concat, random, utf8, type Bytes } from "./bytes";

/** Who a derived secret belongs to. */
export interface Binding {
  readonly serverId: string;
  readonly keyId: string;
}

const p256 = { name: "ECDH", namedCurve: "P-256" };

/** SHA-256, 32 bytes. */
export async function sha256(...parts: readonly (Uint8Array | string)[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** HKDF-SHA-256 (RFC 5869), n bytes. */
export async function hkdf(ikm: Bytes, salt: Bytes, info: string, n: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info: utf8(info) }, key, n * 8),
  );
}

/** Bytes as an HMAC-SHA-256 key that no script can read again. */
export async function hmacKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

/** HMAC(key, label ‖ 00 ‖ data), 32 bytes. */
export async function labelled(key: CryptoKey, label: string, data: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, concat(label, "\0", data)));
}

/** ctx(x) of §4.3. */
export function context(use: string, binding: Binding): string {
  return `nodkey/v1/${use}\0${binding.serverId}\0${binding.keyId}`;
}

/** codeId (22 characters) and ck (32 bytes) of 15 data characters. */
export async function codeSecrets(code: string): Promise<{ readonly codeId: string; readonly ck: Bytes }> {
  const none = new Uint8Array();
  const ikm = utf8(code);
  return {
    codeId: b64u(await hkdf(ikm, none, "nodkey/v1/code-id", 16)),
    ck: await hkdf(ikm, none, "nodkey/v1/code-key", 32),
  };
}

/** MAC under ck over an offer's digest (§4.2). */
export async function offerMac(ck: Bytes, digest: Bytes): Promise<Bytes> {
  return labelled(await hmacKey(ck), "nodkey/v1/offer", digest);
}

/** MAC under ck over a submission's digest (§4.3). */
export async function submissionMac(ck: Bytes, digest: Bytes): Promise<Bytes> {
  return labelled(await hmacKey(ck), "nodkey/v1/activation", digest);
}

/** keyId of a raw P-256 point: RFC 7638 thumbprint, 43 characters. */
export async function thumbprint(point: Bytes): Promise<string> {
  const [x, y] = [b64u(point.subarray(1, 33)), b64u(point.subarray(33))];
  return b64u(await sha256(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`));
}

/** b64u of the first 16 bytes of H(point), 22 characters: what a QR code says of the server's key. */
export async function fingerprint(point: Bytes): Promise<string> {
  return b64u((await sha256(point)).subarray(0, 16));
}

/** A key pair for ECDH that is used once and never stored. */
export async function oneUseKey(): Promise<{ readonly secret: CryptoKey; readonly point: Bytes }> {
  const pair = await crypto.subtle.generateKey(p256, false, ["deriveBits"]);
  return { secret: pair.privateKey, point: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

/** The x coordinate of ECDH, 32 bytes. Throws for a point that is not on the curve. */
export async function agree(secret: CryptoKey, point: Bytes): Promise<Bytes> {
  const other = await crypto.subtle.importKey("raw", point, p256, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, secret, 256));
}

/** h of §4.3 and §6.3: binds a shared secret to the message that offered es and to both of the phone's keys. */
export async function transcript(digest: Bytes, rawD: Bytes, rawE: Bytes): Promise<Bytes> {
  return sha256(digest, await sha256(rawD), await sha256(rawE));
}

/** K, as bytes; keepKey makes the stored form of it. */
export async function ocraKey(z: Bytes, h: Bytes, binding: Binding): Promise<Bytes> {
  return hkdf(z, h, context("ocra", binding), 32);
}

/** W. */
export async function wrapKey(z: Bytes, h: Bytes, binding: Binding): Promise<Bytes> {
  return hkdf(z, h, context("wrap", binding), 32);
}

/** What the person typed, as it is checked and hashed. */
export function normalisePin(typed: string): string {
  return typed.normalize("NFKC");
}

/** Vpin, from kp and a normalised PIN. */
export async function pinVerifier(kp: CryptoKey, pin: string, binding: Binding): Promise<Bytes> {
  return labelled(kp, context("pin", binding), utf8(pin));
}

/** Vpin of a key for a PIN as the person typed it. */
export async function typedVerifier(key: Binding & { readonly kp: CryptoKey }, typed: string): Promise<Bytes> {
  return pinVerifier(key.kp, normalisePin(typed), key);
}

/** Vprf, from kp and the authenticator's 32 bytes. */
export async function prfVerifier(kp: CryptoKey, prf: Bytes, binding: Binding): Promise<Bytes> {
  return labelled(kp, context("prf", binding), prf);
}

/** eval.first of the PRF extension. */
export async function prfSalt(binding: Binding): Promise<Bytes> {
  return sha256(context("prf-salt", binding));
}

/** nonce ‖ AES-256-GCM(key, nonce, plain); the nonce is 12 random bytes unless a test gives one. */
export async function sealGcm(key: Bytes, plain: Bytes, nonce = random(12)): Promise<Bytes> {
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return concat(nonce, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, aes, plain)));
}

/** The reverse of sealGcm. Throws when it does not open. */
export async function openGcm(key: Bytes, sealed: Bytes): Promise<Bytes> {
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const iv = sealed.slice(0, 12);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, aes, sealed.slice(12)));
}

/** Vpin ‖ Vprf under W; an absent verifier is 32 zero bytes. */
export async function wrapVerifiers(w: Bytes, vpin?: Bytes, vprf?: Bytes, nonce?: Bytes): Promise<Bytes> {
  const plain = new Uint8Array(64);
  if (vpin) plain.set(vpin);
  if (vprf) plain.set(vprf, 32);
  try {
    return await sealGcm(w, plain, nonce);
  } finally {
    plain.fill(0);
  }
}

/** The PIN proof over a decision's digest (§5.2). */
export async function provePin(vpin: Bytes, decision: Bytes): Promise<Bytes> {
  return labelled(await hmacKey(vpin), "nodkey/v1/pin-proof", decision);
}

/** The key that a PIN proof is sealed with, from Zp. */
export async function pinSealKey(zp: Bytes, decision: Bytes, binding: Binding): Promise<Bytes> {
  return hkdf(zp, decision, context("pin-seal", binding), 32);
}

/** Seals a PIN proof to the server's PIN key with a key used once. */
export async function sealPinProof(
  serverPin: Bytes,
  decision: Bytes,
  proof: Bytes,
  binding: Binding,
): Promise<{ readonly epk: string; readonly ct: string }> {
  const once = await oneUseKey();
  const zp = await agree(once.secret, serverPin);
  const s = await pinSealKey(zp, decision, binding);
  const ct = await sealGcm(s, proof);
  wipe(zp, s);
  return { epk: b64u(once.point), ct: b64u(ct) };
}

/** The WebAuthn challenge of a decision: over its signing input itself. */
export async function assertionChallenge(signingInput: string): Promise<Bytes> {
  return sha256("nodkey/v1/decision", "\0", signingInput);
}

/** Overwrites secrets that were needed for one step. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

// Signed messages: compact JWS, ES256 only, one typ a message, no header member that is not expected (docs/protocol.md §1).

import { CompactSign, compactVerify } from "jose";
import { b64u, fromB64u, utf8, type Bytes } from "./bytes";
import { sha256 } from "./derive";
import { Members, parseJsonBytes, type Json } from "./strict";

export type ServerTyp = "nodkey-offer+jws" | "nodkey-receipt+jws" | "nodkey-statement+jws";
export type PhoneTyp = "nodkey-activation+jws" | "nodkey-decision+jws" | "nodkey-reply+jws" | "nodkey-request+jws";

/** A message that is not as it should be: form, header, signature, or who it is for. */
export class JwsError extends Error {
  override readonly name = "JwsError";
}

/** The bytes before the second dot. Throws JwsError when there are not exactly two dots. */
export function signingInput(jws: string): string {
  const parts = jws.split(".");
  if (parts.length !== 3 || parts.some((part) => part === "")) throw new JwsError("not three parts");
  return jws.slice(0, jws.lastIndexOf("."));
}

/** SHA-256 of the signing input, 32 bytes. */
export async function digestOf(jws: string): Promise<Bytes> {
  return sha256(signingInput(jws));
}

/** A raw P-256 point as a key that checks signatures. Throws JwsError for a point that is not on the curve. */
export async function verifyingKey(point: string): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", fromB64u(point, 65), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
  } catch (cause) {
    throw new JwsError("not a P-256 point", { cause });
  }
}

/** The payload as it stands, not verified: only to learn which key to verify with. */
export function unverifiedPayload(jws: string): Members {
  const [, payload = ""] = signingInput(jws).split(".");
  return Members.of(decode(payload), "payload");
}

/**
 * Verifies a message of one typ under any of the keys (points) and hands out its members. aud is the server id it must be
 * for; undefined leaves that to the caller. kid, where given, must stand in the header; otherwise none may.
 * Throws JwsError or ShapeError.
 */
export async function verify(
  jws: string,
  typ: ServerTyp | PhoneTyp,
  keys: readonly string[],
  expect: { readonly aud?: string; readonly kid?: string } = {},
): Promise<Members> {
  const [header = ""] = signingInput(jws).split(".");
  strictly(() => fromB64u(jws.slice(jws.lastIndexOf(".") + 1), 64)); // jose forgives padding and white space
  const members = Members.of(decode(header), "header");
  if (members.string("alg") !== "ES256") throw new JwsError("alg is not ES256");
  if (members.string("typ") !== typ) throw new JwsError("another kind of message");
  if (expect.kid !== undefined && members.string("kid") !== expect.kid) throw new JwsError("another key id");
  members.done();
  const payload = Members.of(decode(await signedPayload(jws, keys)), "payload");
  const aud = payload.string("aud");
  if (expect.aud !== undefined && aud !== expect.aud) throw new JwsError("for another server");
  return payload;
}

async function signedPayload(jws: string, keys: readonly string[]): Promise<Uint8Array> {
  let cause: unknown;
  for (const point of keys) {
    const key = await verifyingKey(point);
    try {
      return (await compactVerify(jws, key, { algorithms: ["ES256"] })).payload;
    } catch (problem) {
      cause = problem;
    }
  }
  throw new JwsError("the signature does not hold", { cause });
}

/** Signs a message with a phone's key. Undefined members are left out, as JSON.stringify does. */
export async function sign(
  typ: PhoneTyp,
  keyId: string,
  key: CryptoKey,
  payload: Readonly<Record<string, unknown>>,
): Promise<string> {
  return new CompactSign(utf8(JSON.stringify(payload))).setProtectedHeader({ alg: "ES256", typ, kid: keyId }).sign(key);
}

function decode(part: string | Uint8Array): Json {
  return parseJsonBytes(typeof part === "string" ? strictly(() => fromB64u(part)) : part);
}

function strictly(read: () => Bytes): Bytes {
  try {
    return read();
  } catch (cause) {
    throw new JwsError("not base64url", { cause });
  }
}

/** b64u(H(signing input)), as messages name each other. */
export async function digestName(jws: string): Promise<string> {
  return b64u(await digestOf(jws));
}

// OCRA (RFC 6287) in the two suites of a phone without a connection (docs/protocol.md §8.2), by WebCrypto.

import { concat, type Bytes } from "./bytes";
import { sha256 } from "./derive";

/** The suites: over a statement that was scanned, and over six digits that were typed. */
export const suites = {
  scanned: "OCRA-1:HOTP-SHA256-8:QN06-PSHA256-S064",
  typed: "OCRA-1:HOTP-SHA256-8:QN06-PSHA256",
} as const;

const questionSize = 128;
const modulus = 100_000_000;

/** What a code is computed from besides K. */
export interface CodeInput {
  /** The six digits. */
  readonly challenge: string;
  /** P, 32 bytes. */
  readonly pin: Bytes;
  /** S, 64 characters, where a statement was scanned; without it the suite is that of typed digits. */
  readonly session?: string;
}

/** Says whether a text is a challenge: six ASCII digits, so that no two texts are one number. */
export function isChallenge(text: string): boolean {
  return /^[0-9]{6}$/.test(text);
}

/** P of both suites, from Vpin or Vprf. */
export async function codePin(v: Bytes): Promise<Bytes> {
  return sha256(hex(v));
}

/** S of the suite for scanned statements, from the statement's digest. */
export function codeSession(digest: Bytes): string {
  return hex(digest);
}

/** The HMAC's input: suite ‖ 00 ‖ Q ‖ P ‖ S. Throws TypeError for what does not fit the suite. */
export function codeMessage({ challenge, pin, session }: CodeInput): Bytes {
  if (!isChallenge(challenge)) throw new TypeError("a challenge is six digits");
  if (pin.length !== 32) throw new TypeError("P is 32 bytes");
  if (session !== undefined && !/^[0-9a-f]{64}$/.test(session)) throw new TypeError("S is 64 characters of hexadecimal");
  // The number in hexadecimal, from the left, digit by digit: an odd number of them ends inside a byte.
  const question = Number(challenge).toString(16).padEnd(questionSize * 2, "0");
  const q = Uint8Array.from({ length: questionSize }, (_, i) => Number.parseInt(question.slice(2 * i, 2 * i + 2), 16));
  return concat(session === undefined ? suites.typed : suites.scanned, "\0", q, pin, session ?? "");
}

/** Eight digits, computed with K. */
export async function codeOf(key: CryptoKey, input: CodeInput): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, codeMessage(input)));
  // RFC 4226 §5.3: 31 bits from where the last half byte points.
  const at = (mac.at(-1) ?? 0) & 15;
  const number = new DataView(mac.buffer).getUint32(at) & 0x7fffffff;
  return (number % modulus).toString().padStart(8, "0");
}

function hex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

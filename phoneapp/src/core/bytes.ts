// Bytes and their base64url form, strictly: what this file accepts has exactly one spelling.

/** Bytes in a buffer of their own, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** UTF-8 of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The parts one after the other; strings as UTF-8. */
export function concat(...parts: readonly (Uint8Array | string)[]): Bytes {
  const all = parts.map((part) => (typeof part === "string" ? utf8(part) : part));
  const out = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** base64url without padding (RFC 4648 §5). */
export function b64u(bytes: Uint8Array | ArrayBuffer): string {
  const raw = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  let out = "";
  for (let i = 0; i < raw.length; i += 3) {
    const three = ((raw[i] ?? 0) << 16) | ((raw[i + 1] ?? 0) << 8) | (raw[i + 2] ?? 0);
    const chars = Math.min(raw.length - i, 3) + 1;
    for (let c = 0; c < chars; c++) out += alphabet.charAt((three >> (18 - 6 * c)) & 63);
  }
  return out;
}

/**
 * The reverse of b64u. Throws SyntaxError for padding, foreign characters, and last bits that are not zero, so that no two
 * texts mean the same bytes; with a length, also when there are not exactly so many bytes.
 */
export function fromB64u(text: string, length?: number): Bytes {
  const size = Math.floor((text.length * 3) / 4);
  if (text.length % 4 === 1 || (length !== undefined && size !== length)) throw new SyntaxError("base64url: wrong length");
  const out = new Uint8Array(size);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const char of text) {
    const value = alphabet.indexOf(char);
    if (value < 0) throw new SyntaxError("base64url: foreign character");
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 0xff;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw new SyntaxError("base64url: loose bits at the end");
  return out;
}

/** Compares without stopping at the first difference. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** n random bytes. */
export function random(n: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(n));
}

/** A new id: 16 random bytes, 22 characters. */
export function newId(): string {
  return b64u(random(16));
}

// The activation code as people read and type it (docs/protocol.md §4.1), and the link that a QR code holds.

import { fromB64u } from "./bytes";
import { PhoneFault } from "./contract";

/** Crockford's base 32: no I, L, O and U. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Groups in a code, characters in a group with its check character. */
export const codeGroups = 5;
export const codeGroupLength = 4;

/** A scanned link, taken apart; code is 20 characters, fingerprint 22. */
export interface ActivationLink {
  readonly code: string;
  readonly fingerprint: string;
}

/** What was typed, as the alphabet writes it: capitals, O as 0, I and L as 1, no hyphens and no white space. */
export function normaliseCode(typed: string): string {
  // Capitals of ASCII letters only: the capital of ſ is S, and that of ı is I.
  const capitals = typed.replace(/[- \t\n\r\u00a0]/g, "").replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return capitals.replace(/O/g, "0").replace(/[IL]/g, "1");
}

/** Says whether four typed characters can be group number 1 to 5: known characters, and a check character that fits. */
export function groupHolds(typed: string, group: number): boolean {
  const chars = normaliseCode(typed);
  return chars.length === codeGroupLength && checkCharacter(chars.slice(0, 3), group) === chars[3];
}

/**
 * The 15 data characters of a code in any writing. Throws PhoneFault "code.group" with args.group (1 to 5) for the first
 * group that is mistyped or not finished, "code.other" for what is longer than a code.
 */
export function parseCode(typed: string): string {
  const chars = typed.length > 256 ? "" : normaliseCode(typed);
  if (typed.length > 256 || chars.length > codeGroups * codeGroupLength) throw new PhoneFault("code.other");
  let data = "";
  for (let group = 1; group <= codeGroups; group++) {
    const four = chars.slice((group - 1) * codeGroupLength, group * codeGroupLength);
    if (!groupHolds(four, group)) throw new PhoneFault("code.group", { group });
    data += four.slice(0, 3);
  }
  return data;
}

/** The five groups as shown, from 15 data characters. */
export function formatCode(data: string): string[] {
  return Array.from({ length: codeGroups }, (_, i) => {
    const three = data.slice(i * 3, i * 3 + 3);
    return three + (checkCharacter(three, i + 1) ?? "");
  });
}

/** Says whether a text is an activation link, but of another phone app than the one at origin. */
export function isElsewhere(text: string, origin: string): boolean {
  try {
    parseLink(text);
  } catch (cause) {
    // A damaged code of another server's is still another server's.
    if (!(cause instanceof PhoneFault) || cause.key !== "code.group") return false;
  }
  return !text.trim().startsWith(`${origin}/`);
}

/**
 * Takes apart what a QR code says. Throws PhoneFault "code.other" for any other text, and for a link to another phone app
 * than the one at origin; "code.group" when the link is ours and its code is damaged.
 */
export function parseLink(text: string, origin?: string): ActivationLink {
  const parts = /^(https?:\/\/[^/?#\s]+)\/a#c=([^&]*)&f=([A-Za-z0-9_-]{22})$/.exec(text.trim());
  if (!parts || text.length > 512) throw new PhoneFault("code.other");
  const [, host = "", code = "", fingerprint = ""] = parts;
  if (origin !== undefined && host !== origin) throw new PhoneFault("code.other");
  try {
    fromB64u(fingerprint, 16);
  } catch (cause) {
    throw new PhoneFault("code.other", {}, { cause });
  }
  parseCode(code);
  return { code: normaliseCode(code), fingerprint };
}

/**
 * Says whether a text is the signed statement of a request, as the square code of a sign-in without a connection has it
 * (docs/protocol.md §8.1). Nothing is verified by this.
 */
export function isStatementText(text: string): boolean {
  const [header = ""] = /^[\w-]+(?=\.[\w-]+\.[\w-]+$)/.exec(text.trim()) ?? [];
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(fromB64u(header)));
    return typeof read === "object" && read !== null && "typ" in read && read.typ === "nodkey-statement+jws";
  } catch {
    return false;
  }
}

/** The link is ours to open but the page's own fragment lacks the origin: "#c=…&f=…". */
export function parseFragment(fragment: string): ActivationLink {
  return parseLink(`https://here/a${fragment}`);
}

/** α·v₁ + α²·v₂ + α³·v₃ + g in GF(2⁵); undefined for characters outside the alphabet. */
function checkCharacter(three: string, group: number): string | undefined {
  let sum = group;
  let factor = 1;
  for (const char of three) {
    const value = alphabet.indexOf(char);
    if (value < 0) return undefined;
    factor = multiply(factor, 2);
    sum ^= multiply(factor, value);
  }
  return alphabet[sum];
}

/** Multiplication in GF(2⁵) with the polynomial x⁵+x²+1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (; b > 0; b >>= 1) {
    if (b & 1) product ^= a;
    a <<= 1;
    if (a & 32) a ^= 0x25;
  }
  return product;
}

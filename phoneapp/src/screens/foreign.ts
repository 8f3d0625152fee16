// What a square code is that has nothing to do with us, in words. Nothing in it is opened, saved or shown: it is a stranger's text.
import type { Key } from "../i18n";

const kinds: readonly (readonly [RegExp, Key])[] = [
  [/^(https?:\/\/|www\.)/i, "scan.other.web"],
  [/^WIFI:/i, "scan.other.wifi"],
  [/^(BEGIN:VCARD|MECARD:|BIZCARD:|tel:|mailto:|MATMSG:)/i, "scan.other.contact"],
  [/^otpauth(-migration)?:/i, "scan.other.otp"],
];

/** The sentence for a text that is no code of ours. */
export function foreignSentence(text: string): Key {
  return kinds.find(([mark]) => mark.test(text.trim()))?.[1] ?? "scan.other.text";
}

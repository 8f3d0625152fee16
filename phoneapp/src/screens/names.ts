// How a user is called on this phone.
import type { PhoneUser } from "../core/contract";

/** Letters of scripts that run from right to left, which would turn the sentence around them. */
const fromRight = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\u{10800}-\u{10fff}]|[\u{1e800}-\u{1efff}]/u;

/** What the person calls the user; the portal's own name until then. It never leads another script's sentence astray. */
export function shownName(user: Pick<PhoneUser, "label" | "displayName">): string {
  const name = user.label ?? user.displayName;
  return fromRight.test(name) ? `\u2068${name}\u2069` : name;
}

/** The first character as a person counts them: an emoji of several code points is one. */
export function initialOf(user: Pick<PhoneUser, "label" | "displayName">): string {
  const name = user.label ?? user.displayName;
  // Firefox has it since version 125 only.
  if (!("Segmenter" in Intl)) return Array.from(name)[0] ?? "";
  for (const { segment } of new Intl.Segmenter().segment(name)) return segment;
  return "";
}

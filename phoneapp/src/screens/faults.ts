// Faults that have a result screen of their own: their four sentences, and the step that helps.
import type { Args, Key, Texts } from "../i18n";

type Next = "retry" | "code" | "home";

interface Told {
  readonly title: Key;
  readonly happened: Key;
  readonly safe: Key;
  readonly next: Key;
  readonly step: Next;
  /** Somebody else may stand behind it. */
  readonly stranger?: true;
}

const told: Readonly<Record<string, Told>> = {
  "activation.used": {
    title: "activation.used.title", happened: "activation.used.happened", safe: "activation.used.safe", next: "activation.used.next",
    step: "code", stranger: true,
  },
  "activation.expired": {
    title: "activation.expired.title", happened: "activation.expired.happened", safe: "activation.expired.safe",
    next: "activation.expired.next", step: "code",
  },
  "activation.wrong": {
    title: "activation.wrong.title", happened: "activation.wrong.happened", safe: "activation.wrong.safe", next: "activation.wrong.next",
    step: "code",
  },
  "activation.limit": {
    title: "activation.limit.title", happened: "activation.limit.happened", safe: "activation.limit.safe", next: "activation.limit.next",
    step: "home",
  },
  "activation.already": {
    title: "activation.already.title", happened: "activation.already.happened", safe: "activation.already.safe", next: "activation.already.next",
    step: "home",
  },
  "offer.mac": { title: "offer.mac.title", happened: "offer.mac.happened", safe: "offer.mac.safe", next: "offer.mac.next", step: "code", stranger: true },
  "offer.signature": {
    title: "offer.signature.title", happened: "offer.signature.happened", safe: "offer.signature.safe", next: "offer.signature.next",
    step: "code", stranger: true,
  },
  "offer.fingerprint": {
    title: "offer.fingerprint.title", happened: "offer.fingerprint.happened", safe: "offer.fingerprint.safe", next: "offer.fingerprint.next",
    step: "code", stranger: true,
  },
  "users.limit": { title: "users.limit.title", happened: "users.limit.happened", safe: "users.limit.safe", next: "users.limit.next", step: "home" },
  "receipt.wrong": {
    title: "receipt.wrong.title", happened: "receipt.wrong.happened", safe: "receipt.wrong.safe", next: "receipt.wrong.next", step: "home",
  },
  "key.suspended": {
    title: "key.suspended.title", happened: "key.suspended.happened", safe: "key.suspended.safe", next: "key.suspended.next", step: "home",
  },
  "key.removed": { title: "key.removed.title", happened: "key.removed.happened", safe: "key.removed.safe", next: "key.removed.next", step: "home" },
  "code.group": { title: "code.group.title", happened: "code.group.happened", safe: "code.group.safe", next: "code.group.next", step: "code" },
  offline: { title: "offline.title", happened: "offline.happened", safe: "offline.safe", next: "offline.next", step: "retry" },
  storage: { title: "storage.title", happened: "storage.happened", safe: "storage.safe", next: "storage.next", step: "retry" },
  clock: { title: "clock.title", happened: "clock.happened", safe: "clock.safe", next: "clock.next", step: "retry" },
  "clock.fast": { title: "clock.title", happened: "clock.fast", safe: "clock.safe", next: "clock.next", step: "retry" },
};

export interface FaultSentences {
  readonly title: string;
  readonly happened: string;
  readonly safe: string;
  readonly next: string;
  readonly step: Next;
  readonly stranger: boolean;
}

/** Sentences write their placeholders with a capital and count by Count; a fault's arguments come as the protocol names them. */
function sentenceArgs(args: Args): Args {
  const capital = Object.entries(args).map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value] as const);
  const count = args["Left"] ?? args["left"] ?? args["minutes"];
  return { ...args, ...Object.fromEntries(capital), ...(count === undefined ? {} : { Count: count }) };
}

/** One sentence for a fault that stays on its screen. */
export function faultSentence(texts: Texts, key: string, args: Args): string {
  if (texts.has(key)) return texts.t(key, sentenceArgs(args));
  const known = told[key];
  return known === undefined ? texts.t("fault.unknown") : texts.t(known.happened, sentenceArgs(args));
}

/** What a result screen says of a fault. A key without sentences of its own gets the plain ones. */
export function explainFault(texts: Texts, key: string, args: Args): FaultSentences {
  const known = told[key === "clock" && args["direction"] === "fast" ? "clock.fast" : key];
  const filled = sentenceArgs(args);
  if (known === undefined) {
    return {
      title: texts.t("fault.title"), happened: faultSentence(texts, key, args), safe: texts.t("fault.unknown.safe"),
      next: texts.t("fault.unknown.next"), step: "retry", stranger: false,
    };
  }
  return {
    title: texts.t(known.title, filled), happened: texts.t(known.happened, filled), safe: texts.t(known.safe, filled),
    next: texts.t(known.next, filled), step: known.step, stranger: known.stranger === true,
  };
}

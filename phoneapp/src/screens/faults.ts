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

/** A key of the catalogue that has four sentences of its own. */
type Four<K> = K extends `${infer Base}.happened` ? Base : never;

/** The four sentences below a key. */
function four(base: Four<Key>, step: Next, more: { readonly next?: Key; readonly happened?: Key; readonly stranger?: true } = {}): Told {
  return { title: `${base}.title`, happened: `${base}.happened`, safe: `${base}.safe`, next: `${base}.next`, step, ...more };
}

const told: Readonly<Record<string, Told>> = {
  "activation.used": four("activation.used", "code", { stranger: true }),
  "activation.expired": four("activation.expired", "code"),
  "activation.wrong": four("activation.wrong", "code"),
  "activation.limit": four("activation.limit", "home"),
  "activation.already": four("activation.already", "home"),
  "activation.slow": four("activation.slow", "retry"),
  "users.limit": four("users.limit", "home"),
  "offer.mac": four("offer.mac", "code", { stranger: true }),
  "offer.signature": four("offer.signature", "code", { stranger: true }),
  "offer.fingerprint": four("offer.fingerprint", "code", { stranger: true }),
  "receipt.wrong": four("receipt.wrong", "home"),
  // What was submitted does not fit: this code will never be accepted from here.
  "submission.factor": four("submission", "code"),
  "submission.jws": four("submission", "code"),
  "submission.mac": four("submission", "code"),
  "submission.offer": four("submission", "code"),
  "submission.phone": four("submission", "code"),
  "submission.wrap": four("submission", "code"),
  // The code stays good, but only another phone, or this one after more than a minute's work, can use it.
  "posture.android": four("posture.android", "home"),
  "posture.ios": four("posture.ios", "home"),
  "posture.rooted": four("posture.rooted", "home"),
  "posture.screen_lock": four("posture.screen_lock", "retry"),
  "key.suspended": four("key.suspended", "home"),
  "key.removed": four("key.removed", "home"),
  "key.pending": four("key.pending", "home"),
  "key.unknown": four("proof", "home"),
  "proof.missing": four("proof", "home"),
  "proof.wrong": four("proof", "home"),
  "code.group": four("code.group", "code"),
  "code.other": four("code.other", "code"),
  "offline_code.factor": four("offline_code.factor", "home"),
  "offline_code.not_me": four("offline_code.not_me", "home"),
  offline: four("offline", "retry"),
  "offline.waiting": four("offline", "retry", { next: "offline.waiting" }),
  storage: four("storage", "retry"),
  clock: four("clock", "retry"),
  "clock.fast": four("clock", "retry", { happened: "clock.fast" }),
  "answer.wrong": four("answer.wrong", "retry"),
  unavailable: four("unavailable", "retry"),
  "server.busy": four("unavailable", "retry"),
  internal: four("internal", "retry"),
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

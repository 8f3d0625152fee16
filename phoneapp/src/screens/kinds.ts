// The words for each kind of approval.
import type { Approval } from "../core/contract";
import type { PhoneKey } from "../i18n";

interface KindWords {
  /** What it is, in the bar and in a list. */
  readonly bar: PhoneKey;
  /** The question. */
  readonly title: PhoneKey;
  /** Before the application's name. */
  readonly app: PhoneKey;
  /** What a yes did. */
  readonly approved: PhoneKey;
  /** Said even in a browser that is known. */
  readonly caution?: { readonly title: PhoneKey; readonly rest: PhoneKey };
}

export const kinds: Readonly<Record<Approval["kind"], KindWords>> = {
  sign_in: { bar: "approval.bar", title: "approval.title", app: "approval.to", approved: "decided.approved" },
  key_add: {
    bar: "approval.key_add.bar", title: "approval.key_add.title", app: "approval.at", approved: "decided.approved.key_add",
    caution: { title: "approval.key_add.caution", rest: "approval.key_add.caution.rest" },
  },
  key_remove: {
    bar: "approval.key_remove.bar", title: "approval.key_remove.title", app: "approval.at", approved: "decided.approved.key_remove",
    caution: { title: "approval.key_remove.caution", rest: "approval.key_remove.caution.rest" },
  },
  pin_change: { bar: "approval.pin_change.bar", title: "approval.pin_change.title", app: "approval.at", approved: "decided.approved.pin_change" },
  password_change: {
    bar: "approval.password_change.bar", title: "approval.password_change.title", app: "approval.at", approved: "decided.approved.password_change",
  },
};

// The words for each kind of approval.
import type { Approval, ServerInfo } from "../core/contract";
import type { PhoneKey } from "../i18n";
import type { Ending } from "../ui/app-context";

/** Whether somebody signs in to an application and not to the portal: the number may stand in a terminal or in a VPN client. */
export function toApplication(approval: Pick<Approval, "kind" | "app">, server: ServerInfo | undefined): boolean {
  return approval.kind === "sign_in" && server !== undefined && approval.app !== server.name;
}

interface KindWords {
  /** What it is, in the bar and in a list. */
  readonly bar: PhoneKey;
  /** The question. */
  readonly title: PhoneKey;
  /** Before the application's name. */
  readonly app: PhoneKey;
  /** What a yes did. */
  readonly approved: PhoneKey;
  /** Said even in a browser that is known; calm where there is nothing to fear. */
  readonly caution?: { readonly title: PhoneKey; readonly rest: PhoneKey; readonly calm?: true };
  /** What the statement's item is. */
  readonly item?: PhoneKey;
  /** Above the PIN, with Who and App. */
  readonly lead?: PhoneKey;
  /** Answers that are no. */
  readonly no?: PhoneKey;
  /** What it means that it ended in this way, where a sign-in's words would be wrong. */
  readonly endings?: Readonly<Partial<Record<Ending, { readonly title: PhoneKey; readonly lead: PhoneKey }>>>;
}

export const kinds: Readonly<Record<Approval["kind"], KindWords>> = {
  sign_in: { bar: "approval.bar", title: "approval.title", app: "approval.to", approved: "decided.approved" },
  confirm: {
    bar: "approval.confirm.bar", title: "approval.confirm.title", app: "approval.asked_by", approved: "decided.approved.confirm",
    caution: { title: "approval.confirm.caution", rest: "approval.confirm.caution.rest", calm: true }, lead: "confirm_pin.lead.confirm",
    endings: {
      approved: { title: "decided.confirm.title", lead: "decided.approved.confirm" },
      not_me: { title: "decided.confirm.no.title", lead: "decided.confirm.no" },
      mistake: { title: "decided.confirm.no.title", lead: "decided.confirm.no" },
      wrong_number: { title: "decided.wrong_number.title", lead: "decided.confirm.number" },
      expired: { title: "decided.expired.title", lead: "decided.confirm.over" },
      cancelled: { title: "decided.expired.title", lead: "decided.confirm.over" },
      gone: { title: "decided.expired.title", lead: "decided.confirm.over" },
      elsewhere_approved: { title: "decided.elsewhere.title", lead: "decided.elsewhere_approved" },
      elsewhere_denied: { title: "decided.elsewhere.title", lead: "decided.confirm.over" },
    },
  },
  key_add: {
    bar: "approval.key_add.bar", title: "approval.key_add.title", app: "approval.at", approved: "decided.approved.key_add",
    caution: { title: "approval.key_add.caution", rest: "approval.key_add.caution.rest" },
  },
  key_remove: {
    bar: "approval.key_remove.bar", title: "approval.key_remove.title", app: "approval.at", approved: "decided.approved.key_remove",
    caution: { title: "approval.key_remove.caution", rest: "approval.key_remove.caution.rest" }, item: "approval.removed_phone",
  },
  pin_change: { bar: "approval.pin_change.bar", title: "approval.pin_change.title", app: "approval.at", approved: "decided.approved.pin_change" },
  password_change: {
    bar: "approval.password_change.bar", title: "approval.password_change.title", app: "approval.at", approved: "decided.approved.password_change",
  },
  contact_change: {
    bar: "approval.contact_change.bar", title: "approval.contact_change.title", app: "approval.at", approved: "decided.approved.contact_change",
    caution: { title: "approval.contact_change.caution", rest: "approval.contact_change.caution.rest" }, item: "approval.new_address",
  },
  contact_remove: {
    bar: "approval.contact_remove.bar", title: "approval.contact_remove.title", app: "approval.at", approved: "decided.approved.contact_remove",
    caution: { title: "approval.contact_remove.caution", rest: "approval.contact_remove.caution.rest" }, item: "approval.removed_address",
  },
  test: {
    bar: "approval.test.bar", title: "approval.test.title", app: "approval.at", approved: "decided.test",
    caution: { title: "approval.test.caution", rest: "approval.test.caution.rest", calm: true }, lead: "confirm_pin.lead.test", no: "approval.test.no",
    endings: {
      approved: { title: "decided.test.title", lead: "decided.test" },
      not_me: { title: "decided.test.no.title", lead: "decided.test.no" },
      mistake: { title: "decided.test.no.title", lead: "decided.test.no" },
      wrong_number: { title: "decided.wrong_number.title", lead: "decided.test.number" },
      expired: { title: "decided.test.over.title", lead: "decided.test.over" },
      cancelled: { title: "decided.test.over.title", lead: "decided.test.gone" },
      gone: { title: "decided.test.over.title", lead: "decided.test.gone" },
      elsewhere_approved: { title: "decided.test.over.title", lead: "decided.test.gone" },
      elsewhere_denied: { title: "decided.test.over.title", lead: "decided.test.gone" },
    },
  },
};

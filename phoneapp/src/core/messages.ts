// The payloads that the server signs and the answers it gives, member by member (docs/protocol.md §2, §4, §5).

import type { Approval, KeyState, ServerInfo } from "./contract";
import { Members, ShapeError } from "./strict";

/** The server keys that a phone pins, points as base64url. */
export interface PinnedKeys {
  readonly signing: string;
  readonly backup: string;
  readonly pin: string;
}

export interface OfferMessage {
  readonly aud: string;
  readonly server: { readonly name: string; readonly operator: string };
  readonly keys: PinnedKeys;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly es: string;
  readonly pin: { readonly min: number; readonly max: number };
  readonly webauthn: { readonly rpId: string; readonly userHandle: string; readonly challenge: string };
  readonly iat: number;
  readonly exp: number;
}

export interface ReceiptMessage {
  readonly submission: string;
  readonly key: string;
  readonly user: string;
  readonly state: KeyState;
  readonly digits: string | undefined;
  readonly iat: number;
}

/** What a statement can ask. "pin_check", "push_test" and "messages_open" are the phone's own business and never shown. */
export type StatementKind = Approval["kind"] | "pin_check" | "push_test" | "messages_open";

export interface StatementMessage {
  readonly id: string;
  readonly user: string;
  readonly keys: readonly string[];
  readonly kind: StatementKind;
  readonly app: string;
  readonly who: string;
  readonly address: string | undefined;
  readonly place: string | undefined;
  readonly with: string | undefined;
  readonly known: boolean;
  readonly number: boolean;
  readonly text: string | undefined;
  readonly newKey: { readonly id: string; readonly name: string } | undefined;
  readonly item: string | undefined;
  readonly es: string | undefined;
  /** Six digits, with sign_in or confirm once a code was asked for (§8). */
  readonly challenge: string | undefined;
  readonly iat: number;
  readonly exp: number;
}

export interface Problem {
  readonly kind: string;
  readonly key: string;
  readonly args: Readonly<Record<string, string | number>>;
}

/** §4.2 */
export function readOffer(payload: Members): OfferMessage {
  const server = payload.inner("server");
  const keys = payload.inner("keys");
  const user = payload.inner("user");
  const webauthn = payload.inner("webauthn");
  const offer: OfferMessage = {
    aud: payload.string("aud"),
    server: { name: server.string("name"), operator: server.string("operator") },
    keys: { signing: keys.point("signing"), backup: keys.point("backup"), pin: keys.point("pin") },
    user: { id: user.string("id"), name: user.string("name"), displayName: user.string("displayName") },
    es: payload.point("es"),
    pin: pinRules(payload),
    webauthn: {
      rpId: webauthn.string("rpId"),
      userHandle: webauthn.bytes("userHandle"),
      challenge: webauthn.bytes("challenge", 32),
    },
    iat: payload.integer("iat"),
    exp: payload.integer("exp"),
  };
  for (const members of [server, keys, user, webauthn, payload]) members.done();
  return offer;
}

/** §4.4 */
export function readReceipt(payload: Members): ReceiptMessage {
  payload.string("aud");
  const receipt: ReceiptMessage = {
    submission: payload.bytes("submission", 32),
    key: payload.string("key"),
    user: payload.string("user"),
    state: payload.oneOf("state", ["active", "confirm", "approve", "suspended", "removed"]),
    digits: payload.optionalString("digits"),
    iat: payload.integer("iat"),
  };
  payload.done();
  if ((receipt.state === "confirm") !== /^\d{6}$/.test(receipt.digits ?? "")) throw new ShapeError("receipt: digits");
  if (receipt.state !== "confirm" && receipt.digits !== undefined) throw new ShapeError("receipt: digits");
  return receipt;
}

/** Control and bidirectional formatting characters: text that could make a statement read as another. */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** What a statement of each kind has to have and no other may; one: it names one key alone. As wire/kinds.go has it. */
const kinds: Readonly<Record<StatementKind, { readonly member?: "newKey" | "item" | "es"; readonly one?: true; readonly text?: "must" | "may"; readonly code?: true }>> = {
  sign_in: { text: "may", code: true },
  confirm: { text: "must", code: true },
  key_add: { member: "newKey" },
  key_remove: { member: "item" },
  pin_change: { member: "es", one: true },
  pin_check: { one: true },
  password_change: {},
  contact_change: { member: "item" },
  contact_remove: { member: "item" },
  test: { one: true },
  push_test: { one: true },
  messages_open: { one: true },
};

/** §5.1 */
export function readStatement(payload: Members): StatementMessage {
  payload.string("aud");
  payload.string("locale");
  const newKey = payload.has("newKey") ? payload.inner("newKey") : undefined;
  const statement: StatementMessage = {
    id: payload.string("id"),
    user: payload.string("user"),
    keys: payload.strings("keys"),
    kind: payload.oneOf("kind", Object.keys(kinds) as StatementKind[]),
    app: payload.string("app"),
    who: payload.string("who"),
    address: payload.optionalString("address"),
    place: payload.optionalString("place"),
    with: payload.optionalString("with"),
    known: payload.boolean("known"),
    number: payload.boolean("number"),
    text: payload.optionalString("text"),
    newKey: newKey && { id: newKey.string("id"), name: newKey.string("name") },
    item: payload.optionalString("item"),
    es: payload.has("es") ? payload.point("es") : undefined,
    challenge: payload.optionalString("challenge"),
    iat: payload.integer("iat"),
    exp: payload.integer("exp"),
  };
  newKey?.done();
  payload.done();
  const { member: wanted, one, text: said, code } = kinds[statement.kind];
  for (const member of ["newKey", "item", "es"] as const) {
    if ((statement[member] !== undefined) !== (member === wanted)) throw new ShapeError(`statement: ${member}`);
  }
  if (said !== "may" && (statement.text !== undefined) !== (said === "must")) throw new ShapeError("statement: text");
  if (one && statement.keys.length !== 1) throw new ShapeError("statement: keys");
  if (statement.challenge !== undefined && (!code || !/^[0-9]{6}$/.test(statement.challenge))) {
    throw new ShapeError("statement: challenge");
  }
  const { app, who, address, place, with: browser, text } = statement;
  const shown = [app, who, address, place, browser, text, statement.newKey?.name, statement.item];
  if (shown.some((words) => words !== undefined && unprintable.test(words))) throw new ShapeError("statement: characters");
  if (text !== undefined && (text === "" || Array.from(text).length > 200)) throw new ShapeError("statement: text");
  return statement;
}

/** §2.1, with the server's time beside what is kept. */
export function readServer(answer: Members): { readonly info: ServerInfo; readonly time: number } {
  const info: ServerInfo = {
    id: answer.string("id"),
    name: answer.string("name"),
    operator: answer.string("operator"),
    key: answer.point("key"),
    rpId: answer.string("rpId"),
    ...(answer.has("push") ? { push: answer.point("push") } : {}),
    ...(answer.has("ntfy") ? { ntfy: answer.boolean("ntfy") } : {}),
  };
  const time = answer.integer("time");
  pinRules(answer);
  answer.done();
  return { info, time };
}

/** §2.2 */
export function readProblem(answer: Members): Problem {
  const error = answer.inner("error");
  answer.done();
  const args: Record<string, string | number> = {};
  for (const [name, value] of Object.entries((error.any("args") ?? {}) as Record<string, unknown>)) {
    if (typeof value === "string" || typeof value === "number") args[name] = value;
  }
  const problem = { kind: error.string("kind"), key: error.string("key"), args };
  error.string("message");
  error.done();
  return problem;
}

/** §5.3 and the stream's list of approvals. */
export function readApprovals(answer: Members): { readonly now: number; readonly statements: readonly string[] } {
  return {
    now: answer.integer("now"),
    statements: answer.has("statements") ? answer.strings("statements") : [],
  };
}

function pinRules(members: Members): { readonly min: number; readonly max: number } {
  const pin = members.inner("pin");
  const rules = { min: pin.integer("min"), max: pin.integer("max") };
  pin.done();
  return rules;
}

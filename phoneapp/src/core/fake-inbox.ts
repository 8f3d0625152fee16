// The test server's message centre (docs/protocol.md §10): boxes by user, openings by key, and answers whose signatures are checked.

import { compactVerify } from "jose";
import { b64u, fromB64u } from "./bytes";
import { sha256 } from "./derive";
import { Refusal } from "./fake-refusal";
import type { ActiveKey } from "./fake-server";

/** A message as the protocol has it, with what reading it gives. */
export interface FakeMessage {
  readonly reference: string;
  kind: string;
  status: string;
  priority: string;
  subject: string;
  language: string;
  createdAt: number;
  updatedAt: number;
  unread: boolean;
  /** Members of the answer to reading, beside message. */
  rest: Record<string, unknown>;
  entries: Record<string, unknown>[];
}

type Body = Readonly<Record<string, unknown>>;

export class FakeInbox {
  /** By user id. */
  readonly boxes = new Map<string, FakeMessage[]>();
  /** By key id: when the opening ends. */
  readonly open = new Map<string, number>();
  /** Answers, by their signatures. */
  readonly answers = new Map<string, { readonly reference: string; readonly text: string }>();
  /** How many messages a page has, and entries an answer. */
  page = 20;
  part = 100;

  constructor(
    private readonly serverId: () => string,
    private readonly now: () => number,
  ) {}

  /** Puts a message into a user's box. */
  post(userId: string, change: Partial<FakeMessage> & { readonly reference: string }): FakeMessage {
    const at = this.now();
    const message: FakeMessage = {
      kind: "ticket", status: "answered", priority: "normal", subject: `About ${change.reference}`, language: "en", createdAt: at, updatedAt: at, unread: true,
      rest: {}, entries: [{ number: 1, at, author: "operator", language: "en", blocks: [{ kind: "p", runs: [{ text: "Hello." }] }] }], ...change,
    };
    this.boxes.set(userId, [...this.of(userId), message]);
    return message;
  }

  of(userId: string): FakeMessage[] {
    return this.boxes.get(userId) ?? [];
  }

  /** A yes to messages_open. */
  opened(keyId: string): void {
    this.open.set(keyId, this.now() + 600_000);
  }

  unread(keys: readonly ActiveKey[]): unknown {
    const count = (key: ActiveKey): number => Math.min(100, this.of(key.user.id).filter((one) => one.unread).length);
    return { now: this.now(), unread: Object.fromEntries(keys.map((key) => [key.keyId, count(key)])) };
  }

  async answer(key: ActiveKey, path: string, body: Body): Promise<unknown> {
    if (path === "/messages/shut") {
      this.open.delete(key.keyId);
      return {};
    }
    if ((this.open.get(key.keyId) ?? 0) <= this.now()) throw new Refusal(403, "refused", "messages.closed");
    if (path === "/messages") return this.list(key, body);
    const message = this.of(key.user.id).find((one) => one.reference === body["reference"]);
    if (!message) throw new Refusal(404, "not_found", "message.unknown");
    if (path === "/messages/read") return this.read(message, body);
    if (path === "/messages/reply") return this.reply(key, message, body);
    if (path === "/messages/status") {
      message.status = String(body["status"]);
      if (message.status === "closed") message.unread = false;
      return {};
    }
    throw new Refusal(404, "not_found", "not_found");
  }

  private list(key: ActiveKey, body: Body): unknown {
    const { search, kind, status, unread, after } = body;
    const fits = (one: FakeMessage): boolean =>
      (kind === undefined || one.kind === kind) && (status === undefined || one.status === status) && (unread === undefined || one.unread) &&
      (typeof search !== "string" || one.subject.toLowerCase().includes(search.toLowerCase()));
    const box = this.of(key.user.id).filter(fits).sort((a, b) => Number(b.unread) - Number(a.unread) || b.updatedAt - a.updatedAt);
    const from = Number(after ?? 0);
    const next = from + this.page < box.length ? String(from + this.page) : undefined;
    const all = this.of(key.user.id).filter((one) => one.unread).length;
    return { now: this.now(), unread: Math.min(100, all), messages: box.slice(from, from + this.page).map(shown), next };
  }

  private read(message: FakeMessage, body: Body): unknown {
    message.unread = false;
    const from = Number(body["from"] ?? 1);
    const entries = message.entries.filter((one) => Number(one["number"]) >= from);
    const next = entries.length > this.part ? from + this.part : undefined;
    const canReply = message.kind === "ticket" && message.status !== "closed";
    return { now: this.now(), message: shown(message), languages: [], canReply, entries: entries.slice(0, this.part), next, ...message.rest };
  }

  private async reply(key: ActiveKey, message: FakeMessage, body: Body): Promise<unknown> {
    const [text, signature] = [String(body["text"]), String(body["signature"])];
    if (this.answers.has(signature)) return {};
    if (message.kind !== "ticket") throw new Refusal(409, "conflict", "message.no_reply");
    if (message.status === "closed") throw new Refusal(409, "conflict", "message.closed");
    const point = await crypto.subtle.importKey("raw", fromB64u(key.point), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
    const { payload, protectedHeader } = await compactVerify(signature, point, { algorithms: ["ES256"] });
    const said = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    const fits =
      protectedHeader.typ === "nodkey-reply+jws" && protectedHeader.kid === key.keyId && said["aud"] === this.serverId() && said["key"] === key.keyId &&
      said["reference"] === message.reference && said["text"] === b64u(await sha256(text)) && Math.abs(Number(said["iat"]) - this.now()) < 60_000;
    if (!fits) throw new Refusal(400, "bad_input", "message.signature");
    this.answers.set(signature, { reference: message.reference, text });
    message.entries = [...message.entries, { number: message.entries.length + 1, at: this.now(), author: "user", language: "en", signed: true, text }];
    if (message.status === "answered") message.status = "open";
    message.updatedAt = this.now();
    return {};
  }
}

function shown({ reference, kind, status, priority, subject, language, createdAt, updatedAt, unread }: FakeMessage): unknown {
  return { reference, kind, status, priority, subject, language, createdAt, updatedAt, unread };
}

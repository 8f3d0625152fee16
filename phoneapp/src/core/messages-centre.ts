// The answers of the message centre, member by member (docs/protocol.md §10), and an answer's text as it is kept.

import type { Clock } from "./clock";
import { PhoneFault, type Block, type Link, type Message, type MessageEntry, type MessageNotice, type MessageThread, type Place, type Run } from "./contract";
import { Members, ShapeError, type Json } from "./strict";

/** Longest answer in characters. */
export const textMost = 20_000;
/** Blocks in blocks; the server stops long before. */
const deepest = 12;
/** Columns of a table. */
const widest = 20;

const messageKinds = ["ticket", "security", "account", "announcement"] as const;
const statuses = ["new", "open", "answered", "closed"] as const;
const priorities = ["low", "normal", "high", "urgent"] as const;

export interface Page {
  readonly unread: number;
  readonly messages: readonly Message[];
  readonly next: string | undefined;
}

/** A part of a message: entries from some number on. */
export interface Part {
  readonly thread: Omit<MessageThread, "language" | "more">;
  /** Number of the entry that comes after these. */
  readonly next: number | undefined;
}

/** §10.2, of these keys and no others. */
export function readUnread(answer: Members, keyIds: readonly string[]): ReadonlyMap<string, number> {
  answer.integer("now");
  const unread = answer.inner("unread");
  const counts = new Map<string, number>();
  for (const keyId of keyIds) if (unread.has(keyId)) counts.set(keyId, countOf(unread, keyId));
  unread.done();
  return counts;
}

/** §10.3 */
export function readPage(answer: Members, clock: Clock): Page {
  answer.integer("now");
  return {
    unread: countOf(answer, "unread"),
    messages: answer.objects("messages").map((members) => messageOf(members, clock)),
    next: answer.optionalString("next"),
  };
}

/** §10.4 */
export function readPart(answer: Members, clock: Clock): Part {
  answer.integer("now");
  const message = messageOf(answer.inner("message"), clock);
  const languages = answer.strings("languages").map(tagOf);
  const canReply = answer.boolean("canReply");
  const notice = answer.has("notice") ? noticeOf(answer.inner("notice"), clock) : undefined;
  const entries = answer.objects("entries").map((members) => entryOf(members, clock));
  if (entries.some((entry, i) => entry.number <= (entries[i - 1]?.number ?? 0))) throw new ShapeError("entries: not in their order");
  const next = answer.optionalInteger("next");
  if (next !== undefined && next <= (entries.at(-1)?.number ?? next)) throw new ShapeError("next: not after the entries");
  return { thread: { message, languages, canReply, ...(notice === undefined ? {} : { notice }), entries }, next };
}

function messageOf(members: Members, clock: Clock): Message {
  const reference = members.string("reference");
  if (!/^[0-9]{4}-[0-9]{4,12}$/.test(reference)) throw new ShapeError("message: reference");
  const message: Message = {
    reference,
    kind: members.oneOf("kind", messageKinds),
    status: members.oneOf("status", statuses),
    priority: members.oneOf("priority", priorities),
    subject: lineOf(members.string("subject")),
    language: tagOf(members.string("language")),
    createdAt: clock.local(members.integer("createdAt")),
    updatedAt: clock.local(members.integer("updatedAt")),
    unread: members.boolean("unread"),
    damaged: flagOf(members, "damaged"),
  };
  members.done();
  return message;
}

function noticeOf(members: Members, clock: Clock): MessageNotice {
  const optional = (name: "from" | "place" | "with" | "phone"): Record<string, string> => (members.has(name) ? { [name]: lineOf(members.string(name)) } : {});
  const notice: MessageNotice = {
    happened: lineOf(members.string("happened")),
    next: lineOf(members.string("next")),
    at: clock.local(members.integer("at")),
    ...optional("from"),
    ...optional("place"),
    ...optional("with"),
    ...optional("phone"),
  };
  members.done();
  return notice;
}

function entryOf(members: Members, clock: Clock): MessageEntry {
  const text = members.optionalString("text");
  const blocks = members.has("blocks") ? members.objects("blocks").map((block) => blockOf(block, 1)) : undefined;
  if (text !== undefined && blocks !== undefined) throw new ShapeError("entry: text and blocks");
  const entry: MessageEntry = {
    number: members.integer("number"),
    at: clock.local(members.integer("at")),
    author: members.oneOf("author", ["user", "operator", "system"]),
    language: tagOf(members.string("language")),
    signed: flagOf(members, "signed"),
    ...(text === undefined ? {} : { text: plain(text) }),
    ...(blocks === undefined ? {} : { blocks }),
    files: members.has("files") ? members.objects("files").map(fileOf) : [],
    damaged: flagOf(members, "damaged"),
  };
  members.done();
  return entry;
}

function fileOf(members: Members): { name: string; type: string; size: number } {
  const file = { name: lineOf(members.string("name")), type: lineOf(members.string("type")), size: members.integer("size") };
  members.done();
  if (file.size < 0) throw new ShapeError("file: size");
  return file;
}

function blockOf(members: Members, depth: number): Block {
  if (depth > deepest) throw new ShapeError("blocks: nested too deeply");
  const kind = members.oneOf("kind", ["p", "h", "code", "ul", "ol", "quote", "rule", "table"]);
  const inside = (list: readonly Members[]): Block[] => list.map((one) => blockOf(one, depth + 1));
  let block: Block;
  if (kind === "rule") block = { kind };
  else if (kind === "quote") block = { kind, blocks: members.has("blocks") ? inside(members.objects("blocks")) : [] };
  else if (kind === "table") block = tableOf(members, inside);
  else if (kind === "ul" || kind === "ol") block = { kind, items: itemsOf(members).map(inside) };
  else block = { kind, runs: members.has("runs") ? members.objects("runs").map(runOf) : [] };
  members.done();
  return block;
}

/** A table's cells are paragraphs, as many in each row as its head has. */
function tableOf(members: Members, inside: (list: readonly Members[]) => Block[]): Block {
  const [head, ...rows] = itemsOf(members).map((row) => inside(row).map((cell) => {
    if (cell.kind !== "p") throw new ShapeError("table: a cell that is no paragraph");
    return cell.runs;
  }));
  if (head === undefined || head.length > widest || rows.some((row) => row.length !== head.length)) throw new ShapeError("table: columns");
  const align = members.any("align") ?? [];
  if (!Array.isArray(align) || (align.length !== 0 && align.length !== head.length)) throw new ShapeError("table: align");
  return { kind: "table", head, rows, align: align.map(placeOf) };
}

function placeOf(place: Json): Place {
  if (place !== "" && place !== "left" && place !== "center" && place !== "right") throw new ShapeError("table: align");
  return place;
}

function itemsOf(members: Members): Members[][] {
  const items = members.any("items") ?? [];
  if (!Array.isArray(items)) throw new ShapeError("items: not a list");
  return items.map((item: Json) => {
    if (!Array.isArray(item)) throw new ShapeError("items: not lists");
    return item.map((block: Json, i) => Members.of(block, `items[${i}]`));
  });
}

function runOf(members: Members): Run {
  const link = members.has("href") ? linkOf(members.string("href")) : undefined;
  const run: Run = {
    text: plain(members.string("text")),
    strong: flagOf(members, "strong"),
    em: flagOf(members, "em"),
    code: flagOf(members, "code"),
    ...(link === undefined ? {} : { link }),
  };
  members.done();
  return run;
}

/** Of what leads anywhere else the words stay and the link goes. */
function linkOf(href: string): Link | undefined {
  if (!/^(?:https:\/\/|mailto:)/i.test(href)) return undefined;
  let url: URL;
  try {
    url = new URL(href);
  } catch {
    return undefined;
  }
  if (url.protocol === "mailto:") return url.pathname.includes("@") ? { href: url.href, to: url.pathname } : undefined;
  if (url.protocol !== "https:" || url.username !== "" || url.password !== "" || url.host === "") return undefined;
  return { href: url.href, to: url.host };
}

/** There is no false: what is not so is left out. */
function flagOf(members: Members, name: string): boolean {
  if (!members.has(name)) return false;
  if (!members.boolean(name)) throw new ShapeError(`${name}: false`);
  return true;
}

function countOf(members: Members, name: string): number {
  const count = members.integer(name);
  if (count < 0 || count > 100) throw new ShapeError(`${name}: not a count`);
  return count;
}

function tagOf(tag: string): string {
  if (tag.length > 35 || !/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/.test(tag)) throw new ShapeError("language: not a tag");
  return tag;
}

/** Control and bidirectional formatting characters, by which a text could read as another, are no part of what is shown. */
function plain(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, "");
}

function lineOf(text: string): string {
  return plain(text).replace(/[\n\t]/g, " ");
}

/**
 * An answer as it is kept (§10.5), which is what the phone signs. Throws PhoneFault message.text for none, message.text_long.
 */
export function keptText(typed: string): string {
  const text = typed
    .replace(/\p{Cs}/gu, "\uFFFD")
    .replace(/\r\n|[\r\u2028\u2029]/g, "\n")
    .replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}]/gu, "")
    .trim();
  if (text === "") throw new PhoneFault("message.text");
  if (Array.from(text).length > textMost) throw new PhoneFault("message.text_long", { Most: textMost });
  return text;
}

// The message centre of this phone's users (docs/protocol.md §10): counts of what is unread, and one box at a time that was
// opened by PIN or biometric. What was read is held here and nowhere else, and goes when the box closes.

import { answerOf, isOffline, maxLongBody, ServerFault, type Api } from "./api";
import { b64u } from "./bytes";
import type { Clock } from "./clock";
import { PhoneFault, type Inbox, type InboxProof, type Message, type MessageQuery, type MessageThread, type OpenBox } from "./contract";
import { sha256 } from "./derive";
import { sign } from "./jws";
import type { KeyStates } from "./key-states";
import { keptText, readPage, readPart, readUnread, type Page, type Part } from "./messages-centre";
import type { OwnStatements } from "./own-statements";
import type { KeyRecord } from "./store";
import type { Members } from "./strict";
import type { Page as Surface } from "./stream";

/** How long an opening lasts, and how long the app may be out of sight meanwhile; milliseconds. */
const openFor = 600_000;
const hiddenFor = 60_000;
/** A search that found nothing is asked to look further so many times before the person is. */
const searches = 3;

/** One opening; another is another object, so that what was asked for in one is never shown in the next. */
interface Opening {
  readonly key: KeyRecord;
  readonly until: number;
  query?: MessageQuery;
  messages: readonly Message[];
  /** Where the list goes on. */
  next?: string | undefined;
  thread?: MessageThread;
  /** The entry at which the thread goes on. */
  from?: number | undefined;
  /** How many lists were asked for. */
  turn: number;
}

/** An answer that was sent and never acknowledged: the server may have it. */
interface Unsettled {
  readonly keyId: string;
  readonly reference: string;
  /** Of the text. */
  readonly digest: string;
  readonly signature: string;
}

interface Around {
  readonly wall: () => number;
  readonly page: Surface;
}

export class MessageCentre implements Inbox {
  private readonly counts = new Map<string, number>();
  private counting: Promise<void> | undefined;
  private countAgain = false;
  private opening: Opening | undefined;
  /** What screens see of the opening; always the same object until something changed. */
  private box: OpenBox | undefined;
  private expiry: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private hiddenAt: number | undefined;
  private shutting: Promise<void> = Promise.resolve();
  private unsettled: Unsettled | undefined;

  /** keys: those that count now; states finds out what became of a key that is refused; changed is told after every change. */
  constructor(
    private readonly api: Pick<Api, "signed" | "forAll">,
    private readonly clock: Clock,
    private readonly own: Pick<OwnStatements, "openMessages">,
    private readonly around: Around,
    private readonly keys: () => readonly KeyRecord[],
    private readonly states: Pick<KeyStates, "watch">,
    private readonly changed: () => void,
  ) {
    around.page.channel?.addEventListener("message", (event) => this.heard((event as MessageEvent<unknown>).data));
  }

  unread(keyId: string): number | undefined {
    return this.counts.get(keyId);
  }

  get opened(): OpenBox | undefined {
    return this.box;
  }

  /** Asks how many messages are unread. Never throws: what cannot be asked now stays as it was. */
  async count(): Promise<void> {
    this.countAgain = this.counting !== undefined;
    this.counting ??= this.countOnce().catch(() => undefined).finally(() => {
      this.counting = undefined;
      if (this.countAgain) void this.count();
    });
    await this.counting;
  }

  /** Something changed in a box. */
  news(): void {
    void this.count();
    if (this.hiddenAt === undefined) void this.follow();
  }

  /** Keys came or went: a box whose key counts no more is closed. */
  keysChanged(): void {
    const ids = this.keys().map((key) => key.keyId);
    for (const keyId of this.counts.keys()) if (!ids.includes(keyId)) this.counts.delete(keyId);
    if (this.opening && !ids.includes(this.opening.key.keyId)) this.end();
  }

  async open(keyId: string, proof: InboxProof): Promise<void> {
    const key = this.keys().find((one) => one.keyId === keyId);
    if (!key) throw new PhoneFault("key.removed");
    await this.shutting; // a late shut would end the new opening
    const until = this.around.wall() + openFor; // never later than the server's
    await this.states.watch(keyId, () => this.own.openMessages(key, proof));
    this.end();
    this.opening = { key, until, messages: [], turn: 0 };
    this.expiry = setTimeout(() => this.end(), Math.max(0, until - this.around.wall()));
    this.around.page.document?.addEventListener("visibilitychange", this.visibility);
    this.visibility(); // it may have gone out of sight while the answer was on its way
    this.show();
  }

  lock(): void {
    const { opening } = this;
    if (!opening) return;
    this.end();
    this.around.page.channel?.postMessage({ type: "shut", keyId: opening.key.keyId });
    // Unreachable, the server ends it by itself.
    this.shutting = this.api.signed(opening.key, "/messages/shut", {}).then(() => undefined, () => undefined);
  }

  async list(query: MessageQuery): Promise<void> {
    const opening = this.current();
    const turn = ++opening.turn;
    const page = await this.page(opening, query, undefined);
    if (turn !== opening.turn) return;
    opening.query = query;
    this.take(opening, page, page.messages);
  }

  async more(): Promise<void> {
    const opening = this.current();
    const { query, next, turn } = opening;
    if (query === undefined || next === undefined) return;
    const page = await this.page(opening, query, next);
    if (turn !== opening.turn || next !== opening.next) return;
    // What was read or answered meanwhile has moved.
    const known = new Set(opening.messages.map(({ reference }) => reference));
    this.take(opening, page, [...opening.messages, ...page.messages.filter(({ reference }) => !known.has(reference))]);
  }

  async read(reference: string, language: string): Promise<void> {
    const opening = this.current();
    const { thread, next } = await this.part(opening, reference, language, undefined);
    opening.thread = { ...thread, language, more: next !== undefined };
    opening.from = next;
    const read = { ...thread.message, unread: false };
    opening.messages = opening.messages.map((one) => (one.reference === reference ? read : one));
    this.show();
    void this.count();
  }

  async readOn(): Promise<void> {
    const opening = this.current();
    const { thread: before, from } = opening;
    if (before === undefined || from === undefined) return;
    const { thread, next } = await this.part(opening, before.message.reference, before.language, from);
    if (opening.thread !== before) return;
    opening.thread = { ...thread, language: before.language, entries: [...before.entries, ...thread.entries], more: next !== undefined };
    opening.from = next;
    this.show();
  }

  async reply(reference: string, typed: string): Promise<void> {
    const text = keptText(typed);
    const opening = this.current();
    const { key } = opening;
    const digest = b64u(await sha256(text));
    const before = this.unsettled;
    const same = before?.keyId === key.keyId && before.reference === reference && before.digest === digest;
    const signature = same ? before.signature : await sign("nodkey-reply+jws", key.keyId, key.d, {
      aud: key.serverId,
      key: key.keyId,
      reference,
      text: digest,
      iat: Math.round(this.clock.now()),
    });
    this.unsettled = { keyId: key.keyId, reference, digest, signature };
    try {
      await this.ask(opening, "/messages/reply", { reference, text, signature }, () => undefined);
      this.unsettled = undefined;
    } catch (fault) {
      if (fault instanceof ServerFault && fault.final) this.unsettled = undefined;
      throw fault;
    }
    await this.again(opening, reference);
  }

  async setStatus(reference: string, status: "closed" | "open"): Promise<void> {
    const opening = this.current();
    await this.ask(opening, "/messages/status", { reference, status }, () => undefined);
    await this.again(opening, reference);
  }

  private async countOnce(): Promise<void> {
    const keys = this.keys();
    if (keys.length === 0) return;
    const counts = answerOf(await this.api.forAll(keys, "/messages/unread"), (members) => readUnread(members, keys.map(({ keyId }) => keyId)));
    let changed = false;
    for (const [keyId, count] of counts) {
      changed ||= this.counts.get(keyId) !== count;
      this.counts.set(keyId, count);
    }
    if (changed) this.changed();
  }

  /** A page of the list; one that found nothing and could go on is not worth a screen. */
  private async page(opening: Opening, { language, search, kind, status, unread }: MessageQuery, after: string | undefined): Promise<Page> {
    let from = after;
    for (let i = 1; ; i++) {
      const body = { language, search, kind, status, unread, after: from };
      const page = await this.ask(opening, "/messages", body, (members) => readPage(members, this.clock));
      if (page.messages.length > 0 || page.next === undefined || i === searches) return page;
      from = page.next;
    }
  }

  private take(opening: Opening, page: Page, messages: readonly Message[]): void {
    opening.messages = messages;
    opening.next = page.next;
    this.counts.set(opening.key.keyId, page.unread);
    this.show();
  }

  private async part(opening: Opening, reference: string, language: string, from: number | undefined): Promise<Part> {
    return this.ask(opening, "/messages/read", { reference, language, from }, (members) => {
      const part = readPart(members, this.clock);
      if (part.thread.message.reference !== reference) throw new Error("another message than was asked for");
      return part;
    });
  }

  /** After a deed: what it changed is shown. That it was done stands, whatever becomes of this. */
  private async again(opening: Opening, reference: string): Promise<void> {
    const { thread } = opening;
    if (thread?.message.reference === reference) await this.read(reference, thread.language).catch(() => undefined);
    await this.listAgain(opening).catch(() => undefined);
  }

  /** The list anew, unless the person is further on in it. */
  private async listAgain(opening: Opening): Promise<void> {
    if (this.opening === opening && opening.query !== undefined && opening.messages.length <= 20) await this.list(opening.query);
  }

  /** Shows what came while a box is open, in the list and in the message that is being read. */
  private async follow(): Promise<void> {
    const { opening } = this;
    if (!opening) return;
    try {
      await this.listAgain(opening);
      const { thread } = opening;
      const listed = opening.messages.find(({ reference }) => reference === thread?.message.reference);
      // Reading changes neither, so that this comes to an end.
      if (thread && listed && (listed.unread || listed.updatedAt > thread.message.updatedAt)) await this.read(listed.reference, thread.language);
    } catch {
      // It is told of again, or asked for by the person.
    }
  }

  private current(): Opening {
    if (this.opening && this.around.wall() >= this.opening.until) this.end();
    if (!this.opening) throw new PhoneFault("messages.closed");
    return this.opening;
  }

  /** Asks for something within an opening; what comes after its end is dropped. */
  private async ask<T>(opening: Opening, path: string, body: Record<string, unknown>, take: (members: Members) => T): Promise<T> {
    const { key } = opening;
    const still = (): boolean => this.opening === opening;
    try {
      const answer = await this.states.watch(key.keyId, () => this.api.signed(key, path, body, maxLongBody));
      if (!still()) throw new PhoneFault("messages.closed");
      return answerOf(answer, take);
    } catch (fault) {
      if (fault instanceof ServerFault && fault.key === "messages.closed" && still()) this.end();
      if (!still() && isOffline(fault)) throw new PhoneFault("messages.closed");
      throw fault;
    }
  }

  /** Drops the opening and everything that was read in it. */
  private end(): void {
    clearTimeout(this.expiry);
    clearTimeout(this.hiding);
    this.hiddenAt = undefined;
    this.around.page.document?.removeEventListener("visibilitychange", this.visibility);
    if (!this.opening) return;
    this.opening = undefined;
    this.box = undefined;
    this.changed();
  }

  private readonly visibility = (): void => {
    clearTimeout(this.hiding);
    const now = this.around.wall();
    if (this.around.page.document?.visibilityState === "hidden") {
      this.hiddenAt ??= now;
      this.hiding = setTimeout(() => this.lock(), Math.max(0, this.hiddenAt + hiddenFor - now));
      return;
    }
    // Timers stand still while a phone sleeps.
    const away = this.hiddenAt === undefined ? 0 : now - this.hiddenAt;
    const was = this.hiddenAt !== undefined;
    this.hiddenAt = undefined;
    if (this.opening && now >= this.opening.until) this.end();
    else if (away >= hiddenFor) this.lock();
    else if (was) void this.follow();
  };

  /** Another tab has shut a box. */
  private heard(data: unknown): void {
    const keyId = this.opening?.key.keyId;
    if (typeof data === "object" && data !== null && "type" in data && data.type === "shut" && "keyId" in data && data.keyId === keyId) this.end();
  }

  private show(): void {
    const { opening } = this;
    if (!opening) return;
    const { key, until, query, messages, next, thread } = opening;
    this.box = { keyId: key.keyId, until, query, messages, more: next !== undefined, thread };
    this.changed();
  }
}

// The message centre of a phone without a server, and scenes of it for the preview.
import { keptText } from "./core/messages-centre";
import { PhoneFault, type Block, type Inbox, type InboxProof, type Message, type MessageEntry, type MessageQuery, type MessageThread, type OpenBox, type Run } from "./core/contract";
import type { PreviewCore } from "./preview-core";
import { userOf } from "./preview-core";
import type { Route } from "./ui/nav";

export function messageOf(now: number, change: Partial<Message> = {}): Message {
  return {
    reference: "2026-0412", kind: "ticket", status: "answered", priority: "normal", subject: "My new phone number", language: "en",
    createdAt: now - 7_200_000, updatedAt: now - 600_000, unread: true, damaged: false, ...change,
  };
}

export function entryOf(at: number, change: Partial<MessageEntry> = {}): MessageEntry {
  return { number: 1, at, author: "user", language: "en", signed: false, files: [], damaged: false, ...change };
}

export function threadOf(message: Message, change: Partial<MessageThread> = {}): MessageThread {
  const entries = [
    entryOf(message.createdAt, { text: "Good morning,\n\nI have a new number from Monday on. What do I have to do?", files: [{ name: "contract.pdf", type: "application/pdf", size: 91_823 }] }),
    entryOf(message.updatedAt, { number: 2, author: "operator", blocks: deskText }),
  ];
  return { message, languages: [], language: "en", canReply: message.kind === "ticket" && message.status !== "closed", entries, more: false, ...change };
}

function run(text: string, change: Partial<Run> = {}): Run {
  return { text, strong: false, em: false, code: false, ...change };
}

const deskText: readonly Block[] = [
  { kind: "p", runs: [run("Good morning Mara, that is "), run("quickly done", { strong: true }), run(":")] },
  {
    kind: "ol", items: [
      [{ kind: "p", runs: [run("Open the settings in the portal.")] }],
      [{ kind: "p", runs: [run("Type the number with "), run("+49", { code: true }), run(".")] }, { kind: "ul", items: [[{ kind: "p", runs: [run("No spaces are needed.")] }]] }],
    ],
  },
  { kind: "p", runs: [run("All of it stands "), run("in our guide", { link: { href: "https://help.aldermere.example/phone", to: "help.aldermere.example" } }), run(".")] },
  { kind: "quote", blocks: [{ kind: "p", runs: [run("From Monday on")] }] },
  { kind: "code", runs: [run("+49 40 5550 1234")] },
  {
    kind: "table", align: ["", "right"], head: [[run("Service")], [run("From 1 March")]],
    rows: [[[run("Card")], [run("12.00 EUR")]], [[run("Transfer abroad")], [run("0.50 EUR")]]],
  },
];

/** Answers at once, from lists that its owner sets. */
export class PreviewInbox implements Inbox {
  opened: OpenBox | undefined;
  /** By key id. */
  counts: Readonly<Record<string, number>> = {};
  /** What reading leads to, by reference. */
  threads: Readonly<Record<string, MessageThread>> = {};
  /** The whole box. */
  messages: readonly Message[] = [];
  /** What a page has. */
  page = 20;

  /** asked notes a call and throws the fault that is due; told is called after every change. */
  constructor(
    private readonly now: () => number,
    private readonly asked: (call: string) => Promise<void>,
    private readonly told: () => void,
  ) {}

  set(change: { readonly counts?: Readonly<Record<string, number>>; readonly opened?: OpenBox | undefined }): void {
    this.counts = change.counts ?? this.counts;
    if ("opened" in change) this.opened = change.opened;
    this.told();
  }

  unread(keyId: string): number | undefined {
    return this.counts[keyId];
  }

  async open(keyId: string, proof: InboxProof): Promise<void> {
    await this.asked(`inbox.open ${keyId} ${"pin" in proof ? proof.pin : "biometric"}`);
    this.set({ opened: { keyId, until: this.now() + 600_000, query: undefined, messages: [], more: false, thread: undefined } });
  }

  lock(): void {
    void this.asked("inbox.lock").catch(() => undefined);
    this.set({ opened: undefined });
  }

  async list(query: MessageQuery): Promise<void> {
    await this.asked(`inbox.list ${JSON.stringify(query)}`);
    const all = this.#found(query);
    this.#change({ query, messages: all.slice(0, this.page), more: all.length > this.page });
  }

  async more(): Promise<void> {
    await this.asked("inbox.more");
    const box = this.#box();
    const all = this.#found(box.query);
    const length = box.messages.length + this.page;
    this.#change({ messages: all.slice(0, length), more: all.length > length });
  }

  async read(reference: string, language: string): Promise<void> {
    await this.asked(`inbox.read ${reference} ${language}`);
    const thread = this.threads[reference];
    if (thread === undefined) throw new PhoneFault("message.unknown");
    this.#change({ thread: { ...thread, language }, messages: this.#box().messages.map((one) => (one.reference === reference ? { ...one, unread: false } : one)) });
  }

  async readOn(): Promise<void> {
    await this.asked("inbox.readOn");
    const { thread } = this.#box();
    if (thread !== undefined) this.#change({ thread: { ...thread, more: false } });
  }

  async reply(reference: string, text: string): Promise<void> {
    const kept = keptText(text);
    await this.asked(`inbox.reply ${reference} ${kept}`);
    const { thread } = this.#box();
    if (thread === undefined) return;
    const entry = entryOf(this.now(), { number: thread.entries.length + 1, text: kept, signed: true });
    this.#change({ thread: { ...thread, message: { ...thread.message, status: "open" }, entries: [...thread.entries, entry] } });
  }

  async setStatus(reference: string, status: "closed" | "open"): Promise<void> {
    await this.asked(`inbox.setStatus ${reference} ${status}`);
    const { thread } = this.#box();
    if (thread !== undefined) this.#change({ thread: { ...thread, canReply: thread.message.kind === "ticket" && status === "open", message: { ...thread.message, status } } });
  }

  #found(query: MessageQuery | undefined): readonly Message[] {
    const { search = "", kind, status, unread } = query ?? {};
    return this.messages.filter((one) =>
      one.subject.toLowerCase().includes(search.toLowerCase()) && (kind === undefined || one.kind === kind) && (status === undefined || one.status === status) &&
      (unread === undefined || one.unread));
  }

  #box(): OpenBox {
    if (this.opened === undefined) throw new PhoneFault("messages.closed");
    return this.opened;
  }

  #change(change: Partial<OpenBox>): void {
    this.set({ opened: { ...this.#box(), ...change } });
  }
}

/** A box with one of everything. */
export function fillInbox(core: PreviewCore, now: number): void {
  const day = 86_400_000;
  const notice = messageOf(now, { reference: "2026-0415", kind: "security", status: "open", priority: "urgent", subject: "A new phone is active", updatedAt: now - 240_000 });
  const announced = messageOf(now, { reference: "2026-0398", kind: "announcement", status: "open", subject: "Our service desk moves", updatedAt: now - 2 * day, unread: false });
  const closed = messageOf(now, { reference: "2026-0371", subject: "A very long subject about an account statement that did not arrive in the month of September", status: "closed", updatedAt: now - 20 * day, unread: false });
  const account = messageOf(now, { reference: "2026-0366", kind: "account", status: "open", subject: "Your details were checked", updatedAt: now - 24 * day, unread: false });
  const mine = messageOf(now);
  core.inbox.messages = [notice, mine, announced, closed, account];
  core.inbox.threads = {
    [mine.reference]: threadOf(mine),
    [closed.reference]: threadOf(closed),
    [account.reference]: threadOf(account, { entries: [] }),
    [notice.reference]: threadOf(notice, {
      entries: [],
      notice: {
        happened: "Pixel 9 can confirm your sign-ins from now on.", next: "If that was not you, remove this phone now.", at: notice.updatedAt,
        from: "203.0.113.24", with: "Firefox, Windows", phone: "Pixel 9",
      },
    }),
    [announced.reference]: threadOf(announced, { languages: ["de", "en", "ja"], entries: [entryOf(announced.updatedAt, { author: "operator", blocks: deskText })] }),
  };
  core.inbox.set({ counts: { k1: 2, k2: 0, k3: 100 } });
}

/** Prepares one of these scenes; undefined when the screen is none of them. */
export function prepareInbox(screen: string, detail: string, core: PreviewCore, now: number): Route | undefined {
  if (!screen.startsWith("inbox")) return undefined;
  fillInbox(core, now);
  if (detail === "both") core.set({ users: [userOf({ biometric: true })] });
  if (detail === "offline") core.connect(false, now - 600_000);
  if (detail === "wrong") core.fault = new PhoneFault("pin.wrong", { left: 3 });
  if (detail === "empty") core.inbox.messages = [];
  if (detail === "many") core.inbox.page = 2;
  const open = (): void => core.inbox.set({ opened: { keyId: "k1", until: now + 600_000, query: undefined, messages: [], more: false, thread: undefined } });
  switch (screen) {
    case "inbox-home":
      return { screen: "home" };
    case "inbox-whose":
      core.set({ users: [userOf(), userOf({ keyId: "k2", displayName: "Jonas Brandt", name: "jbrandt" }), userOf({ keyId: "k3", displayName: "佐藤 葵", name: "sato" })] });
      return { screen: "messages-user" };
    case "inbox-list":
      open();
      return { screen: "messages", keyId: "k1" };
    case "inbox-read":
      open();
      return { screen: "message", keyId: "k1", id: detail === "" ? "2026-0412" : detail };
    case "inbox-reply":
      open();
      return { screen: "message-reply", keyId: "k1", id: "2026-0412" };
    default:
      return { screen: "messages", keyId: "k1" };
  }
}

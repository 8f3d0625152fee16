import { inspect } from "node:util";
import { compactVerify } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PhoneFault, type Core } from "./contract";
import { openCoreIn } from "./core";
import { BoxPhone, until } from "./fake-box";
import { fault, surroundings } from "./fake-phone";
import { Refusal, type ActiveKey, type FakeServer } from "./fake-server";
import { Live } from "./stream";

const minute = 60_000;

let on: BoxPhone;
let server: FakeServer;
let core: Core;
let key: ActiveKey;

beforeEach(async () => {
  on = await BoxPhone.start();
  ({ server, core, key } = on);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("an answer", () => {
  beforeEach(async () => {
    server.inbox.post(key.user.id, { reference: "2026-0001" });
    await on.open();
    await on.list();
    await on.read("2026-0001");
  });

  test("is cleaned, signed by the key over what is kept, and shown", async () => {
    await core.inbox.reply("2026-0001", "  Thank you!\r\nMara \u202e");
    const [[signature, kept] = ["", undefined]] = [...server.inbox.answers];
    expect(kept).toEqual({ reference: "2026-0001", text: "Thank you!\nMara" });
    const point = await crypto.subtle.importKey("raw", Buffer.from(key.point, "base64url"), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
    const said = JSON.parse(new TextDecoder().decode((await compactVerify(signature, point)).payload)) as object;
    expect(Object.keys(said).sort()).toEqual(["aud", "iat", "key", "reference", "text"]);
    expect(core.inbox.opened?.thread).toMatchObject({ message: { status: "open" }, entries: [{}, { author: "user", signed: true, text: "Thank you!\nMara" }] });
    expect(core.inbox.opened?.messages[0]).toMatchObject({ status: "open" });
  });

  test.each([["", "message.text"], ["\u200b", "message.text"], ["x".repeat(20_001), "message.text_long"]])("of %.5j… is refused before anything is sent", async (text, name) => {
    await expect(core.inbox.reply("2026-0001", text)).rejects.toMatchObject(fault(name));
    expect(on.asked("/messages/reply")).toBe(0);
  });

  test.each(["before", "after"] as const)("whose connection broke %s the server had it is sent again as it was, and is there once", async (when) => {
    const broken = (path: string): void => {
      if (path === "/messages/reply") throw new TypeError("connection");
    };
    if (when === "before") server.before = broken;
    else server.after = (path, answer) => {
      broken(path);
      return answer;
    };
    await expect(core.inbox.reply("2026-0001", "Once")).rejects.toMatchObject(fault("offline"));
    server.before = () => undefined;
    server.after = (_, answer) => answer;
    // Also when the box was closed and opened meanwhile.
    core.inbox.lock();
    await on.open();
    await core.inbox.reply("2026-0001", " Once ");
    const sent = server.bodies.filter(({ path }) => path === "/messages/reply").map(({ text }) => (JSON.parse(text) as { signature: string }).signature);
    expect(new Set(sent).size).toBe(1);
    expect([...server.inbox.answers.values()]).toEqual([{ reference: "2026-0001", text: "Once" }]);
    // The same words once more are another answer.
    await core.inbox.reply("2026-0001", "Once");
    expect(server.inbox.answers.size).toBe(2);
  });

  test("that is refused is signed anew the next time", async () => {
    server.after = (path, answer) => (path === "/messages/reply" ? new Refusal(409, "conflict", "message.full", { Most: 500 }).answer : answer);
    await expect(core.inbox.reply("2026-0001", "One")).rejects.toMatchObject(fault("message.full"));
    server.after = (_, answer) => answer;
    server.now += 1000;
    await core.inbox.reply("2026-0001", "One");
    expect(server.inbox.answers.size).toBe(2);
  });

  test("to what is closed is refused; it can be closed and reopened", async () => {
    await core.inbox.setStatus("2026-0001", "closed");
    expect(core.inbox.opened?.thread).toMatchObject({ canReply: false, message: { status: "closed" } });
    await expect(core.inbox.reply("2026-0001", "x")).rejects.toMatchObject(fault("message.closed"));
    await core.inbox.setStatus("2026-0001", "open");
    expect(core.inbox.opened?.thread).toMatchObject({ canReply: true, message: { status: "open" } });
  });
});

describe("a box closes", () => {
  beforeEach(() => {
    server.inbox.post(key.user.id, { reference: "2026-0001", subject: "Narwhal", entries: [{ number: 1, at: 1, author: "user", language: "en", text: "Narwhal text" }] });
  });

  async function opened(): Promise<void> {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await on.open();
    await on.list();
    await on.read("2026-0001");
  }
  /** Nothing that the message centre holds says anything of what was read. */
  const gone = (): void => {
    expect(core.inbox.opened).toBeUndefined();
    const { api, around, ...held } = core.inbox as unknown as Record<string, unknown>;
    expect([api, around]).not.toContain(undefined);
    expect(inspect(held, { depth: 6 })).not.toMatch(/Narwhal|2026-0001/);
  };

  test("by Lock, which the server and other tabs are told", async () => {
    await opened();
    let told = 0;
    core.on("messages", () => told++);
    core.inbox.lock();
    gone();
    expect(told).toBe(1);
    expect(on.posted).toContainEqual({ type: "shut", keyId: key.keyId });
    vi.useRealTimers();
    await until(() => !server.inbox.open.has(key.keyId));
  });

  test("and stays open when it is opened again at once", async () => {
    await on.open();
    core.inbox.lock();
    await on.open();
    await on.list();
    expect(on.references()).toEqual(["2026-0001"]);
  });

  test("when another tab shut it", async () => {
    await opened();
    on.other({ type: "shut", keyId: "another" });
    expect(core.inbox.opened).toBeDefined();
    on.other({ type: "shut", keyId: key.keyId });
    gone();
  });

  test("after ten minutes", async () => {
    await opened();
    vi.advanceTimersByTime(10 * minute - 1);
    expect(core.inbox.opened).toBeDefined();
    vi.advanceTimersByTime(1);
    gone();
    expect(on.asked("/messages/shut")).toBe(0);
  });

  test("after ten minutes by the clock, where timers stood still", async () => {
    await opened();
    server.now += 10 * minute;
    await expect(on.list()).rejects.toMatchObject(fault("messages.closed"));
    gone();
  });

  test("after more than a minute out of sight, not before", async () => {
    await opened();
    await on.turn("hidden");
    vi.advanceTimersByTime(minute - 1);
    server.now += minute - 1;
    await on.turn("visible");
    expect(core.inbox.opened).toBeDefined();
    vi.advanceTimersByTime(minute);
    expect(core.inbox.opened).toBeDefined();
    await on.turn("hidden");
    vi.advanceTimersByTime(minute);
    gone();
    vi.useRealTimers();
    await until(() => !server.inbox.open.has(key.keyId));
  });

  test("on the way back, when the phone slept for more than a minute", async () => {
    await opened();
    await on.turn("hidden");
    server.now += minute;
    await on.turn("visible");
    gone();
  });

  test("when the server says so", async () => {
    await on.open();
    server.inbox.open.clear();
    await expect(on.list()).rejects.toMatchObject(fault("messages.closed"));
    gone();
  });

  test("and what arrives after that is dropped", async () => {
    await on.open();
    server.after = (path, answer) => {
      if (path === "/messages") core.inbox.lock();
      return answer;
    };
    await expect(on.list()).rejects.toMatchObject(fault("messages.closed"));
    gone();
  });

  test("not when the connection breaks", async () => {
    await on.open();
    await on.list();
    server.before = () => {
      throw new TypeError("connection");
    };
    await expect(on.read("2026-0001")).rejects.toBeInstanceOf(PhoneFault);
    expect(on.references()).toEqual(["2026-0001"]);
  });
});

describe("news", () => {
  /** The stream says that a box changed. */
  const say = (): void => server.streams.at(-1)?.say({ type: "messages" });

  test("of the stream change the count, the list and what is being read, and come to an end", async () => {
    const message = server.inbox.post(key.user.id, { reference: "2026-0001", unread: false });
    const stop = core.live();
    await until(() => server.streams.length === 1);
    await on.open();
    await on.list();
    await on.read("2026-0001");
    Object.assign(message, { unread: true, updatedAt: server.now + 5, entries: [...message.entries, { number: 2, at: server.now, author: "operator", language: "en", text: "News" }] });
    server.inbox.post(key.user.id, { reference: "2026-0002" });
    say();
    await until(() => core.inbox.opened?.thread?.entries.length === 2 && core.inbox.unread(key.keyId) === 1);
    expect(on.references()).toEqual(["2026-0001", "2026-0002"]);
    const reads = on.asked("/messages/read");
    say();
    await until(() => on.asked("/messages/unread") > 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(on.asked("/messages/read")).toBe(reads);
    stop();
  });

  test("read nothing while nobody looks, and are made up for on the way back", async () => {
    const stop = core.live();
    await until(() => server.streams.length === 1);
    await on.open();
    await on.list();
    await on.turn("hidden");
    server.inbox.post(key.user.id, { reference: "2026-0003" });
    const lists = on.asked("/messages");
    say();
    await until(() => core.inbox.unread(key.keyId) === 1);
    expect(on.asked("/messages")).toBe(lists);
    await on.turn("visible");
    await until(() => on.references()?.length === 1);
    stop();
  });

  test("reach the other tabs, which ask for themselves", async () => {
    const heard: string[] = [];
    let tell: (event: { data: unknown }) => void = () => undefined;
    const channel = { postMessage: () => undefined, addEventListener: (_: string, listener: unknown) => (tell = listener as typeof tell) };
    const news = { approvals: () => undefined, keys: () => heard.push("keys"), messages: () => heard.push("messages"), opened: () => undefined };
    new Live({ stream: () => Promise.reject(new Error("no")) }, () => [], news, { locks: undefined, channel, document: undefined, window: undefined });
    tell({ data: { type: "messages" } });
    expect(heard).toEqual(["messages"]);
    const beside = await openCoreIn(surroundings(server, { page: on.page, database: on.database }));
    server.inbox.post(key.user.id, { reference: "2026-0001" });
    on.other({ type: "messages" });
    await until(() => beside.inbox.unread(key.keyId) === 1);
    expect(beside.inbox.opened).toBeUndefined();
  });
});

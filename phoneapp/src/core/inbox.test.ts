import { beforeEach, describe, expect, test } from "vitest";
import type { Core } from "./contract";
import { BoxPhone, until } from "./fake-box";
import { another, fault, goodPin } from "./fake-phone";
import type { ActiveKey, FakeServer } from "./fake-server";

let on: BoxPhone;
let server: FakeServer;
let core: Core;
let key: ActiveKey;

beforeEach(async () => {
  on = await BoxPhone.start();
  ({ server, core, key } = on);
});

describe("the count", () => {
  test("is told per user, without an opening, and again when it changed", async () => {
    const second = await another(server, core, 1);
    server.inbox.post(key.user.id, { reference: "2026-0001" });
    for (let i = 0; i < 120; i++) server.inbox.post(second.user.id, { reference: `2026-1${String(i).padStart(3, "0")}` });
    let told = 0;
    core.on("messages", () => told++);
    expect(core.inbox.unread(key.keyId)).toBeUndefined();
    await core.refresh();
    await until(() => core.inbox.unread(key.keyId) === 1);
    expect(core.inbox.unread(second.keyId)).toBe(100);
    expect(told).toBe(1);
    await core.refresh();
    expect(told).toBe(1);
    expect(core.inbox.opened).toBeUndefined();
  });

  test("of a key that nobody asked about is not believed", async () => {
    server.after = (path, answer) => (path === "/messages/unread" ? { status: 200, body: { now: server.now, unread: { somebody: 3, [key.keyId]: 3 } } } : answer);
    await core.refresh();
    await until(() => on.asked("/messages/unread") > 0);
    expect(core.inbox.unread(key.keyId)).toBeUndefined();
  });

  test("goes with the user", async () => {
    server.inbox.post(key.user.id, { reference: "2026-0001" });
    await core.refresh();
    await until(() => core.inbox.unread(key.keyId) === 1);
    await on.open();
    await core.removeUser(key.keyId);
    expect(core.inbox.unread(key.keyId)).toBeUndefined();
    expect(core.inbox.opened).toBeUndefined();
  });
});

describe("an opening", () => {
  test("is a statement of its own, answered at once by PIN and shown to nobody", async () => {
    await on.open();
    expect(server.decisions).toMatchObject([{ verdict: "yes", factor: "pin", key: key.keyId }]);
    expect(server.inbox.open.has(key.keyId)).toBe(true);
    expect(core.inbox.opened).toEqual({ keyId: key.keyId, until: server.now + 600_000, query: undefined, messages: [], more: false, thread: undefined });
    expect([core.approvals(), core.past()]).toEqual([[], []]);
  });

  test("by biometric asks the sensor for this decision", async () => {
    const finger = await another(server, core, 2, { biometric: true });
    await core.inbox.open(finger.keyId, { biometric: true });
    expect(server.decisions).toMatchObject([{ verdict: "yes", factor: "biometric", key: finger.keyId }]);
    expect(core.inbox.opened?.keyId).toBe(finger.keyId);
  });

  test("with a wrong PIN opens nothing and says how many tries are left", async () => {
    await expect(core.inbox.open(key.keyId, { pin: "8315" })).rejects.toMatchObject(fault("pin.wrong", { left: 4 }));
    expect(core.inbox.opened).toBeUndefined();
    await core.refresh();
    expect(core.approvals()).toEqual([]); // the statement is still open there
  });

  test.each(["sign_in", "test", "pin_check"])("is not made of a statement of kind %s", async (kind) => {
    const jws = await server.statement(key, (s) => Object.assign(s, { kind }));
    server.after = (path, answer) => (path === "/messages/open" ? { ...answer, body: { statement: jws } } : answer);
    await expect(on.open()).rejects.toMatchObject(fault("answer.wrong"));
    expect([server.decisions, core.inbox.opened]).toEqual([[], undefined]);
  });

  test("is not made of another key's statement, nor one for several keys or with a number", async () => {
    const second = await another(server, core, 1);
    const opening = { kind: "messages_open" };
    for (const jws of [
      await server.statement(second, (s) => Object.assign(s, opening)),
      await server.statement(key, (s) => Object.assign(s, opening, { keys: [key.keyId, second.keyId] })),
      await server.statement(key, (s) => Object.assign(s, opening, { number: true })),
      await server.statement(key, (s) => Object.assign(s, opening, { exp: server.now - 1 })),
    ]) {
      server.after = (path, answer) => (path === "/messages/open" ? { ...answer, body: { statement: jws } } : answer);
      await expect(on.open()).rejects.toMatchObject(fault("answer.wrong"));
    }
    expect(server.decisions).toEqual([]);
  });

  test("takes the place of another user's, whose messages go", async () => {
    const second = await another(server, core, 1);
    server.inbox.post(key.user.id, { reference: "2026-0001" });
    await on.open();
    await on.list();
    await core.inbox.open(second.keyId, { pin: goodPin });
    expect(core.inbox.opened).toMatchObject({ keyId: second.keyId, messages: [] });
  });

  test("of a suspended key is refused, and the list of users tells why", async () => {
    key.state = "suspended";
    server.now += 1000;
    await expect(on.open()).rejects.toMatchObject(fault("key.suspended"));
    expect(core.users()[0]).toMatchObject({ state: "suspended" });
    await expect(on.open()).rejects.toMatchObject(fault("key.removed"));
  });
});

describe("a box", () => {
  test("is nobody's before it is opened", async () => {
    for (const call of [on.list(), core.inbox.more(), on.read("2026-0001"), core.inbox.readOn(), core.inbox.reply("2026-0001", "x"), core.inbox.setStatus("2026-0001", "closed")]) {
      await expect(call).rejects.toMatchObject(fault("messages.closed"));
    }
    expect(server.asked.filter((path) => path.startsWith("/messages/r") || path === "/messages")).toEqual([]);
  });

  test("is listed page by page, unread ones first, each message once", async () => {
    server.inbox.page = 2;
    for (let i = 1; i <= 5; i++) server.inbox.post(key.user.id, { reference: `2026-000${i}`, unread: i === 3, updatedAt: server.now + i });
    await on.open();
    await on.list();
    expect(on.references()).toEqual(["2026-0003", "2026-0005"]);
    expect(core.inbox.opened?.more).toBe(true);
    server.inbox.of(key.user.id)[3] = { ...server.inbox.post(key.user.id, { reference: "2026-0009", unread: false, updatedAt: 1 }), reference: "2026-0005" };
    await core.inbox.more();
    await core.inbox.more();
    expect(new Set(on.references()).size).toBe(on.references()?.length);
    expect(core.inbox.unread(key.keyId)).toBe(1);
  });

  test("is searched and narrowed; a search that found nothing yet looks on", async () => {
    server.inbox.post(key.user.id, { reference: "2026-0001", subject: "Green" });
    server.inbox.post(key.user.id, { reference: "2026-0002", subject: "Blue", kind: "security", unread: false });
    await on.open();
    await core.inbox.list({ language: "de", search: "gre", kind: "ticket", status: "answered", unread: true });
    expect(on.references()).toEqual(["2026-0001"]);
    expect(JSON.parse(server.bodies.at(-1)?.text ?? "")).toEqual({ language: "de", search: "gre", kind: "ticket", status: "answered", unread: true });
    let pages = 0;
    server.after = (path, answer) => (path === "/messages" && ++pages < 3 ? { status: 200, body: { now: server.now, unread: 0, messages: [], next: "0" } } : answer);
    await core.inbox.list({ language: "en", kind: "security" });
    expect([pages, on.references()]).toEqual([3, ["2026-0002"]]);
    pages = -9;
    await core.inbox.list({ language: "en" });
    expect([on.references(), core.inbox.opened?.more]).toEqual([[], true]);
  });

  test("of several lists that are on their way shows the last asked for", async () => {
    server.inbox.post(key.user.id, { reference: "2026-0001", subject: "Green" });
    server.inbox.post(key.user.id, { reference: "2026-0002", subject: "Blue" });
    await on.open();
    const first = core.inbox.list({ language: "en", search: "green" });
    const second = core.inbox.list({ language: "en", search: "blue" });
    await Promise.all([first, second]);
    expect(on.references()).toEqual(["2026-0002"]);
    expect(core.inbox.opened?.query?.search).toBe("blue");
  });

  test("is read message by message, entry by entry, and read is read", async () => {
    server.inbox.part = 2;
    const entries = [1, 2, 3].map((number) => ({ number, at: server.now, author: "user", language: "en", text: `Text ${number}` }));
    server.inbox.post(key.user.id, { reference: "2026-0001", entries });
    await on.open();
    await on.list();
    await on.read("2026-0001");
    expect(core.inbox.opened?.thread).toMatchObject({ more: true, entries: [{ text: "Text 1" }, { text: "Text 2" }] });
    expect(core.inbox.opened?.messages[0]?.unread).toBe(false);
    await core.inbox.readOn();
    expect(core.inbox.opened?.thread).toMatchObject({ more: false, entries: [{ number: 1 }, { number: 2 }, { text: "Text 3" }] });
    await until(() => core.inbox.unread(key.keyId) === 0);
  });

  test("has nothing of anybody else's", async () => {
    const second = await another(server, core, 1);
    server.inbox.post(second.user.id, { reference: "2026-0007" });
    server.inbox.post(key.user.id, { reference: "2026-0001" });
    await on.open();
    await expect(on.read("2026-0007")).rejects.toMatchObject(fault("message.unknown"));
    // A server that confuses them is not believed.
    const theirs = await (async () => {
      await server.inbox.answer(second, "/messages/shut", {});
      server.inbox.opened(second.keyId);
      return server.inbox.answer(second, "/messages/read", { reference: "2026-0007" });
    })();
    server.after = (path, answer) => (path === "/messages/read" ? { status: 200, body: theirs } : answer);
    await expect(on.read("2026-0001")).rejects.toMatchObject(fault("answer.wrong"));
    expect(core.inbox.opened?.thread).toBeUndefined();
  });

  test.each(["<html>", '{"now":1}', '{"now":1,"unread":0,"messages":{}}', `{"now":1,"unread":0,"messages":[],"x":"${"y".repeat(300_000)}"}`])("is not made of %.40s", async (body) => {
    await on.open();
    server.after = (path, answer) => (path === "/messages" ? { status: 200, body } : answer);
    await expect(on.list()).rejects.toMatchObject(fault("answer.wrong"));
    expect(core.inbox.opened?.query).toBeUndefined();
  });

  test("takes answers that are longer than any other", async () => {
    const text = "長".repeat(20_000);
    server.inbox.post(key.user.id, { reference: "2026-0001", entries: [1, 2].map((number) => ({ number, at: 1, author: "user", language: "ja", text })) });
    await on.open();
    await on.read("2026-0001");
    expect(core.inbox.opened?.thread?.entries[1]?.text).toBe(text);
  });

  test("keeps nothing in storage", async () => {
    server.inbox.post(key.user.id, { reference: "2026-0001", subject: "Narwhal", entries: [{ number: 1, at: 1, author: "user", language: "en", text: "Narwhal text" }] });
    await on.open();
    await on.list();
    await on.read("2026-0001");
    await core.inbox.reply("2026-0001", "Narwhal answer");
    const db = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(on.database);
      request.onsuccess = () => resolve(request.result);
    });
    for (const name of Array.from(db.objectStoreNames)) {
      const all = await new Promise<unknown>((resolve) => {
        const request = db.transaction(name).objectStore(name).getAll();
        request.onsuccess = () => resolve(request.result);
      });
      expect(JSON.stringify(all)).not.toMatch(/Narwhal|2026-0001/);
    }
    db.close();
  });
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import { newId } from "./bytes";
import type { Core } from "./contract";
import { openCoreIn } from "./core";
import { activated, another, surroundings } from "./fake-phone";
import { FakeServer, Refusal, signingPair, type ActiveKey } from "./fake-server";
import { Store } from "./store";
import type { Surroundings } from "./surroundings";

let server: FakeServer;
let here: Surroundings;
let core: Core;
let key: ActiveKey;
beforeEach(async () => {
  server = await FakeServer.start();
  here = surroundings(server);
  ({ core, key } = await activated(server, here));
});

/** A request that ran out so many minutes ago. change may spoil its statement. */
async function ranOut(minutes: number, change: (s: Record<string, unknown>) => void = () => undefined, by = key, secret?: CryptoKey): Promise<string> {
  const id = newId();
  const jws = await server.statement(by, (s) => {
    Object.assign(s, { id, iat: server.now - minutes * 60_000 - 180_000, exp: server.now - minutes * 60_000 });
    change(s);
  }, secret === undefined ? {} : { secret });
  server.open.delete(id);
  server.delivery.missed.push(jws);
  return id;
}

const missed = (phone = core): string[] => phone.missed().map(({ id }) => id);
const lists = async (expected: readonly string[], phone = core): Promise<void> => vi.waitFor(() => expect(missed(phone)).toEqual(expected));

describe("missed requests", () => {
  test("are told newest first, with when and from where", async () => {
    const older = await ranOut(90);
    const newer = await ranOut(10);
    let events = 0;
    core.on("missed", () => events++);
    await core.refresh();
    await lists([newer, older]);
    expect(events).toBe(1);
    expect(core.missed()[0]).toEqual({
      id: newer, keyId: key.keyId, kind: "sign_in", app: "Aldermere Client Portal", who: "Mara Lindqvist", address: "203.0.113.24", with: "Firefox on Windows", known: false,
      issuedAt: server.now - 780_000, endedAt: server.now - 600_000,
    });
    await core.refresh();
    await lists([newer, older]);
    expect(events).toBe(1);
  });

  test("of an application's text are told with the text", async () => {
    const text = "Pay 250.00 EUR to Anna Weber";
    const id = await ranOut(10, (s) => Object.assign(s, { kind: "confirm", app: "Aldermere Till", text }));
    await core.refresh();
    await lists([id]);
    expect(core.missed()[0]).toMatchObject({ kind: "confirm", app: "Aldermere Till", text });
  });

  test("are asked for when the app begins to listen, without anybody's touch", async () => {
    const id = await ranOut(10);
    const close = core.live();
    await lists([id]);
    close();
  });

  test("that were taken away do not come back by a list that was on its way", async () => {
    const id = await ranOut(10);
    await core.refresh();
    await lists([id]);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let asked = false;
    const read: Store["setting"] = Reflect.get(Store.prototype, "setting");
    vi.spyOn(Store.prototype, "setting").mockImplementation(async function (this: Store, name) {
      const value = await read.call(this, name);
      if (name === "dismissed") {
        asked = true;
        await held; // it was read before the person took something away, and counts after
      }
      return value;
    });
    const other = await ranOut(20);
    await core.refresh();
    await vi.waitFor(() => expect(asked).toBe(true));
    await core.dismissMissed([id]);
    letGo();
    await vi.waitFor(() => expect(missed()).toContain(other));
    expect(missed()).toEqual([other]);
    vi.restoreAllMocks();
  });

  test("tell times by this phone's own clock", async () => {
    await ranOut(10);
    const slow = await openCoreIn({ ...here, wall: () => server.now - 300_000 });
    await slow.refresh();
    await vi.waitFor(() => expect(slow.missed().length).toBe(1));
    await slow.refresh(); // the clock is measured by now
    expect(slow.missed()[0]?.endedAt).toBe(server.now - 900_000);
  });

  test("of every user are told, and of a user who went none", async () => {
    const other = await another(server, core, 1);
    const mine = await ranOut(20);
    const theirs = await ranOut(10, undefined, other);
    await core.refresh();
    await lists([theirs, mine]);
    await core.removeUser(other.keyId);
    expect(missed()).toEqual([mine]);
  });

  test("are asked for when an open request runs out", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const id = newId();
    const jws = await server.statement(key, (s) => Object.assign(s, { id, exp: server.now + 1000 }));
    await core.refresh();
    expect(core.approvals().length).toBe(1);
    server.now += 1001;
    server.open.delete(id);
    server.delivery.missed.push(jws);
    await vi.advanceTimersByTimeAsync(1001);
    expect(core.approvals()).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    vi.useRealTimers();
    await lists([id]);
  });

  test("that were taken off the list stay off it, after a restart too", async () => {
    const [older, newer] = [await ranOut(90), await ranOut(10)];
    await core.refresh();
    await lists([newer, older]);
    await core.dismissMissed([newer]);
    expect(missed()).toEqual([older]);
    await core.refresh();
    const again = await openCoreIn(here);
    await again.refresh();
    await lists([older], again);
    await lists([older]);
  });
});

describe("nothing is told", () => {
  test.each([
    ["another phone was asked", (s: Record<string, unknown>) => { s["keys"] = [newId()]; }],
    ["another user was asked", (s: Record<string, unknown>) => { s["user"] = newId(); }],
    ["it is open still", (s: Record<string, unknown>) => { s["exp"] = server.now + 60_000; }],
    ["nobody but its asker waited for it", (s: Record<string, unknown>) => { s["kind"] = "password_change"; }],
    ["its name hides other letters", (s: Record<string, unknown>) => { s["app"] = "Portal\u202egnp.exe"; }],
  ] as const)("when %s", async (_, spoil) => {
    await ranOut(10, spoil);
    const good = await ranOut(20);
    await core.refresh();
    await lists([good]);
  });

  test("when another key signed it, and the rest is", async () => {
    await ranOut(10, undefined, key, (await signingPair()).secret);
    const good = await ranOut(20);
    await core.refresh();
    await lists([good]);
  });

  test("beyond twenty, and twice", async () => {
    const ids: string[] = [];
    for (let i = 1; i <= 22; i++) ids.push(await ranOut(i));
    server.delivery.missed.splice(1, 0, server.delivery.missed[0] ?? "");
    await core.refresh();
    await lists(ids.slice(0, 19));
  });

  test.each([new Refusal(404, "not_found", "not_found").answer, { status: 200, body: "<html>" }, { status: 200, body: { now: 1, statements: "x" } }, { status: 200, body: { now: 1, statements: ["x".repeat(50_000)] } }])("where the server does not know or says nonsense, and requests come all the same: %#", async (answer) => {
    server.after = (path, given) => (path === "/approvals/missed" ? answer : given);
    await server.statement(key);
    await core.refresh();
    expect([core.approvals().length, core.missed()]).toEqual([1, []]);
  });

  test("by a server that never answers, and requests come all the same", async () => {
    const { fetch } = server;
    const hangs = await openCoreIn({ ...here, fetch: (input, init) => ((input as string).endsWith("/missed") ? new Promise(() => undefined) : fetch(input, init)) });
    await server.statement(key);
    await hangs.refresh();
    expect([hangs.approvals().length, hangs.missed()]).toEqual([1, []]);
  });
});

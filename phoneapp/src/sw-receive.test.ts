import { beforeEach, describe, expect, test, vi } from "vitest";
import { newId } from "./core/bytes";
import type { Core } from "./core/contract";
import { activated, another, surroundings } from "./core/fake-phone";
import { FakeServer, origin, Refusal, signingPair, type ActiveKey } from "./core/fake-server";
import { Store } from "./core/store";
import type { Surroundings } from "./core/surroundings";
import { receive, type Pushed } from "./sw/receive";

let server: FakeServer;
let here: Surroundings;
let core: Core;
let key: ActiveKey;
const id = newId();
beforeEach(async () => {
  server = await FakeServer.start();
  here = surroundings(server);
  ({ core, key } = await activated(server, here));
});

const pauses: number[] = [];
const pause = (ms: number): Promise<void> => Promise.resolve(void pauses.push(ms));

/** What the worker finds of a push. */
async function received(which: string, change: Partial<Parameters<typeof receive>[1]> = {}): Promise<Pushed | undefined> {
  let found: Pushed | undefined;
  pauses.length = 0;
  await receive(which, { origin, request: server.fetch, wall: here.wall, pause, database: here.database, ...change }, (what) => (found = what));
  return found;
}

describe("a push that arrived", () => {
  test("is told to the server, signed by the key that the request asks", async () => {
    const other = await another(server, core, 1);
    await server.statement(key, (s) => (s["id"] = newId()));
    await server.statement(other, (s) => (s["id"] = id));
    expect(await received(id)).toBe("waiting");
    expect(server.delivery.seen).toEqual([`${id} received`]);
    expect(server.asked.slice(-2)).toEqual(["/approvals", `/approvals/${id}/seen`]);
  });

  test("is not told again by the app that opens after it", async () => {
    await server.statement(key, (s) => (s["id"] = id));
    await received(id);
    await core.refresh();
    await vi.waitFor(() => expect(core.approvals().map((one) => one.id)).toEqual([id]));
    const [approval] = core.approvals();
    if (approval) core.seen(approval, "opened");
    await vi.waitFor(() => expect(server.delivery.seen).toEqual([`${id} received`, `${id} opened`]));
  });

  test("of a test of notifications is its receipt, and no request for anybody", async () => {
    server.push = (await signingPair()).point;
    await server.statement(key, (s) => Object.assign(s, { id, kind: "push_test" }));
    expect(await received(id)).toBe("test");
    expect(server.delivery.seen).toEqual([`${id} received`]);
    await core.refresh();
    expect(core.approvals()).toEqual([]);
  });

  test("of a phone whose clock is ten minutes off is told all the same", async () => {
    const store = await Store.open(here.database);
    await store.set("skew", 0);
    store.close();
    await server.statement(key, (s) => (s["id"] = id));
    expect(await received(id, { wall: () => server.now - 600_000 })).toBe("waiting");
    expect(server.delivery.seen).toEqual([`${id} received`]);
  });
});

describe("a push is of nothing that is open", () => {
  test("when its request has ended", async () => {
    expect([await received(id), server.delivery.seen]).toEqual(["over", []]);
  });

  test.each([
    ["another server's key signed it", async () => ({ by: { secret: (await signingPair()).secret } })],
    ["another phone is asked", () => Promise.resolve({ change: (s: Record<string, unknown>) => (s["keys"] = [newId()]) })],
    ["another user is asked", () => Promise.resolve({ change: (s: Record<string, unknown>) => (s["user"] = newId()) })],
    ["it has ended", () => Promise.resolve({ change: (s: Record<string, unknown>) => (s["exp"] = server.now - 1) })],
    ["it asks for what is never shown", () => Promise.resolve({ change: (s: Record<string, unknown>) => (s["kind"] = "pin_check") })],
    ["it asks for what nobody knows", () => Promise.resolve({ change: (s: Record<string, unknown>) => (s["kind"] = "give_money") })],
  ] as [string, () => Promise<{ by?: { secret: CryptoKey }; change?: (s: Record<string, unknown>) => unknown }>][])("when %s", async (_, spoil) => {
    const { by, change } = await spoil();
    await server.statement(key, (s) => {
      s["id"] = id;
      change?.(s);
    }, by);
    expect([await received(id), server.delivery.seen]).toEqual(["over", []]);
  });
});

describe("a push that cannot be asked for", () => {
  test("tells nothing on a phone without a user, and asks nobody", async () => {
    const before = server.asked.length;
    expect(await received(id, { database: "another" })).toBeUndefined();
    expect(server.asked.length).toBe(before);
  });

  test("is tried again while there is no network, and told when it is back", async () => {
    await server.statement(key, (s) => (s["id"] = id));
    let breaks = 2;
    server.before = () => {
      if (breaks-- > 0) throw new TypeError("no network");
    };
    expect(await received(id)).toBe("waiting");
    expect([pauses, server.delivery.seen]).toEqual([[1000, 3000], [`${id} received`]]);
  });

  test("is given up after a while, and the server's no is not asked for twice", async () => {
    server.before = () => { throw new TypeError("no network"); };
    await expect(received(id)).rejects.toMatchObject({ key: "offline" });
    expect(pauses).toEqual([1000, 3000, 8000]);
    server.before = () => undefined;
    server.after = () => new Refusal(401, "unauthenticated", "proof.wrong").answer;
    await expect(received(id)).rejects.toMatchObject({ key: "proof.wrong" });
    expect(pauses).toEqual([]);
  });

  test("of a request that is found but not taken note of is waiting still", async () => {
    await server.statement(key, (s) => (s["id"] = id));
    server.after = (path, answer) => (path.endsWith("/seen") ? new Refusal(429, "limited", "user.slow").answer : answer);
    let found: Pushed | undefined;
    const around = { origin, request: server.fetch, wall: here.wall, pause, database: here.database };
    await expect(receive(id, around, (what) => (found = what))).rejects.toMatchObject({ key: "user.slow" });
    expect(found).toBe("waiting");
  });
});

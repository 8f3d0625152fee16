import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openCoreIn } from "./core";
import { activated, code, fault, goodPin, surroundings } from "./fake-phone";
import { FakeServer, origin } from "./fake-server";
import { openCore } from "./open";
import { posture } from "./posture";

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.start();
});

const secondCode = "00010002000300040005";

describe("several users on one phone", () => {
  test("each see what is for them, and decide with their own key", async () => {
    const here = surroundings(server);
    const { core, key: mara } = await activated(server, here);
    server.now += 1000;
    await server.activation(secondCode, (offer) => Object.assign(offer["user"] as object, { name: "jun.sato" }));
    const jun = await core.activate(await core.lookup(secondCode), { pin: "8315", biometric: false, phoneName: "Pixel 8" });
    expect(core.users().map((user) => user.name)).toEqual(["mara.lindqvist", "jun.sato"]);
    expect(server.keys.get(jun.keyId)?.message).toHaveProperty("phone.id", (mara.message["phone"] as { id: string }).id);

    await server.statement(mara);
    await core.refresh();
    expect(core.approvals()).toMatchObject([{ keyId: mara.keyId }]);
    const [approval] = core.approvals();
    if (!approval) throw new Error("nothing is shown");
    await expect(core.approve(approval, { pin: "8315" })).rejects.toMatchObject(fault("pin.wrong"));
    await expect(core.approve(approval, { pin: goodPin })).resolves.toMatchObject({ state: "approved" });
  });

  test("learn that one of them was removed elsewhere", async () => {
    const { core, key } = await activated(server);
    key.state = "removed";
    await core.refresh();
    expect(core.users()).toMatchObject([{ state: "removed" }]);
    server.asked.length = 0;
    await core.refresh();
    expect(server.asked).toEqual([]);
  });

  test("learn that one of them was suspended by the wrong PIN", async () => {
    const { core, key } = await activated(server);
    await server.statement(key);
    await core.refresh();
    const [approval] = core.approvals();
    if (!approval) throw new Error("nothing is shown");
    server.after = (path, answer) => {
      if (!path.endsWith("/decision")) return answer;
      key.state = "suspended";
      return { status: 403, body: { error: { kind: "refused", key: "key.suspended", message: "x" } } };
    };
    await expect(core.approve(approval, { pin: "0000" })).rejects.toMatchObject(fault("key.suspended"));
    expect(core.users()).toMatchObject([{ state: "suspended" }]);
  });
});

test("a phone with nobody active finds out that the server is back", async () => {
  let away = true;
  const asked: string[] = [];
  const fetch: typeof server.fetch = async (...request) => {
    asked.push(request[1]?.method ?? "GET");
    return away ? Promise.reject(new TypeError("no network")) : server.fetch(...request);
  };
  const core = await openCoreIn(surroundings(server, { fetch }));
  await core.refresh();
  expect(asked).toEqual([]); // online as far as it knows, and nobody to ask for
  await expect(core.lookup(code)).rejects.toMatchObject(fault("offline"));
  const told = vi.fn();
  core.on("online", told);
  await expect(core.refresh()).rejects.toMatchObject(fault("offline"));
  expect([core.online, told.mock.calls.length]).toEqual([false, 0]);
  away = false;
  await core.refresh();
  expect([core.online, told.mock.calls.length]).toEqual([true, 1]);
});

describe("a receipt of the moment", () => {
  test("that is older than what is known is a replay and changes nothing", async () => {
    server.firstState = "confirm";
    const here = surroundings(server);
    const { core, key } = await activated(server, here);
    const old = { receipt: await server.receipt(key) };
    key.state = "active";
    server.now += 1000;
    await core.refresh();
    expect(core.users()).toMatchObject([{ state: "active" }]);

    const replayed = await openCoreIn(here);
    server.after = (path, answer) => (path === "/key" ? { ...answer, body: old } : answer);
    await replayed.refresh();
    expect(server.asked.filter((path) => path === "/key")).toHaveLength(2);
    expect(replayed.users()).toMatchObject([{ state: "active" }]);
  });
});

describe("tabs", () => {
  test("know of each other's users and decisions", async () => {
    const bus = (): BroadcastChannel => new BroadcastChannel("tabs");
    const channels = [bus(), bus()] as const;
    const page = { locks: undefined, document: undefined, window: undefined };
    const here = surroundings(server);
    const first = await openCoreIn({ ...here, page: { ...page, channel: channels[0] } });
    const second = await openCoreIn({ ...here, page: { ...page, channel: channels[1] } });
    const told = new Promise<void>((resolve) => second.on("users", resolve));
    await server.activation(code);
    await first.activate(await first.lookup(code), { pin: goodPin, biometric: false, phoneName: "x" });
    await told;
    expect(second.users()).toEqual(first.users());
    for (const channel of channels) channel.close();
  });
});

describe("the stream's list", () => {
  test("adds to what was found by asking, and what it lacks is asked for", async () => {
    const bus = Object.assign(new EventTarget(), { postMessage: () => undefined });
    const page = { locks: undefined, document: undefined, window: undefined, channel: bus as unknown as BroadcastChannel };
    const { core, key } = await activated(server, { page });
    const quiet = await server.statement(key);
    await core.refresh();
    const [found] = core.approvals();
    const loud = await server.statement(key, (statement) => (statement["app"] = "Loud"));
    const say = async (...statements: string[]): Promise<void> => {
      const before = server.asked.filter((path) => path === "/approvals").length;
      bus.dispatchEvent(new MessageEvent("message", { data: { type: "approvals", now: server.now, statements } }));
      await vi.waitFor(() => {
        expect(server.asked.filter((path) => path === "/approvals").length).toBeGreaterThan(before);
      });
    };
    await say(loud);
    await vi.waitFor(() => {
      expect(core.approvals().map((one) => one.app).sort()).toEqual(["Aldermere Client Portal", "Loud"]);
    });
    expect(core.approvals()).toContain(found);

    for (const [id, one] of server.open) if (one.jws === quiet) server.open.delete(id);
    await say(loud);
    await vi.waitFor(() => {
      expect(core.approvals().map((one) => one.app)).toEqual(["Loud"]);
    });
  });
});

test("a request whose statement was signed anew, as for a code, is one request still", async () => {
  const bus = Object.assign(new EventTarget(), { postMessage: () => undefined });
  const page = { locks: undefined, document: undefined, window: undefined, channel: bus as unknown as BroadcastChannel };
  const { core, key } = await activated(server, { page });
  const first = await server.statement(key, (statement) => (statement["id"] = "AAAAAAAAAAAAAAAAAAAAAA"));
  const say = (...statements: string[]): void => {
    bus.dispatchEvent(new MessageEvent("message", { data: { type: "approvals", now: server.now, statements } }));
  };
  say(first);
  await vi.waitFor(() => expect(core.approvals()).toHaveLength(1));
  const [before] = core.approvals();
  const most: number[] = [];
  core.on("approvals", () => most.push(core.approvals().length));
  server.open.clear();
  const anew = await server.statement(key, (statement) => Object.assign(statement, { id: "AAAAAAAAAAAAAAAAAAAAAA", challenge: "314159", exp: server.now + 300_000 }));
  say(anew);
  await vi.waitFor(() => expect(core.approvals()[0]?.expiresAt).toBeGreaterThan(before?.expiresAt ?? 0));
  await core.refresh();
  expect([core.approvals().length, Math.max(...most)]).toEqual([1, 1]);
});

describe("a request beyond the budget", () => {
  test("is found by asking, which wakes nobody, whatever made the app ask", async () => {
    const bus = Object.assign(new EventTarget(), { postMessage: () => undefined });
    const page = { locks: undefined, document: undefined, window: undefined, channel: bus as unknown as BroadcastChannel };
    const { core, key } = await activated(server, { page });
    const say = (...statements: string[]): void => {
      bus.dispatchEvent(new MessageEvent("message", { data: { type: "approvals", now: server.now, statements } }));
    };
    const apps = (woke: boolean): string[] => core.approvals().filter(({ id }) => core.woke(id) === woke).map(({ app }) => app);
    const loud = await server.statement(key, (statement) => (statement["app"] = "Loud"));
    say(loud);
    await vi.waitFor(() => expect(apps(true)).toEqual(["Loud"]));

    // Its statement is signed anew, and the app asks what became of the one that it has: that brings the quiet one.
    const quiet = await server.statement(key, (statement) => (statement["app"] = "Quiet"));
    for (const [id, one] of server.open) if (one.jws === loud) server.open.delete(id);
    const anew = await server.statement(key, (statement) => (statement["app"] = "Loud"));
    say(anew);
    await vi.waitFor(() => expect(apps(false)).toEqual(["Quiet"]));
    expect(apps(true)).toEqual(["Loud"]);

    let told = 0;
    core.on("approvals", () => told++);
    say(anew, quiet); // room in the budget, and nothing in the list has changed
    await vi.waitFor(() => expect([apps(true).sort(), told]).toEqual([["Loud", "Quiet"], 1]));
  });
});

describe("a browser", () => {
  beforeEach(() => {
    vi.stubGlobal("location", new URL(`${origin}/`));
    vi.stubGlobal("document", new EventTarget());
    vi.stubGlobal("window", new EventTarget());
    vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 (Linux; Android 14; Pixel 8)", maxTouchPoints: 5, onLine: true });
    vi.stubGlobal("fetch", server.fetch);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  const how = { pin: goodPin, biometric: false, phoneName: "x" };

  test("is the surroundings of a phone", async () => {
    server.now = Date.now();
    await server.activation(code);
    const core = await openCore();
    const { keyId } = await core.activate(await core.lookup(code), how);
    expect(server.keys.get(keyId)?.message["phone"]).toMatchObject({ platform: "android", osVersion: "14" });
    expect(server.keys.get(keyId)?.message["phone"]).not.toHaveProperty("rooted");
  });

  test("may be played to be another phone, with another connection, clock and storage", async () => {
    await server.activation(code);
    let asked = 0;
    const core = await openCore({
      database: "played",
      wall: () => server.now,
      fetch: async (input, init) => {
        asked++;
        return server.fetch(input, init);
      },
      posture: async () => ({ ...(await posture()), platform: "ios", osVersion: "10.3", rooted: true, screenLock: false }),
    });
    const { keyId } = await core.activate(await core.lookup(code), how);
    expect(server.keys.get(keyId)?.message["phone"]).toMatchObject({ platform: "ios", osVersion: "10.3", rooted: true, screenLock: false });
    expect(asked).toBe(server.asked.length);
    expect(asked).toBeGreaterThan(1);
  });
});

test("an approval is taken from the list when its time is over", async () => {
  const { core, key } = await activated(server);
  await server.statement(key, (statement) => (statement["exp"] = server.now + 20));
  await core.refresh();
  expect(core.approvals()).toHaveLength(1);
  const gone = new Promise<void>((resolve) => core.on("approvals", resolve));
  server.now += 21;
  await gone;
  expect(core.approvals()).toEqual([]);
});

test("listeners are called until they stop listening", async () => {
  const core = await openCoreIn(surroundings(server));
  let told = 0;
  const stop = core.on("users", () => told++);
  await server.activation(code);
  await core.activate(await core.lookup(code), { pin: goodPin, biometric: false, phoneName: "x" });
  expect(told).toBe(1);
  stop();
  await core.removeUser(core.users()[0]?.keyId ?? "");
  expect(told).toBe(1);
});

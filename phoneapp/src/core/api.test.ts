import { beforeEach, describe, expect, test } from "vitest";
import { Api, givenUp } from "./api";
import { Clock } from "./clock";
import { activated, fault } from "./fake-phone";
import { FakeServer, origin, Refusal } from "./fake-server";
import { openCoreIn } from "./core";
import { surroundings } from "./fake-phone";

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.start();
});

describe("the clock", () => {
  test("of a phone that is an hour slow is corrected from the start", async () => {
    const { core, key } = await activated(server, { wall: () => server.now - 3_600_000 });
    await server.statement(key);
    await core.refresh();
    expect(core.approvals()).toHaveLength(1);
    expect(Math.abs(Number(key.message["iat"]) - server.now)).toBeLessThan(1000);
  });

  test("that was wrong by a little is measured again without a word", async () => {
    let skew = 0;
    const { core } = await activated(server, { wall: () => server.now + skew });
    skew = -90_000;
    server.asked.length = 0;
    await core.server();
    await core.refresh();
    expect(server.asked.filter((path) => path === "/approvals")).toHaveLength(1);
  });

  test("that jumped is told to the person, and works at the next try", async () => {
    let skew = 0;
    const { core, user } = await activated(server, { wall: () => server.now + skew });
    skew = -7 * 60_000;
    const removed = core.removeUser(user.keyId);
    await expect(removed).rejects.toMatchObject(fault("clock", { minutes: 7, direction: "slow" }));
    expect(core.users()).toHaveLength(1);
    await core.removeUser(user.keyId);
    expect(core.users()).toEqual([]);
  });

  test("that was wrong and is right again is nobody's business", async () => {
    let skew = -7 * 60_000;
    const { core, user } = await activated(server, { wall: () => server.now + skew });
    skew = 0;
    await core.removeUser(user.keyId);
    expect(core.users()).toEqual([]);
  });

  test("is given up on when the server keeps saying no", async () => {
    const { core, user } = await activated(server);
    server.after = (path, answer) =>
      path === "/key/remove" ? new Refusal(401, "unauthenticated", "proof.time", { now: server.now }).answer : answer;
    await expect(core.removeUser(user.keyId)).rejects.toMatchObject(fault("clock"));
    expect(server.asked.filter((path) => path === "/key/remove")).toHaveLength(2);
  });
});

test.each([[givenUp, []], ["the server is silent", [false]]] as const)("a stream that ends because %s tells %j of the connection", async (reason, told) => {
  let send = (): void => undefined;
  const sent = new Promise<void>((resolve) => { send = resolve; });
  const never: typeof server.fetch = async (_, { signal } = {}) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      send();
    });
  const api = new Api(origin, new Clock(() => server.now), never);
  const heard: boolean[] = [];
  api.reached = (online) => heard.push(online);
  const attempt = new AbortController();
  const opened = api.stream([], attempt.signal);
  await sent;
  attempt.abort(reason);
  await expect(opened).rejects.toMatchObject(fault("offline"));
  expect(heard).toEqual(told);
});

describe("an answer", () => {
  async function ask(answer: Response | Error): Promise<unknown> {
    const core = await openCoreIn(
      surroundings(server, {
        fetch: async () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
      }),
    );
    return core.server();
  }
  const json = { "Content-Type": "application/json; charset=utf-8" };

  test("that never came is offline", async () => {
    await expect(ask(new TypeError("failed to fetch"))).rejects.toMatchObject(fault("offline"));
  });

  test("by a page of the network in between is offline", async () => {
    await expect(ask(new Response("<h1>Welcome</h1>", { headers: { "Content-Type": "text/html" } }))).rejects.toMatchObject(fault("offline"));
  });

  test("by a proxy whose server is away is unavailable", async () => {
    await expect(ask(new Response("Bad Gateway", { status: 502 }))).rejects.toMatchObject(fault("unavailable"));
  });

  test("that says no carries its key and what its sentence needs", async () => {
    const body = { error: { kind: "limited", key: "activation.slow_down", args: { seconds: 30, list: [] }, message: "x" } };
    await expect(ask(new Response(JSON.stringify(body), { status: 429, headers: { ...json, "Retry-After": "30" } }))).rejects.toMatchObject({
      key: "activation.slow_down",
      args: { seconds: 30 },
      retryAfter: 30_000,
    });
  });

  test.each([
    ["no JSON", "{"],
    ["a member twice", '{"error":{},"error":{}}'],
    ["a member that is not known", '{"id":"x","surprise":1}'],
    ["too much", `{"id":"${"x".repeat(70_000)}"}`],
  ])("with %s is wrong", async (_, text) => {
    await expect(ask(new Response(text, { headers: json }))).rejects.toThrow();
  });
});

test("requests carry neither cookies nor the code, and follow no redirect", async () => {
  const seen: (RequestInit | undefined)[] = [];
  const { core } = await activated(server, {
    fetch: async (input, init) => {
      seen.push(init);
      return server.fetch(input, init);
    },
  });
  await core.refresh();
  expect(seen.length).toBeGreaterThan(3);
  for (const init of seen) expect(init).toMatchObject({ credentials: "omit", redirect: "error", cache: "no-store" });
  expect(server.bodies.map((one) => one.text).join()).not.toMatch(/7K29QXD3V5TBW8N|7K2S9QXN/i);
});

test("the server's name is known at an offline start", async () => {
  const here = surroundings(server);
  const first = await openCoreIn(here);
  expect((await first.server()).name).toBe("Aldermere");
  server.before = () => {
    throw new TypeError("connection");
  };
  const second = await openCoreIn(here);
  expect((await second.server()).operator).toBe("Aldermere Bank");
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openCoreIn } from "./core";
import type { Core } from "./contract";
import { activated, another, surroundings } from "./fake-phone";
import { FakePush } from "./fake-push";
import { FakeServer, Refusal, signingPair, type ActiveKey } from "./fake-server";
import { pushPatience, pushSentFor } from "./push";
import type { Surroundings } from "./surroundings";

let server: FakeServer;
let push: FakePush;
let here: Surroundings;
beforeEach(async () => {
  server = await FakeServer.start();
  server.push = (await signingPair()).point;
  push = new FakePush();
  here = surroundings(server, { push });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const handedOver = (): number => server.asked.filter((path) => path === "/push/subscribe").length;

/** A phone with one user and a subscription that the server has. */
async function reached(): Promise<{ core: Core; key: ActiveKey }> {
  const { core, key } = await activated(server, here);
  await core.subscribe();
  expect([core.push, key.push]).toEqual(["on", push.handed]);
  return { core, key };
}

describe("a phone where notifications are allowed", () => {
  test("is subscribed under the server's key for its first user by itself, and tells so", async () => {
    await server.activation("7k2s 9qxn-d3vk 5tbv-w8n4");
    const core = await openCoreIn(here);
    const states: string[] = [];
    core.on("push", () => states.push(core.push));
    expect(core.push).toBe("off");
    const { keyId } = await core.activate(await core.lookup("7k2s 9qxn-d3vk 5tbv-w8n4"), { pin: "7294", biometric: false, phoneName: "x" });
    await vi.waitFor(() => expect(states).toEqual(["on"]));
    expect(push.subscription?.key).toBe(server.push);
    expect(server.keys.get(keyId)?.push).toEqual(push.handed);
  });

  test("hands its one subscription over for a user who comes later, and for that one alone", async () => {
    const { core } = await reached();
    const key = await another(server, core, 1);
    await vi.waitFor(() => expect(key.push).toEqual(push.handed));
    expect([push.made, handedOver()]).toEqual([1, 2]);
  });

  test("says on at the next start, even without a network, and hands nothing over again", async () => {
    await reached();
    const core = await openCoreIn({ ...here, fetch: () => Promise.reject(new TypeError("no network")) });
    await vi.waitFor(() => expect(core.push).toBe("on"));
    await core.subscribe();
    const online = await openCoreIn(here);
    await online.subscribe();
    expect([core.push, online.push, handedOver()]).toEqual(["on", "on", 1]);
  });

  test("hands over a subscription that the browser renewed", async () => {
    const { key } = await reached();
    push.subscription = undefined;
    const core = await openCoreIn(here);
    await core.subscribe();
    expect([push.made, key.push, core.push]).toEqual([2, push.handed, "on"]);
  });

  test("hands the same one over again after a day, as the server may have given it up", async () => {
    const { core, key } = await reached();
    key.push = undefined;
    server.now += pushSentFor - 1;
    await core.subscribe();
    expect(key.push).toBeUndefined();
    server.now += 1;
    await core.subscribe();
    expect(key.push).toEqual(push.handed);
  });

  test.each([true, false])("subscribes anew when the server has another key (the browser tells the key of now: %s)", async (tells) => {
    const { key } = await reached();
    push.tells = tells;
    server.push = (await signingPair()).point;
    const core = await openCoreIn(here);
    await core.subscribe();
    expect([push.made, push.subscription?.key, core.push]).toEqual([2, server.push, "on"]);
    expect(key.push).toEqual(push.handed);
  });

  test("takes its subscription back when the last user goes", async () => {
    const { core, key } = await reached();
    await core.removeUser(key.keyId);
    await vi.waitFor(() => expect([push.subscription, core.push]).toEqual([undefined, "off"]));
  });

  test("keeps it for the others when one user goes", async () => {
    const { core, key } = await reached();
    const other = await another(server, core, 1);
    await core.subscribe();
    await core.removeUser(key.keyId);
    await core.subscribe();
    expect([other.push, core.push]).toEqual([push.handed, "on"]);
  });

  test("takes it back when it is told to, for every user", async () => {
    const { core, key } = await reached();
    const other = await another(server, core, 1);
    await core.subscribe();
    await core.unsubscribe();
    expect([push.subscription, key.push, other.push, core.push]).toEqual([undefined, undefined, undefined, "off"]);
    await core.subscribe();
    expect([key.push, other.push]).toEqual([push.handed, push.handed]);
  });
});

describe("a phone where notifications are not allowed", () => {
  test.each(["prompt", "denied"] as const)("subscribes nobody: %s", async (permission) => {
    push.allowed = permission;
    const { core, key } = await activated(server, here);
    await core.subscribe();
    expect([push.made, key.push, core.push]).toEqual([0, undefined, "off"]);
  });

  test("any more has the server forget its subscription", async () => {
    const { core, key } = await reached();
    push.allowed = "denied";
    await core.subscribe();
    expect([push.subscription, key.push, core.push]).toEqual([undefined, undefined, "off"]);
  });
});

describe("what is not possible", () => {
  test("is told where the server sends none, and where the browser knows nothing of it", async () => {
    server.push = undefined;
    const { core } = await activated(server, here);
    await core.subscribe();
    expect([core.push, push.made]).toEqual(["impossible", 0]);
    const simple = await openCoreIn(surroundings(server));
    await simple.subscribe();
    await simple.unsubscribe();
    expect(simple.push).toBe("impossible");
  });

  test("is known of a server from the start before", async () => {
    server.push = undefined;
    const { core } = await activated(server, here);
    await core.subscribe();
    const again = await openCoreIn({ ...here, fetch: () => Promise.reject(new TypeError("no network")) });
    await vi.waitFor(() => expect(again.push).toBe("impossible"));
  });

  test.each(["NotAllowedError", "AbortError", "NotSupportedError"])("is told when the browser refuses, and tried again at the next asking: %s", async (name) => {
    vi.spyOn(console, "warn").mockReturnValue();
    const { core, key } = await reached();
    push.next = new DOMException("no push service", name);
    await core.subscribe();
    expect(core.push).toBe("impossible");
    await core.subscribe();
    expect([core.push, key.push]).toEqual(["on", push.handed]);
  });

  test("is told when the server does not send to this push service", async () => {
    server.after = (path, answer) => (path === "/push/subscribe" ? new Refusal(403, "refused", "push.service", { host: "push.example" }).answer : answer);
    const { core } = await activated(server, here);
    await core.subscribe();
    expect(core.push).toBe("impossible");
  });
});

describe("what fails for now", () => {
  test("is off, harms nothing, and comes with the next asking", async () => {
    server.before = (path) => {
      if (path === "/push/subscribe") throw new TypeError("no network");
    };
    const { core, key } = await activated(server, here);
    await core.subscribe();
    expect(core.push).toBe("off");
    server.before = () => undefined;
    await core.subscribe();
    expect([core.push, key.push]).toEqual(["on", push.handed]);
  });

  test("for one user does not fail for another", async () => {
    const { core, key } = await reached();
    const other = await another(server, core, 1);
    await core.subscribe();
    server.now += pushSentFor;
    key.push = other.push = undefined;
    key.state = "suspended";
    await core.subscribe();
    expect([core.push, key.push, other.push]).toEqual(["off", undefined, push.handed]);
  });

  test("without a service worker is off", async () => {
    push.working = false;
    const { core } = await activated(server, here);
    await core.subscribe();
    await core.unsubscribe();
    expect(core.push).toBe("off");
  });

  test("by a browser that does not answer is off in time, and handed over when the answer comes after all", async () => {
    const { core, key } = await activated(server, here);
    await core.unsubscribe();
    push.subscription = key.push = undefined;
    let answer: () => void = () => undefined;
    push.next = new Promise((resolve) => (answer = resolve));
    const taken = vi.waitFor(() => expect(push.next).toBeUndefined());
    const real = globalThis.setTimeout;
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((deed: () => void, ms?: number) => real(deed, ms === pushPatience ? 50 : ms)));
    await core.subscribe();
    await taken;
    expect([core.push, key.push]).toEqual(["off", undefined]);
    answer();
    await vi.waitFor(() => expect([core.push, key.push]).toEqual(["on", push.handed]));
  });
});

test.each(["", "AAAA", `${"A".repeat(86)}B`, 7, null])("a server's key that is no point is the server's fault: %j", async (key) => {
  server.after = (path, answer) => (path === "/server" ? { ...answer, body: { ...(answer.body as object), push: key } } : answer);
  const core = await openCoreIn(here);
  await expect(core.server()).rejects.toMatchObject({ key: "answer.wrong" });
  await core.subscribe();
  expect([core.push, push.made]).toEqual(["off", 0]);
});

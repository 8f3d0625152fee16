import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openCoreIn } from "./core";
import type { Core, PushCheck, PushReport } from "./contract";
import { activated, another, surroundings } from "./fake-phone";
import { FakePush } from "./fake-push";
import { FakeServer, Refusal, signingPair, type ActiveKey } from "./fake-server";
import { pushRenewedFor } from "./push";
import { testPatience } from "./push-checks";
import type { Surroundings } from "./surroundings";

let server: FakeServer;
let push: FakePush;
let here: Surroundings;
let core: Core;
let key: ActiveKey;
beforeEach(async () => {
  server = await FakeServer.start();
  server.push = (await signingPair()).point;
  push = new FakePush();
  here = surroundings(server, { push });
  ({ core, key } = await activated(server, here));
  await core.subscribe();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** "state reason" by check. */
async function checks(phone = core): Promise<Record<string, string>> {
  return words(await phone.pushChecks());
}

function words(report: PushReport): Record<string, string> {
  return Object.fromEntries(report.checks.map((check: PushCheck) => [check.name, `${check.state} ${check.reason}`]));
}

const fine = { permission: "good granted", worker: "good ready", subscription: "good subscribed", service: "unknown untried", receipt: "unknown never" };

describe("the checks", () => {
  test("of a phone that is reached, before and after messages were taken", async () => {
    expect(await checks()).toEqual(fine);
    server.delivery.services.set(key.keyId, { acceptedAt: server.now });
    const report = await core.pushChecks();
    expect([words(report)["service"], report.service]).toEqual(["good accepts", "push.example"]);
  });

  test.each([
    ["denied", { permission: "bad denied", subscription: "bad missing", service: "bad forgotten" }],
    ["prompt", { permission: "bad default", subscription: "bad missing", service: "bad forgotten" }],
  ] as const)("of one where notifications are not allowed: %s", async (allowed, differs) => {
    push.allowed = allowed;
    expect(await checks()).toEqual({ ...fine, ...differs });
  });

  test("of a browser without service workers, and without Web Push", async () => {
    push.working = false;
    expect(await checks()).toMatchObject({ worker: "bad absent", subscription: "unknown missing" });
    const simple = await openCoreIn({ ...here, push: undefined });
    expect(await checks(simple)).toMatchObject({ permission: "bad none", worker: "bad absent", subscription: "bad unsupported" });
  });

  test("of a phone without a push service", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    await core.unsubscribe();
    push.next = new DOMException("no push service", "AbortError");
    expect(await checks()).toMatchObject({ subscription: "bad refused", service: "bad forgotten" });
    expect(await checks()).toEqual(fine); // there is one after all
  });

  test("of a server that sends none, and of one that cannot be asked", async () => {
    server.after = (path, answer) => (path === "/push/state" ? new Refusal(404, "not_found", "not_found").answer : answer);
    expect((await checks())["service"]).toBe("unknown unasked");
    server.after = (_, answer) => answer;
    server.before = () => { throw new TypeError("no network"); };
    expect((await checks())["service"]).toBe("unknown unasked");
    server.before = () => undefined;
    server.push = undefined;
    const other = await openCoreIn(here);
    expect((await checks(other))["service"]).toBe("bad off");
  });

  test.each([{ now: 1 }, { now: 1, channels: [{ channel: "webpush" }] }, { now: 1, channels: {} }, { now: 1, channels: [], more: true }, "<html>"])("of a server that says nonsense: %j", async (body) => {
    server.after = (path, answer) => (path === "/push/state" ? { status: 200, body } : answer);
    expect((await checks())["service"]).toMatch(body === "<html>" || JSON.stringify(body) !== '{"now":1}' ? /unasked/ : /forgotten/);
  });

  test("of a phone whose second user the server cannot reach are bad for the phone", async () => {
    const other = await another(server, core, 1);
    await core.subscribe();
    expect(await checks()).toEqual(fine);
    server.before = (path) => {
      if (path === "/push/subscribe") throw new TypeError("no network");
    };
    other.push = undefined;
    expect((await checks())["service"]).toBe("bad forgotten");
    server.before = () => undefined;
    expect((await checks())["service"]).toBe("unknown untried");
    expect(other.push).toEqual(push.handed);
  });

  test("tell the last test: arrived, on its way, lost", async () => {
    server.delivery.tests.set(key.keyId, { askedAt: server.now, acceptedAt: server.now });
    expect((await checks())["receipt"]).toBe("unknown waiting");
    server.now += testPatience;
    expect((await checks())["receipt"]).toBe("bad lost");
    server.delivery.tests.set(key.keyId, { askedAt: server.now - 5000, receivedAt: server.now - 3700 });
    const report = await core.pushChecks();
    expect([words(report)["receipt"], report.test]).toEqual(["good arrived", { askedAt: server.now - 5000, receivedAt: server.now - 3700 }]);
  });

  test("of a phone without a user say so", async () => {
    const empty = await openCoreIn(surroundings(server, { push: new FakePush() }));
    expect(await checks(empty)).toMatchObject({ service: "unknown nobody", receipt: "unknown never" });
  });
});

describe("a test", () => {
  /** The worker's word, once the test was asked for. */
  const arrives = (after: number): void => {
    server.after = (path, answer) => {
      if (path !== "/push/test" || answer.status !== 200) return answer;
      const [id] = [...server.open.keys()].slice(-1);
      queueMicrotask(() => {
        server.now += after;
        push.show(id ?? "");
      });
      return answer;
    };
  };

  test("measures from the asking to the worker's word, and is no request for anybody", async () => {
    arrives(1300);
    expect(await core.testPush()).toEqual({ ms: 1300 });
    expect(push.listening).toBe(0);
    await core.refresh();
    expect(core.approvals()).toEqual([]);
  });

  test("is not ended by another push", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const ended = core.testPush();
    await vi.waitFor(() => expect(server.asked.at(-1)).toBe("/push/test"));
    push.show("A".repeat(22));
    await vi.advanceTimersByTimeAsync(testPatience);
    expect(await ended).toEqual({ lost: "phone" });
  });

  test.each([
    [{ acceptedAt: 1 }, { lost: "phone" }], [{}, { lost: "service" }], [{ acceptedAt: 1, receivedAt: 1_700 }, { ms: 1200 }],
  ] as const)("that the page does not hear of ends after 30 seconds, as the server knows: %j", async (known, outcome) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const ended = core.testPush();
    await vi.waitFor(() => expect(server.delivery.tests.size).toBe(1));
    server.delivery.tests.set(key.keyId, { askedAt: 500, ...known });
    let over = false;
    void ended.then(() => (over = true));
    await vi.advanceTimersByTimeAsync(testPatience - 1);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await ended).toEqual(outcome);
    expect(push.listening).toBe(0);
  });

  test("hands the subscription over first where the server has none", async () => {
    key.push = undefined;
    server.before = (path) => {
      if (path === "/push/subscribe") server.now += 5000; // which is no part of the test
    };
    arrives(10);
    expect(await core.testPush()).toEqual({ ms: 10 });
    expect(key.push).toEqual(push.handed);
  });

  test.each(["push.off", "user.slow"])("that the server refuses says so: %s", async (refusal) => {
    server.after = (path, answer) => (path === "/push/test" ? new Refusal(409, "conflict", refusal).answer : answer);
    await expect(core.testPush()).rejects.toMatchObject({ key: refusal });
    expect(push.listening).toBe(0);
  });

  test("that another key signed is no test", async () => {
    const forged = await server.statement(key, (s) => (s["kind"] = "push_test"), { secret: (await signingPair()).secret });
    server.after = (path, answer) => (path === "/push/test" ? { status: 200, body: { statement: forged } } : answer);
    await expect(core.testPush()).rejects.toMatchObject({ key: "answer.wrong" });
  });
});

describe("a subscription that the server cannot use", () => {
  const start = async (): Promise<Core> => {
    const next = await openCoreIn(here);
    await next.subscribe();
    return next;
  };

  test("because the push service gave it up is made anew with the next start, for every user", async () => {
    const other = await another(server, core, 1);
    await core.subscribe();
    key.push = undefined;
    await start();
    expect([push.made, key.push, other.push]).toEqual([2, push.handed, push.handed]);
  });

  test("because the push service refuses it is made anew, once an hour", async () => {
    server.delivery.services.set(key.keyId, { failing: true, refusedAt: server.now });
    await start();
    expect([push.made, key.push]).toEqual([2, push.handed]);
    await start();
    await core.pushChecks();
    expect(push.made).toBe(2);
    server.now += pushRenewedFor;
    await start();
    expect(push.made).toBe(3);
  });

  test("because the server forgot it again within the hour is handed over as it is", async () => {
    key.push = undefined;
    await start();
    key.push = undefined;
    await start();
    expect([push.made, key.push]).toEqual([2, push.handed]);
  });

  test("is asked about once a start", async () => {
    const asked = (): number => server.asked.filter((path) => path === "/push/state").length;
    const next = await start();
    const before = asked();
    await next.subscribe();
    await next.subscribe();
    expect(asked()).toBe(before);
  });

  test("is kept where the server does not tell", async () => {
    server.after = (path, answer) => (path === "/push/state" ? new Refusal(404, "not_found", "not_found").answer : answer);
    const next = await start();
    expect([push.made, next.push]).toEqual([1, "on"]);
  });
});

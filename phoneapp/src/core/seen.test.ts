import { beforeEach, describe, expect, test, vi } from "vitest";
import { newId } from "./bytes";
import type { Approval, Core } from "./contract";
import { openCoreIn } from "./core";
import { activated, another, goodPin, surroundings } from "./fake-phone";
import { FakeServer, Refusal, signingPair, type ActiveKey } from "./fake-server";
import type { Surroundings } from "./surroundings";

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

const told = (...steps: string[]): Promise<void> => vi.waitFor(() => expect(server.delivery.seen).toEqual(steps.map((step) => `${id} ${step}`)));

/** A request that the phone has found. */
async function found(phone = core): Promise<Approval> {
  await server.statement(key, (s) => (s["id"] = id));
  await phone.refresh();
  const approval = phone.approvals().find((one) => one.id === id);
  if (!approval) throw new Error("the request is not there");
  return approval;
}

/** Everything that was on its way has come to its end. */
const settled = async (): Promise<void> => {
  for (let asked = -1; asked !== server.asked.length; ) {
    asked = server.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
};

describe("the server is told", () => {
  test("that a request arrived, once, however often it is found", async () => {
    await found();
    await told("received");
    await core.refresh();
    await core.refresh();
    await settled();
    await told("received");
  });

  test("that a request of the stream arrived", async () => {
    const stop = core.live();
    await vi.waitFor(() => expect(server.streams.length).toBe(1));
    const jws = await server.statement(key, (s) => (s["id"] = id));
    server.streams[0]?.say({ type: "approvals", now: server.now, statements: [jws] });
    await told("received");
    stop();
  });

  test("that it was shown and opened, each once", async () => {
    const approval = await found();
    await told("received");
    core.seen(approval, "shown");
    core.seen(approval, "shown");
    await told("received", "shown");
    core.seen(approval, "opened");
    core.seen(approval, "shown");
    await told("received", "shown", "opened");
    await settled();
    await told("received", "shown", "opened");
  });

  test("the furthest alone when several come at once", async () => {
    const approval = await found();
    core.seen(approval, "shown");
    core.seen(approval, "opened");
    await settled();
    expect(server.delivery.seen.at(-1)).toBe(`${id} opened`);
    expect(server.delivery.seen.length).toBeLessThanOrEqual(2);
  });

  test("by the key that was asked, in the name of no other user", async () => {
    const other = await another(server, core, 1);
    key = other;
    await found();
    await told("received");
    const kids = server.bodies.filter(({ path }) => path.endsWith("/seen"));
    expect(kids.map(({ text }) => text)).toEqual(['{"what":"received"}']);
  });

  test("nothing again after the app was closed and opened", async () => {
    const approval = await found();
    await told("received");
    core.seen(approval, "opened");
    await told("received", "opened");
    const again = await openCoreIn(here);
    const [same] = (await again.refresh(), again.approvals());
    if (same) again.seen(same, "shown");
    await settled();
    await told("received", "opened");
  });

  test("nothing of what cannot be verified, nor of what is never shown", async () => {
    await server.statement(key, undefined, { secret: (await signingPair()).secret });
    await server.statement(key, (s) => (s["kind"] = "push_test"));
    await server.statement(key, (s) => (s["exp"] = server.now - 1));
    await core.refresh();
    await settled();
    expect([core.approvals(), server.delivery.seen]).toEqual([[], []]);
  });
});

describe("a step that could not be told", () => {
  test("for want of a connection is told with the next list", async () => {
    server.before = (path) => {
      if (path.endsWith("/seen")) throw new TypeError("no network");
    };
    await found();
    await settled();
    expect(server.delivery.seen).toEqual([]);
    server.before = () => undefined;
    await core.refresh();
    await told("received");
  });

  test("because the server refuses it is not tried again, and disturbs nothing", async () => {
    server.after = (path, answer) => (path.endsWith("/seen") ? new Refusal(404, "not_found", "approval.none").answer : answer);
    const approval = await found();
    await core.refresh();
    await settled();
    expect(server.asked.filter((path) => path.endsWith("/seen")).length).toBe(1);
    expect(await core.approve(approval, { pin: goodPin })).toMatchObject({ state: "approved" });
  });

  test("because the server never answers holds nothing up", async () => {
    const { fetch } = server;
    const hangs = await openCoreIn({ ...here, fetch: (input, init) => ((input as string).endsWith("/seen") ? new Promise(() => undefined) : fetch(input, init)) });
    const approval = await found(hangs);
    hangs.seen(approval, "opened");
    expect(await hangs.approve(approval, { pin: goodPin })).toMatchObject({ state: "approved" });
  });
});

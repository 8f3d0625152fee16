import { beforeEach, describe, expect, test } from "vitest";
import type { Core } from "./contract";
import { openCoreIn } from "./core";
import { activated, another, surroundings } from "./fake-phone";
import { FakeServer, Refusal } from "./fake-server";
import { topicOf } from "./ntfy";
import type { Surroundings } from "./surroundings";

let server: FakeServer;
let here: Surroundings;
let core: Core;
beforeEach(async () => {
  server = await FakeServer.start();
  here = surroundings(server);
  ({ core } = await activated(server, here));
});

const told = (): unknown[] => server.bodies.filter(({ path }) => path.startsWith("/push/")).map(({ path, text }): unknown => [path, JSON.parse(text) as unknown]);
const topic = "https://ntfy.example/alerts-7";

describe("a topic", () => {
  test("is named for every user, kept over a restart, and taken back", async () => {
    await another(server, core, 1);
    await core.setNtfy(topic);
    expect(told()).toEqual([["/push/subscribe", { channel: "ntfy", endpoint: topic }], ["/push/subscribe", { channel: "ntfy", endpoint: topic }]]);
    const again = await openCoreIn(here);
    expect([core.ntfy, again.ntfy]).toEqual([topic, topic]);
    await again.setNtfy(undefined);
    expect([again.ntfy, told().slice(-2)]).toEqual([undefined, [["/push/unsubscribe", { channel: "ntfy" }], ["/push/unsubscribe", { channel: "ntfy" }]]]);
  });

  test("is named for a user who comes later, and not again for the others than once", async () => {
    await core.setNtfy(topic);
    await another(server, core, 1);
    await core.subscribe();
    const before = told().length;
    expect(before).toBe(2);
    await core.subscribe();
    expect(told().length).toBe(before);
  });

  test("that the server refuses is not kept", async () => {
    server.after = (path, answer) => (path === "/push/subscribe" ? new Refusal(403, "refused", "push.service", { host: "ntfy.example" }).answer : answer);
    await expect(core.setNtfy(topic)).rejects.toMatchObject({ key: "push.service", args: { host: "ntfy.example" } });
    expect([core.ntfy, (await openCoreIn(here)).ntfy]).toEqual([undefined, undefined]);
  });
});

describe("an address", () => {
  test.each([
    [topic, topic], [` ${topic} `, topic], ["ntfy.example/alerts-7", topic], [`${topic}/`, topic], ["https://ntfy.example:8443/a", "https://ntfy.example:8443/a"], ["ntfy.example:8443/a", "https://ntfy.example:8443/a"],
  ])("of a topic is taken as it is: %s", (typed, address) => {
    expect(topicOf(typed)).toBe(address);
  });

  test("of a server alone gets a topic that nobody guesses, another each time", () => {
    const made = ["https://ntfy.example", "ntfy.example/"].map(topicOf);
    for (const address of made) expect(address).toMatch(/^https:\/\/ntfy\.example\/nodkey-[A-Za-z0-9_-]{22}$/);
    expect(new Set(made).size).toBe(2);
  });

  test.each(["", " ", "http://ntfy.example/a", "javascript:alert(1)", "https://mara:secret@ntfy.example/a", "https://ntfy.example/a/b", "https://ntfy.example/a?b", "https://ntfy.example/a#b", `https://ntfy.example/${"a".repeat(65)}`, "https://ntfy.example/ä", "data:text/html,x", "https://"])("of anything else is refused here: %s", (typed) => {
    expect(() => topicOf(typed)).toThrow(expect.objectContaining({ key: "push.endpoint" }) as Error);
  });
});

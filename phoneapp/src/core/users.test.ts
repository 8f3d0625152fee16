import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Core } from "./contract";
import { openCoreIn } from "./core";
import { another, codeOf, fault, goodPin, surroundings } from "./fake-phone";
import { FakeServer, type ActiveKey } from "./fake-server";
import type { Surroundings } from "./surroundings";

let server: FakeServer;
let here: Surroundings;
let core: Core;
beforeEach(async () => {
  server = await FakeServer.start();
  here = surroundings(server);
  core = await openCoreIn(here);
});

async function several(count: number): Promise<ActiveKey[]> {
  const keys: ActiveKey[] = [];
  for (let i = 0; i < count; i++) keys.push(await another(server, core, i));
  return keys;
}
const names = (one: Core = core): string[] => one.users().map((user) => user.name);

describe("twenty users of one phone", () => {
  test("are asked for with one proof a key, each decides with its own, and order and names outlive the app", async () => {
    const keys = await several(20);
    expect(names()).toEqual(keys.map((_, i) => `user.${i}`));
    expect(new Set(keys.map((key) => (key.message["phone"] as { id: string }).id)).size).toBe(1);

    const stop = core.live();
    await vi.waitFor(() => {
      expect(server.streams).toHaveLength(1);
    });
    const [stream] = server.streams;
    expect(stream?.keyIds).toEqual(keys.map((key) => key.keyId));
    const statements: string[] = [];
    for (const key of keys) statements.push(await server.statement(key));
    stream?.say({ type: "approvals", now: server.now, statements });
    await vi.waitFor(() => {
      expect(core.approvals()).toHaveLength(20);
    });
    expect(core.approvals().map((one) => one.keyId)).toEqual(keys.map((key) => key.keyId));
    for (const approval of [...core.approvals()]) await core.approve(approval, { pin: goodPin });
    expect(server.decisions.map((one) => one["key"])).toEqual(keys.map((key) => key.keyId));

    const last = keys[19]?.keyId ?? "";
    const third = keys[2]?.keyId ?? "";
    await core.reorder([last, third]);
    const order = ["user.19", "user.2", "user.0", "user.1", ...keys.slice(3, 19).map((_, i) => `user.${i + 3}`)];
    expect(names()).toEqual(order);
    await core.rename(last, "  Grandma  ");
    expect(core.users()[0]).toMatchObject({ label: "Grandma", name: "user.19", displayName: "User 19" });

    await core.removeUser(third);
    expect(keys[2]?.state).toBe("removed");
    await vi.waitFor(() => {
      expect(server.streams.at(-1)?.keyIds).toEqual(core.users().map((user) => user.keyId));
    });
    expect(server.streams.at(-1)?.keyIds).toHaveLength(19);
    stop();

    await core.refresh();
    const asked = JSON.parse(server.bodies.filter((one) => one.path === "/approvals").at(-1)?.text ?? "{}") as { proofs: string[] };
    expect(asked.proofs).toHaveLength(19);
    const again = await openCoreIn(here);
    expect(names(again)).toEqual(order.filter((name) => name !== "user.2"));
    expect(again.users()[0]?.label).toBe("Grandma");
  });
});

describe("the 33rd user", () => {
  test("is refused before the server is asked, and finds room when one goes", async () => {
    const keys = await several(32);
    await core.refresh();
    const asked = server.asked.length;
    await server.activation(codeOf(32));
    await expect(core.lookup(codeOf(32))).rejects.toMatchObject(fault("users.limit", { limit: 32 }));
    expect(server.asked).toHaveLength(asked);
    await core.removeUser(keys[7]?.keyId ?? "");
    await another(server, core, 33);
    expect(names()).toHaveLength(32);
  });

  test("is refused at the end as well, when somebody came meanwhile", async () => {
    await several(31);
    await server.activation(codeOf(40));
    const offer = await core.lookup(codeOf(40));
    await another(server, core, 41);
    await expect(core.activate(offer, { pin: goodPin, biometric: false, phoneName: "x" })).rejects.toMatchObject(fault("users.limit"));
    expect(server.asked.filter((path) => path === "/activations/submit")).toHaveLength(32);
    expect(names()).toHaveLength(32);
  });

  test("counts a submission whose answer is missing, which itself is let through", async () => {
    await several(31);
    await server.activation(codeOf(40));
    const offer = await core.lookup(codeOf(40));
    server.before = (path) => {
      if (path === "/activations/submit") throw new TypeError("connection");
    };
    const how = { pin: goodPin, biometric: false, phoneName: "x" };
    await expect(core.activate(offer, how)).rejects.toMatchObject(fault("offline"));
    server.before = () => undefined;
    await server.activation(codeOf(41));
    await expect(core.lookup(codeOf(41))).rejects.toMatchObject(fault("users.limit"));
    await core.activate(await core.lookup(codeOf(40)), how);
    expect(names()).toHaveLength(32);
  });

  test("does not count users that were removed at the portal", async () => {
    const keys = await several(32);
    const gone = keys[3];
    if (gone) gone.state = "removed";
    await core.refresh();
    await another(server, core, 34);
    expect(names()).toHaveLength(33);
  });
});

describe("the order", () => {
  test("has newcomers last, and takes names it does not know as not said", async () => {
    const [a, b] = await several(2);
    await core.reorder(["nobody", b?.keyId ?? "", b?.keyId ?? ""]);
    await another(server, core, 2);
    expect(names()).toEqual(["user.1", "user.0", "user.2"]);
    await core.reorder([a?.keyId ?? ""]);
    expect(names()).toEqual(["user.0", "user.1", "user.2"]);
    expect(server.asked).not.toContain("/key/rename");
  });

  test("is told to who listens", async () => {
    const [, b] = await several(2);
    let told = 0;
    core.on("users", () => told++);
    await core.reorder([b?.keyId ?? ""]);
    expect(told).toBe(1);
  });
});

describe("a name of the person's own", () => {
  test.each([
    ["  Work ", "Work"],
    ["Müller & Söhne", "Müller & Söhne"],
    ["Mu\u0308ller", "Müller"],
    ["祖母", "祖母"],
    ["👨\u200d👩\u200d👧 home", "👨\u200d👩\u200d👧 home"],
    ["𝒳".repeat(40), "𝒳".repeat(40)],
  ])("%j is kept as %j and never sent", async (typed, label) => {
    const [key] = await several(1);
    const asked = server.asked.length;
    await core.rename(key?.keyId ?? "", typed);
    expect(core.users()).toMatchObject([{ label }]);
    expect(server.asked).toHaveLength(asked);
  });

  test.each(["x".repeat(41), "a\u202eb", "a\u0000b", "a\nb", "a\u200bb", "a\u2028b", "\u200d", "a\ufffdb", "a\ud800"])("%j is refused", async (typed) => {
    const [key] = await several(1);
    await core.rename(key?.keyId ?? "", "Work");
    await expect(core.rename(key?.keyId ?? "", typed)).rejects.toMatchObject(fault("label.wrong"));
    expect(core.users()).toMatchObject([{ label: "Work" }]);
  });

  test("goes when it is emptied, and outlives what the server says of the key", async () => {
    const [key] = await several(1);
    await core.rename(key?.keyId ?? "", "Work");
    if (key) key.state = "suspended";
    const later = await openCoreIn(here);
    server.now += 1000;
    await later.refresh();
    expect(later.users()).toMatchObject([{ label: "Work", state: "suspended" }]);
    await later.rename(key?.keyId ?? "", "  ");
    expect(later.users()[0]).not.toHaveProperty("label");
  });

  test("stays when another tab hears of the key at the same time", async () => {
    const [key] = await several(1);
    const tab = await openCoreIn(here);
    await core.rename(key?.keyId ?? "", "Work");
    if (key) key.state = "suspended";
    server.now += 1000;
    await tab.refresh(); // this tab read the key before it had a name
    expect((await openCoreIn(here)).users()).toMatchObject([{ label: "Work", state: "suspended" }]);
  });
});

describe("the phone's name", () => {
  test("is told for every key; one that refuses does not stop the others", async () => {
    const keys = await several(3);
    const [first, second, third] = keys;
    if (second) second.state = "suspended";
    await core.renamePhone(" Mara\u2019s phone ");
    expect([first?.name, second?.name, third?.name]).toEqual(["Mara\u2019s phone", "Pixel 8", "Mara\u2019s phone"]);
    expect(core.users()[1]).toMatchObject({ state: "suspended" });
  });

  test("that nobody takes is a fault", async () => {
    const keys = await several(2);
    await expect(core.renamePhone("no!")).rejects.toMatchObject(fault("phone.name"));
    for (const key of keys) key.state = "suspended";
    await expect(core.renamePhone("x")).rejects.toMatchObject(fault("key.suspended"));
  });

  test.each(["", "  ", "x".repeat(41), "a\u202eb"])("%j is refused before anything is sent", async (name) => {
    await several(1);
    const asked = server.asked.length;
    await expect(core.renamePhone(name)).rejects.toMatchObject(fault("phone.name"));
    expect(server.asked).toHaveLength(asked);
  });

  test("stops at a lost connection, and fails only when none was told", async () => {
    const keys = await several(3);
    let left = 1;
    server.before = (path) => {
      if (path === "/key/rename" && left-- <= 0) throw new TypeError("connection");
    };
    const asked = server.asked.length;
    await core.renamePhone("One");
    expect(keys.map((key) => key.name)).toEqual(["One", "Pixel 8", "Pixel 8"]);
    expect(left).toBe(-1); // the third was not tried
    expect(server.asked).toHaveLength(asked + 1);
    await expect(core.renamePhone("Two")).rejects.toMatchObject(fault("offline"));
  });

  test("is not asked of keys that are removed", async () => {
    const [first, second] = await several(2);
    if (first) first.state = "removed";
    await core.refresh();
    await core.renamePhone("Two");
    expect([first?.name, second?.name]).toEqual(["Pixel 8", "Two"]);
  });
});

import "fake-indexeddb/auto";
import { openDB } from "idb";
import { beforeEach, describe, expect, test } from "vitest";
import { openCoreIn } from "./core";
import { another, codeOf, fault, goodPin, surroundings } from "./fake-phone";
import { FakeServer } from "./fake-server";
import type { Surroundings } from "./surroundings";

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.start();
});

/** The same phone, kept as version 1 of the app kept it. */
async function asVersion1(from: string, to: string): Promise<void> {
  const old = await openDB(to, 1, {
    upgrade(db) {
      db.createObjectStore("keys", { keyPath: "keyId" });
      db.createObjectStore("pending", { keyPath: "codeId" });
      db.createObjectStore("past", { keyPath: "id" });
      db.createObjectStore("settings");
    },
  });
  const now = await openDB(from);
  for (const store of ["keys", "pending", "past"]) for (const one of await now.getAll(store)) await old.put(store, one);
  for (const name of await now.getAllKeys("settings")) await old.put("settings", await now.get("settings", name), name);
  old.close();
  now.close();
}

describe("a phone that version 1 of the app kept", () => {
  const how = { pin: goodPin, biometric: false, phoneName: "Pixel 8" };

  async function grown(): Promise<{ before: Surroundings; after: Surroundings }> {
    const before = surroundings(server);
    const core = await openCoreIn(before);
    for (let i = 0; i < 3; i++) await another(server, core, i);
    const [first] = server.keys.values();
    if (!first) throw new Error("no key");
    await server.statement(first);
    await core.refresh();
    for (const approval of [...core.approvals()]) await core.deny(approval, "mistake");
    await server.activation(codeOf(9));
    const offer = await core.lookup(codeOf(9));
    server.before = () => {
      throw new TypeError("connection");
    };
    await expect(core.activate(offer, how)).rejects.toMatchObject(fault("offline"));
    server.before = () => undefined;
    const database = `${before.database}-old`;
    await asVersion1(before.database, database);
    return { before, after: { ...before, database } };
  }

  test("keeps its users, its decisions, its id and its unfinished submission", async () => {
    const { before, after } = await grown();
    const [known, core] = [await openCoreIn(before), await openCoreIn(after)];
    expect(core.users()).toHaveLength(3);
    expect(core.users()).toEqual(known.users());
    expect(core.past()).toHaveLength(1);
    expect(core.past()).toEqual(known.past());

    server.now += 1000;
    await core.resume();
    expect(core.users().map((user) => user.name)).toEqual(["user.0", "user.1", "user.2", "mara.lindqvist"]);
    const phones = [...server.keys.values()].map((key) => (key.message["phone"] as { id: string }).id);
    expect(new Set(phones).size).toBe(1);
    expect(phones).toHaveLength(4);
  });

  test("decides with its old keys, and takes names, an order and a new PIN", async () => {
    const { after } = await grown();
    const core = await openCoreIn(after);
    const [first, second] = core.users();
    if (!first || !second) throw new Error("the users are gone");
    expect(await core.approve(await core.test(first.keyId), { pin: goodPin })).toMatchObject({ state: "approved" });
    await core.rename(first.keyId, "Work");
    await core.reorder([second.keyId]);
    expect(await core.changePins([first.keyId, second.keyId], goodPin, "8315")).toEqual([]);
    const again = await openCoreIn(after);
    expect(again.users().map((user) => user.label ?? user.name)).toEqual(["user.1", "Work", "user.2"]);
    await again.provePin(first.keyId, "8315");
  });
});

test("an app that is open already gives way to a newer one", async () => {
  const here = surroundings(server);
  const core = await openCoreIn(here);
  await another(server, core, 0);
  const newer = await openDB(here.database, 3);
  expect(newer.version).toBe(3);
  expect(await newer.count("keys")).toBe(1);
  newer.close();
  await expect(core.reorder([])).rejects.toMatchObject(fault("storage"));
});

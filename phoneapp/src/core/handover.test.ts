import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openCoreIn } from "./core";
import { surroundings } from "./fake-phone";
import { FakeServer } from "./fake-server";
import { keepHandover, takeHandover } from "./handover";
import { Store } from "./store";

const android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15";
const link = { groups: ["7K2S", "9QXN", "D3VK", "5TBV", "W8N4"], fingerprint: "A".repeat(22) };
const now = 1_790_000_000_000;
const minute = 60_000;

const on = (userAgent: string, maxTouchPoints: number): void => void vi.stubGlobal("navigator", { userAgent, maxTouchPoints });
beforeEach(async () => {
  on(android, 5);
  await Store.destroy();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

async function left(): Promise<number> {
  (await Store.open()).close();
  const db = await openDB("nodkey");
  const count = await db.count("handover");
  db.close();
  return count;
}

describe("a link on its way to the installed app", () => {
  test("is taken once", async () => {
    await keepHandover(link, now);
    expect(await takeHandover(now + minute)).toEqual(link);
    expect(await takeHandover(now + minute)).toBeUndefined();
    expect(await left()).toBe(0);
  });

  test("may have been typed, without a fingerprint", async () => {
    await keepHandover({ ...link, fingerprint: undefined }, now);
    expect(await takeHandover(now)).toEqual({ ...link, fingerprint: undefined });
  });

  test("is kept for ten minutes and no longer", async () => {
    await keepHandover(link, now);
    expect(await takeHandover(now + 10 * minute)).toEqual(link);
    await keepHandover(link, now);
    expect(await takeHandover(now + 10 * minute + 1)).toBeUndefined();
    expect(await left()).toBe(0);
  });

  test("of unknown age, because the clock was set back, is not given", async () => {
    await keepHandover(link, now);
    expect(await takeHandover(now - minute)).toBeUndefined();
    expect(await left()).toBe(0);
  });

  test("gives way to a newer one", async () => {
    await keepHandover(link, now);
    const newer = { groups: ["0001"], fingerprint: undefined };
    await keepHandover(newer, now + 1);
    expect(await takeHandover(now + 2)).toEqual(newer);
    expect(await takeHandover(now + 2)).toBeUndefined();
  });

  test.each([
    ["an iPhone", iPhone, 5, undefined],
    ["an iPad as a Mac", mac, 5, undefined],
    ["a Mac", mac, 0, link],
  ] as const)("on %s", async (_, userAgent, touch, taken) => {
    on(userAgent, touch);
    await keepHandover(link, now);
    expect(await takeHandover(now)).toEqual(taken);
    on(android, 5);
    expect(await left()).toBe(0);
  });

  test("is of this moment unless told otherwise", async () => {
    await keepHandover(link);
    expect(await takeHandover()).toEqual(link);
  });
});

test("the app deletes at its start what nobody came for, and nothing else", async () => {
  const server = await FakeServer.start();
  const start = async (at: number): Promise<unknown> =>
    openCoreIn(surroundings(server, { database: "nodkey", wall: () => at }));
  await keepHandover(link, now);
  await start(now + 10 * minute);
  expect(await left()).toBe(1);
  await start(now + 10 * minute + 1);
  expect(await left()).toBe(0);
});

// The service worker itself, with the events that a browser sends it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { newId } from "./core/bytes";
import { activated, surroundings } from "./core/fake-phone";
import { FakeServer, origin } from "./core/fake-server";
import { Store } from "./core/store";

type Handler = (event: Record<string, unknown>) => void;

interface Shown {
  readonly title: string;
  readonly tag: string;
  readonly body: string;
  readonly data: unknown;
}

/** A worker that was just started, in a scope that writes down what it does. */
async function worker(fetch: typeof globalThis.fetch) {
  const handlers = new Map<string, Handler>();
  const shown: Shown[] = [];
  const deeds: string[] = [];
  const pages: unknown[] = [];
  const scope = {
    addEventListener: (type: string, handler: Handler) => handlers.set(type, handler),
    location: new URL(`${origin}/sw.js`), navigator: { languages: ["de-DE"] }, fetch,
    registration: {
      showNotification: (title: string, { tag, body, data }: Omit<Shown, "title">) => Promise.resolve(void shown.push({ title, tag, body, data })),
      getNotifications: () => Promise.resolve([]),
    },
    clients: { matchAll: () => Promise.resolve(pages), openWindow: (url: string) => Promise.resolve(deeds.push(`open ${url}`)) },
  };
  const one = (words: string) => ({ en: words, de: `${words} (de)` });
  vi.stubGlobal("self", scope);
  vi.stubGlobal("PRECACHE", { version: "1", paths: [] });
  vi.stubGlobal("WAITING", { icon: "/icon.png", says: { waiting: one("waiting"), test: one("test"), over: one("over") } });
  vi.resetModules();
  const file = "./sw/sw"; // it is of another world than this test: its types come from its own tsconfig
  await import(/* @vite-ignore */ file);
  const send = async (type: string, event: Record<string, unknown> = {}): Promise<void> => {
    const works: Promise<unknown>[] = [];
    handlers.get(type)?.({ ...event, waitUntil: (work: Promise<unknown>) => works.push(work) });
    await Promise.all(works);
    expect(works.length).toBe(1);
  };
  const push = async (text: string): Promise<void> => send("push", { data: { text: () => text } });
  return { shown, deeds, pages, send, push };
}

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.start();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await Store.destroy();
});

test("a push is shown, told to the server, and its touch opens its request", async () => {
  const { core, key } = await activated(server, surroundings(server, { database: "nodkey", wall: Date.now }));
  server.now = Date.now();
  await core.server();
  const id = newId();
  await server.statement(key, (s) => (s["id"] = id));
  const on = await worker(server.fetch);
  await on.push(id);
  expect(on.shown).toEqual([{ title: "Aldermere", tag: id, body: "waiting (de)", data: undefined }]);
  expect(server.delivery.seen).toEqual([`${id} received`]);
  const close = vi.fn();
  await on.send("notificationclick", { notification: { tag: id, data: null, close } });
  expect([close.mock.calls.length, on.deeds]).toEqual([1, [`open /#request=${id}`]]);
});

test("a push to a phone whose database is gone is shown, and asks nobody", async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  vi.stubGlobal("indexedDB", { open: () => { throw new DOMException("refused", "SecurityError"); } });
  const on = await worker(server.fetch);
  await on.push(newId());
  expect([on.shown.map(({ title, body }) => [title, body]), server.asked]).toEqual([[["phone.example", "waiting (de)"]], []]);
});

test("a push while the network hangs is shown in four seconds", async () => {
  await activated(server, surroundings(server, { database: "nodkey" }));
  vi.spyOn(console, "warn").mockReturnValue();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const on = await worker((_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")))));
  const state = { over: false };
  const done = on.push(newId()).then(() => (state.over = true));
  await vi.advanceTimersByTimeAsync(3_999);
  expect(on.shown).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await vi.waitFor(() => expect(on.shown.map(({ body }) => body)).toEqual(["waiting (de)"]));
  // Every try that is left; each begins with work that no clock drives.
  for (let minutes = 0; !state.over && minutes < 1000; minutes++) {
    await vi.advanceTimersByTimeAsync(60_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  vi.useRealTimers();
});

test("a touch brings the open app to the front and tells it what was touched", async () => {
  const on = await worker(server.fetch);
  const told: unknown[] = [];
  on.pages.push({ focus: () => Promise.resolve(on.deeds.push("focus")), postMessage: (message: unknown) => told.push(message) });
  const id = newId();
  for (const notification of [{ tag: id, data: null }, { tag: id, data: { test: true } }]) await on.send("notificationclick", { notification: { ...notification, close: () => undefined } });
  expect([on.deeds, told]).toEqual([["focus", "focus"], [{ type: "opened", id }, { type: "opened", test: true }]]);
});

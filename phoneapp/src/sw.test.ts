import { beforeEach, describe, expect, test, vi } from "vitest";
import { keepLanguage } from "./core/language";
import { activated, surroundings } from "./core/fake-phone";
import { FakePush } from "./core/fake-push";
import { FakeServer, origin, signingPair } from "./core/fake-server";
import { renew } from "./sw/renew";
import { bringForward, showWaiting, textOf, wordsOf, type Pages, type Told } from "./sw/waiting";

const id = "q2xTf0m1ZbA9-_k3LwPd4Q";

/** Notifications as a browser shows them, and pages that write down what happens. */
function world(open: number) {
  const shown: { title: string; options: NotificationOptions | undefined }[] = [];
  const told: Told[] = [];
  const deeds: string[] = [];
  const pages = Array.from({ length: open }, (_, i) => ({
    postMessage: (message: Told) => void told.push(message),
    focus: () => Promise.resolve(deeds.push(`focus ${i}`)),
  }));
  const clients: Pages = { matchAll: () => Promise.resolve(pages), openWindow: (url) => Promise.resolve(deeds.push(`open ${url}`)) };
  const registration = {
    showNotification: (title: string, options?: NotificationOptions) => {
      shown.push({ title, options });
      return Promise.resolve();
    },
  };
  const words = (): Promise<{ title: string; body: string }> => Promise.resolve({ title: "Aldermere", body: "A request is waiting." });
  return { shown, told, deeds, clients, place: { registration, clients, icon: "/icon.png", words } };
}

describe("a push", () => {
  test("shows that something waits under the request's id, and tells the pages that are open", async () => {
    const on = world(2);
    await showWaiting(id, on.place);
    expect(on.shown).toEqual([{ title: "Aldermere", options: { tag: id, body: "A request is waiting.", icon: "/icon.png" } }]);
    expect(on.told).toEqual([{ type: "pushed", id }, { type: "pushed", id }]);
  });

  test.each(["", "{}", `${id}=`, id.slice(1), `{"id":"${id}"}`, "<b>Approve</b>"])("shows the same whatever else it carries: %j", async (payload) => {
    const on = world(0);
    await showWaiting(payload, on.place);
    expect(on.shown).toEqual([{ title: "Aldermere", options: { tag: "request", body: "A request is waiting.", icon: "/icon.png" } }]);
  });

  test("without data, or with data that is no text, is a push still", () => {
    const broken = { text: (): string => { throw new TypeError("no text"); } };
    expect([textOf(null), textOf(broken), textOf({ text: () => id })]).toEqual(["", "", id]);
  });
});

describe("a touch", () => {
  test("brings the app that is open to the front, which looks for requests", async () => {
    const on = world(2);
    await bringForward(on.clients);
    expect([on.deeds, on.told]).toEqual([["focus 0"], [{ type: "opened" }]]);
  });

  test("opens the app when it is closed", async () => {
    const on = world(0);
    await bringForward(on.clients);
    expect(on.deeds).toEqual(["open /"]);
  });
});

describe("the words", () => {
  const sentences = { en: "Waiting.", de: "Wartet.", ja: "待っています。" };
  const browser = (...languages: string[]) => ({ navigator: { languages }, location: { host: "phone.example" } });
  let server: FakeServer;
  beforeEach(async () => {
    server = await FakeServer.start();
  });

  test("are the app's language and the server's name", async () => {
    const here = surroundings(server);
    const { core } = await activated(server, here);
    await core.server();
    await keepLanguage("ja", here.database);
    expect(await wordsOf(sentences, browser("de-DE"), here.database)).toEqual({ title: "Aldermere", body: sentences.ja });
  });

  test.each([[["de-AT", "en"], "de"], [["fr", "ja-JP"], "ja"], [["fr"], "en"], [[], "en"], [["constructor"], "en"]] as const)("are the browser's before that: %j", async (languages, language) => {
    const { database } = surroundings(server);
    expect(await wordsOf(sentences, browser(...languages), database)).toEqual({ title: "phone.example", body: sentences[language] });
  });

  test("come all the same where nothing can be read", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    vi.stubGlobal("indexedDB", { open: () => { throw new DOMException("refused", "SecurityError"); } });
    expect(await wordsOf(sentences, browser("de"), "none")).toEqual({ title: "phone.example", body: sentences.de });
    expect(warn).toHaveBeenCalledOnce();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
});

describe("a subscription that changed while the app was closed", () => {
  test("is handed over by the worker for every user", async () => {
    const server = await FakeServer.start();
    server.push = (await signingPair()).point;
    const push = new FakePush();
    const here = surroundings(server, { push });
    const { core, key } = await activated(server, here);
    await core.subscribe();
    push.subscription = undefined;
    await renew(origin, await push.manager(), server.fetch, here.wall, here.database);
    expect([push.made, key.push]).toEqual([2, push.handed]);
  });

  test("of a phone with a wrong clock too", async () => {
    const server = await FakeServer.start();
    server.push = (await signingPair()).point;
    const push = new FakePush();
    const here = surroundings(server, { push, wall: () => server.now - 600_000 });
    const { core, key } = await activated(server, here);
    await core.subscribe();
    push.subscription = undefined;
    await renew(origin, await push.manager(), server.fetch, here.wall, here.database);
    expect(key.push).toEqual(push.handed);
  });
});

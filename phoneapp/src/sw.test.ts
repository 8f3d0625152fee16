import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Pushed } from "./sw/receive";
import { bringForward, isTest, plainWords, showPushed, showWithin, textOf, touchedIn, wordsOf, type Pages, type Place, type Told, type Words } from "./sw/waiting";
import { keepLanguage } from "./core/language";
import { activated, surroundings } from "./core/fake-phone";
import { FakePush } from "./core/fake-push";
import { FakeServer, origin, signingPair } from "./core/fake-server";
import { renew } from "./sw/renew";

const id = "q2xTf0m1ZbA9-_k3LwPd4Q";
const words: Words = { title: "Aldermere", says: { waiting: "A request is waiting.", test: "It works.", over: "It is over." } };

interface Shown {
  readonly title: string;
  readonly tag: string | undefined;
  readonly body: string | undefined;
  readonly data: unknown;
}

/** Notifications as a browser shows them, and pages that write down what happens. */
function world(open: number, change: Partial<Place> = {}) {
  const shown: Shown[] = [];
  const closed: (string | undefined)[] = [];
  const told: Told[] = [];
  const deeds: string[] = [];
  const pages = Array.from({ length: open }, (_, i) => ({
    postMessage: (message: Told) => void told.push(message),
    focus: (): Promise<unknown> => Promise.resolve(deeds.push(`focus ${i}`)),
  }));
  const clients: Pages = { matchAll: () => Promise.resolve(pages), openWindow: (url) => Promise.resolve(deeds.push(`open ${url}`)) };
  const registration: Place["registration"] = {
    showNotification: (title, { tag, body, data } = {}) => {
      shown.push({ title, tag, body, data: data as unknown });
      return Promise.resolve();
    },
    getNotifications: () => Promise.resolve(shown.map(({ tag, data }) => ({ tag, data, close: () => closed.push(tag) }) as unknown as Notification)),
  };
  let hurry: () => void = () => undefined;
  const pauses: number[] = [];
  const pause = async (ms: number): Promise<void> => {
    pauses.push(ms);
    await new Promise<void>((resolve) => (hurry = resolve));
  };
  const place: Place = {
    registration, clients, icon: "/icon.png", words: () => Promise.resolve(words), plain: { ...words, title: "phone.example" }, pause,
    receive: (_, found) => {
      found("waiting");
      return Promise.resolve();
    },
    ...change,
  };
  return { shown, closed, told, deeds, pages, clients, place, pauses, late: () => hurry() };
}

/** Receipts that find at once what a push is of. */
function settling(what: (id: string) => Pushed): Place["receive"] {
  return (which, found) => {
    found(what(which));
    return Promise.resolve();
  };
}

/** A receipt that a test ends when it likes. */
function slow() {
  let tell: (what: Pushed) => void = () => undefined;
  let end: () => void = () => undefined;
  const receive: Place["receive"] = async (_, found) => {
    tell = found;
    await new Promise<void>((resolve) => (end = resolve));
  };
  return { receive, tell: (what: Pushed) => { tell(what); }, end: () => { end(); } };
}

describe("a push", () => {
  test("shows that something waits under the request's id, and tells the pages that are open", async () => {
    const on = world(2);
    await showPushed(id, on.place);
    expect(on.shown).toEqual([{ title: "Aldermere", tag: id, body: "A request is waiting.", data: undefined }]);
    expect(on.told).toEqual([{ type: "pushed", id }, { type: "pushed", id }]);
  });

  const huge = "A".repeat(100 * 1024);
  test.each(["", "{}", `${id}=`, id.slice(1), `${id}\n`, `{"id":"${id}"}`, "<b>Approve</b><script>alert(1)</script>", huge])("shows the same whatever else it carries, and asks nobody: %#", async (payload) => {
    const asked: string[] = [];
    const on = world(0, { receive: (what) => Promise.resolve(void asked.push(what)) });
    await showPushed(payload, on.place);
    expect(on.shown).toEqual([{ title: "Aldermere", tag: "request", body: "A request is waiting.", data: undefined }]);
    expect(asked).toEqual([]);
  });

  test("without data, or with data that is no text, is a push still", () => {
    const broken = { text: (): string => { throw new TypeError("no text"); } };
    expect([textOf(null), textOf(broken), textOf({ text: () => id })]).toEqual(["", "", id]);
  });

  test.each([["over", "It is over.", undefined], ["test", "It works.", true]] as const)("says of what is %s what it is", async (what, body, isOfTest) => {
    const on = world(1, { receive: settling(() => what) });
    await showPushed(id, on.place);
    expect(on.shown.map((one) => [one.body, isTest(one)])).toEqual([[body, isOfTest ?? false]]);
    expect(on.told).toEqual([{ type: "pushed", id, ...(isOfTest ? { test: true } : {}) }]);
  });

  test("of a test takes the notification of the test before away, and no other", async () => {
    const on = world(0, { receive: settling((which) => (which === id ? "waiting" : "test")) });
    await showPushed(id, on.place);
    await showPushed("A".repeat(22), on.place);
    await showPushed("B".repeat(22), on.place);
    expect(on.closed).toEqual(["A".repeat(22)]);
  });

  test("of a test is told to the pages once the server has its receipt, which they ask for; of a request at once", async () => {
    for (const what of ["test", "waiting"] as const) {
      const receipt = slow();
      const on = world(1, { receive: receipt.receive });
      const done = showPushed(id, on.place);
      await vi.waitFor(() => expect(on.pauses).toEqual([showWithin]));
      receipt.tell(what);
      await vi.waitFor(() => expect(on.shown.length).toBe(1));
      if (what === "waiting") await vi.waitFor(() => expect(on.told.length).toBe(1));
      await new Promise((resolve) => setTimeout(resolve)); // all that can happen has
      const early = on.told.length;
      receipt.end();
      await done;
      expect([early, on.told.length]).toEqual([what === "waiting" ? 1 : 0, 1]);
    }
  });

  test("is shown in four seconds, whatever is not known by then, and put right when it is", async () => {
    const receipt = slow();
    const on = world(1, { receive: receipt.receive });
    const done = showPushed(id, on.place);
    await vi.waitFor(() => expect(on.pauses).toEqual([showWithin]));
    expect([on.shown.length, showWithin]).toEqual([0, 4000]);
    on.late();
    await vi.waitFor(() => expect(on.told.length).toBe(1));
    expect(on.shown.map(({ body }) => body)).toEqual(["A request is waiting."]);
    receipt.tell("over");
    receipt.end();
    await done;
    expect(on.shown.map(({ tag, body }) => [tag, body])).toEqual([[id, "A request is waiting."], [id, "It is over."]]);
  });

  test("is not over for the browser before the server was told that it arrived", async () => {
    const receipt = slow();
    const on = world(0, { receive: receipt.receive });
    let over = false;
    const done = showPushed(id, on.place).then(() => (over = true));
    receipt.tell("waiting");
    await vi.waitFor(() => expect(on.shown.length).toBe(1));
    await Promise.resolve();
    expect(over).toBe(false);
    receipt.end();
    await done;
  });

  test("is shown in plain words when the database hangs, and when it throws", async () => {
    const hangs = world(0, { words: () => new Promise(() => undefined) });
    const done = showPushed(id, hangs.place);
    await vi.waitFor(() => expect(hangs.pauses.length).toBe(1));
    hangs.late();
    await done;
    const throws = world(0, { words: () => Promise.reject(new Error("gone")) });
    await showPushed(id, throws.place);
    expect([hangs.shown[0]?.title, throws.shown[0]?.title]).toEqual(["phone.example", "phone.example"]);
  });

  test("is shown, and told to the pages, when receiving it fails", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const on = world(1, { receive: () => Promise.reject(new Error("no network")) });
    await showPushed(id, on.place);
    expect([on.shown.map(({ body }) => body), on.told]).toEqual([["A request is waiting."], [{ type: "pushed", id }]]);
    expect(warn).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });

  test("that may not be shown any more has arrived all the same", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const on = world(1);
    on.place.registration.showNotification = () => Promise.reject(new TypeError("not allowed"));
    await showPushed(id, on.place);
    expect(on.told).toEqual([{ type: "pushed", id }]);
    vi.restoreAllMocks();
  });
});

describe("a touch", () => {
  const request = { tag: id, data: null };

  test("brings the app that is open to the front, which opens that very request", async () => {
    const on = world(2);
    await bringForward(request, on.clients);
    expect([on.deeds, on.told]).toEqual([["focus 0"], [{ type: "opened", id }]]);
  });

  test("tells an app that cannot be brought to the front all the same", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const on = world(1);
    for (const page of on.pages) page.focus = () => Promise.reject(new DOMException("no", "InvalidAccessError"));
    await bringForward(request, on.clients);
    expect([on.deeds, on.told]).toEqual([[], [{ type: "opened", id }]]);
    vi.restoreAllMocks();
  });

  test.each([
    [request, `/#request=${id}`, { id }],
    [{ tag: id, data: { test: true } }, "/#test", { test: true }],
    [{ tag: "request", data: null }, "/", undefined],
    [{ tag: "<b>", data: { id } }, "/", undefined],
  ] as const)("opens the app when it is closed, at what was touched: %j", async (notification, address, touched) => {
    const on = world(0);
    await bringForward(notification, on.clients);
    expect(on.deeds).toEqual([`open ${address}`]);
    expect(touchedIn(address.slice(1))).toEqual(touched);
  });

  test.each(["", "#", "#c=7k2s", "#request=", `#request=${id}x`, "#request=../../a", "#request=<script>", "#testing", `#${id}`])("is not read from any other address: %s", (hash) => {
    expect(touchedIn(hash)).toBeUndefined();
  });
});

describe("the words", () => {
  const one = (words: string) => ({ en: `${words}.`, de: `${words}!`, ja: `${words}。` });
  const says = { waiting: one("w"), test: one("t"), over: one("o") };
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
    expect(await wordsOf(says, browser("de-DE"), here.database)).toEqual({ title: "Aldermere", says: { waiting: "w。", test: "t。", over: "o。" } });
  });

  test.each([[["de-AT", "en"], "!"], [["fr", "ja-JP"], "。"], [["fr"], "."], [[], "."], [["constructor"], "."]] as const)("are the browser's before that: %j", async (languages, end) => {
    const { database } = surroundings(server);
    const expected = { title: "phone.example", says: { waiting: `w${end}`, test: `t${end}`, over: `o${end}` } };
    expect(await wordsOf(says, browser(...languages), database)).toEqual(expected);
    expect(plainWords(says, browser(...languages))).toEqual(expected);
  });

  test("come all the same where nothing can be read", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    vi.stubGlobal("indexedDB", { open: () => { throw new DOMException("refused", "SecurityError"); } });
    expect((await wordsOf(says, browser("de"), "none")).says.waiting).toBe("w!");
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

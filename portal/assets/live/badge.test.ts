// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followBadge } from "./badge";

/** A stream whose events the test decides. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static opened: FakeSource[] = [];
  readyState = 0;
  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }
  static get last(): FakeSource {
    const source = FakeSource.opened.at(-1);
    if (source === undefined) throw new Error("no stream was opened");
    return source;
  }
  close(): void {
    this.readyState = FakeSource.CLOSED;
  }
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent("state", { data: typeof data === "string" ? data : JSON.stringify(data) }));
  }
  fail(): void {
    this.dispatchEvent(new Event("error"));
  }
}

const two = { state: "unread", remaining: 0, version: "2", badge: "2", said: "2 unread messages" };
const three = { ...two, version: "3", badge: "3", said: "3 unread messages" };
const none = { state: "unread", remaining: 0, version: "0", said: "No unread messages" };
const asked = vi.fn<(url: string) => Promise<Response>>();
let seen: "visible" | "hidden" = "visible";
let listening: [EventTarget, string, EventListener][] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("fetch", asked);
  asked.mockReset().mockImplementation(() => Promise.resolve(new Response(JSON.stringify(three))));
  FakeSource.opened = [];
  seen = "visible";
  listening = [];
  for (const target of [document, window]) {
    const add = target.addEventListener.bind(target);
    vi.spyOn(target, "addEventListener").mockImplementation((type: string, listener: unknown) => {
      listening.push([target, type, listener as EventListener]);
      add(type, listener as EventListener);
    });
  }
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => seen);
  document.body.innerHTML = `<span data-badge>2</span><span data-badge-said>2 unread messages</span><b data-badge>2</b>
    <p role="status" id="badge" data-stream="/s" data-poll="/p" data-version="2"></p>`;
});
afterEach(() => {
  // What a test began goes with its page.
  window.dispatchEvent(new Event("pagehide"));
  for (const [target, type, listener] of listening) target.removeEventListener(type, listener);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const root = (): HTMLElement => {
  const found = document.getElementById("badge");
  if (found === null) throw new Error("no root");
  return found;
};
const figures = (): string[] => Array.from(document.querySelectorAll<HTMLElement>("[data-badge]"), (e) => (e.hidden ? "-" : e.textContent));
const words = (): string => document.querySelector("[data-badge-said]")?.textContent ?? "";
const look = (how: "visible" | "hidden"): void => {
  seen = how;
  document.dispatchEvent(new Event("visibilitychange"));
};

test("what is new is shown everywhere, and said once", () => {
  followBadge(root());
  FakeSource.last.open();
  FakeSource.last.say(two);
  expect(root().textContent).toBe("");
  FakeSource.last.say(three);
  expect(figures()).toEqual(["3", "3"]);
  expect(words()).toBe("3 unread messages");
  expect(root().textContent).toBe("3 unread messages");
});

test("a page with words of its own for what arrives says those", () => {
  const arrived = vi.fn();
  followBadge(root(), arrived);
  FakeSource.last.open();
  FakeSource.last.say(none);
  expect(arrived).not.toHaveBeenCalled();
  FakeSource.last.say(three);
  expect(arrived).toHaveBeenCalledTimes(1);
  expect(figures()).toEqual(["3", "3"]);
  expect(root().textContent).toBe("");
});

test("fewer are shown, and not said", () => {
  followBadge(root());
  FakeSource.last.say(none);
  expect(figures()).toEqual(["-", "-"]);
  expect(words()).toBe("No unread messages");
  expect(root().textContent).toBe("");
  FakeSource.last.say(two);
  expect(figures()).toEqual(["2", "2"]);
});

test("an open stream is not asked beside", async () => {
  followBadge(root());
  FakeSource.last.open();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(asked).not.toHaveBeenCalled();
});

test("where no stream opens, the page asks", async () => {
  followBadge(root());
  await vi.advanceTimersByTimeAsync(3001);
  expect(FakeSource.last.readyState).toBe(FakeSource.CLOSED);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(words()).toBe("3 unread messages");
  await vi.advanceTimersByTimeAsync(15_000);
  expect(asked).toHaveBeenCalledTimes(2);
});

test("a stream that another page took is not fought for; one that was long open is opened again", async () => {
  followBadge(root());
  FakeSource.last.open();
  FakeSource.last.fail();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSource.opened).toHaveLength(1);
  expect(asked.mock.calls.length).toBeGreaterThan(2);

  look("hidden");
  look("visible");
  FakeSource.last.open();
  await vi.advanceTimersByTimeAsync(600_000);
  FakeSource.last.fail();
  expect(FakeSource.opened).toHaveLength(3);
});

test("a page in the background holds nothing and asks nothing, and catches up", async () => {
  followBadge(root());
  FakeSource.last.open();
  look("hidden");
  expect(FakeSource.last.readyState).toBe(FakeSource.CLOSED);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).not.toHaveBeenCalled();
  look("visible");
  expect(FakeSource.opened).toHaveLength(2);
  FakeSource.last.say(three);
  expect(words()).toBe("3 unread messages");
});

test.each([401, 403, 404])("an answer of %i ends it", async (status) => {
  asked.mockImplementation(() => Promise.resolve(new Response("{}", { status })));
  vi.stubGlobal("EventSource", undefined);
  followBadge(root());
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveBeenCalledTimes(1);
  look("hidden");
  look("visible");
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveBeenCalledTimes(1);
});

test.each([500, 429])("an answer of %i is no end", async (status) => {
  asked.mockImplementation(() => Promise.resolve(new Response("{}", { status })));
  vi.stubGlobal("EventSource", undefined);
  followBadge(root());
  await vi.advanceTimersByTimeAsync(40_000);
  expect(asked.mock.calls.length).toBeGreaterThan(1);
  expect(words()).toBe("2 unread messages");
});

test("without a connection what is shown stays", async () => {
  asked.mockImplementation(() => Promise.reject(new TypeError("offline")));
  vi.stubGlobal("EventSource", undefined);
  followBadge(root());
  await vi.advanceTimersByTimeAsync(40_000);
  expect(words()).toBe("2 unread messages");
  expect(asked.mock.calls.length).toBeGreaterThan(1);
});

test.each(["{", "null", `{"version":3}`, `{"version":"3"}`, `{"version":"3","said":1}`, `{"version":"3","badge":3,"said":"x"}`])("what is no report changes nothing: %s", (text) => {
  followBadge(root());
  FakeSource.last.open();
  FakeSource.last.say(text);
  expect(figures()).toEqual(["2", "2"]);
  expect(root().textContent).toBe("");
});

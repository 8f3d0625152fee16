// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watch } from "./watch";

/** A stream whose events the test decides. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static last: FakeSource | undefined;
  readyState = 0;
  constructor(readonly url: string) {
    super();
    FakeSource.last = this;
  }
  close(): void {
    this.readyState = FakeSource.CLOSED;
  }
  say(report: unknown): void {
    this.dispatchEvent(new MessageEvent("state", { data: typeof report === "string" ? report : JSON.stringify(report) }));
  }
}

const same = { state: "pending", remaining: 90_000, version: "v1" };
const changed = { state: "approved", remaining: 0, version: "v2" };
const answer = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });
const asked = vi.fn<(url: string) => Promise<Response>>();
const go = vi.fn<(path: string) => void>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("fetch", asked);
  asked.mockReset().mockImplementation(() => Promise.resolve(answer(same)));
  go.mockReset();
  FakeSource.last = undefined;
  document.body.innerHTML = `<div id="root" data-stream="/s" data-poll="/p" data-version="v1" data-next="/n">
    <div data-countdown data-left="170000" data-total="180000"><p data-time></p></div></div>`;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function start(): FakeSource {
  const root = document.getElementById("root");
  if (root === null) throw new Error("no root");
  watch(root, go);
  if (FakeSource.last === undefined) throw new Error("no stream was opened");
  return FakeSource.last;
}

test("an open stream is not asked beside, and a changed version leaves once", async () => {
  const source = start();
  source.dispatchEvent(new Event("open"));
  source.say(same);
  expect(document.querySelector("[data-time]")?.textContent).toBe("1:30");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).not.toHaveBeenCalled();
  expect(go).not.toHaveBeenCalled();
  source.say(changed);
  source.say(changed);
  expect(go.mock.calls).toEqual([["/n"]]);
  expect(source.readyState).toBe(FakeSource.CLOSED);
});

test("a stream that does not open within three seconds gives way to asking", async () => {
  const source = start();
  await vi.advanceTimersByTimeAsync(2900);
  expect(asked).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(source.readyState).toBe(FakeSource.CLOSED);
  asked.mockImplementation(() => Promise.resolve(answer(changed)));
  await vi.advanceTimersByTimeAsync(2000);
  expect(go).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toHaveBeenCalledTimes(2);
});

test("two errors give way to asking, one does not", async () => {
  const source = start();
  source.dispatchEvent(new Event("open"));
  source.dispatchEvent(new Event("error"));
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).not.toHaveBeenCalled();
  source.dispatchEvent(new Event("error"));
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("a lost connection is asked again, an ended session leaves", async () => {
  asked.mockImplementationOnce(() => Promise.reject(new TypeError("offline")));
  asked.mockImplementationOnce(() => Promise.resolve(answer({}, 503)));
  asked.mockImplementationOnce(() => Promise.resolve(answer({}, 401)));
  start();
  await vi.advanceTimersByTimeAsync(3000 + 2000);
  expect(go).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2000);
  expect(go).toHaveBeenCalledTimes(1);
});

test("words that are no report change nothing", async () => {
  const source = start();
  source.dispatchEvent(new Event("open"));
  source.say({ version: 7 });
  source.say(null);
  expect(go).not.toHaveBeenCalled();
  source.say("{");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("time that has run out is checked with the server before leaving", async () => {
  const source = start();
  source.dispatchEvent(new Event("open"));
  asked.mockImplementation(() => Promise.resolve(answer(changed)));
  await vi.advanceTimersByTimeAsync(171_000);
  expect(go.mock.calls).toEqual([["/n"]]);
});

test("the news of a form that was sent does not overtake it", async () => {
  const source = start();
  source.dispatchEvent(new Event("open"));
  document.dispatchEvent(new Event("submit"));
  source.say(changed);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(source.readyState).toBe(FakeSource.CLOSED);
  expect(go).not.toHaveBeenCalled();
});

test("a page that came back through the history asks until it knows", async () => {
  const source = start();
  source.dispatchEvent(new Event("open"));
  document.dispatchEvent(new Event("submit"));
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  await vi.advanceTimersByTimeAsync(1);
  expect(go).not.toHaveBeenCalled();
  asked.mockImplementation(() => Promise.resolve(answer(changed)));
  await vi.advanceTimersByTimeAsync(2000);
  expect(go).toHaveBeenCalledWith("/n");
});

test("progress changes the page in place and does not leave it", async () => {
  document.body.innerHTML = `<div id="root" data-stream="/s" data-poll="/p" data-version="v1" data-progress="p1" data-next="/n">
    <div data-countdown data-left="170000" data-total="180000"><p data-time></p></div><ol id="steps" data-swap><li>Sent</li></ol></div>`;
  const fresh = document.body.innerHTML.replace("Sent", "Arrived");
  asked.mockImplementation(() => Promise.resolve(new Response(fresh)));
  const source = start();
  source.dispatchEvent(new Event("open"));
  source.say({ ...same, progress: "p1" });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).not.toHaveBeenCalled();
  source.say({ ...same, progress: "p2" });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.mock.calls[0]?.[0]).toBe("/n");
  expect(document.getElementById("steps")?.textContent).toBe("Arrived");
  expect(document.querySelector("[data-time]")?.textContent).toBe("1:30");
  expect(go).not.toHaveBeenCalled();
  source.say({ ...same, progress: 7 }); // no report
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveBeenCalledTimes(1);
});

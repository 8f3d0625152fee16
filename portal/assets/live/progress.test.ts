// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followProgress, type Progress } from "./progress";

const asked = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>();
const leave = vi.fn();

/** The page as the server would make it. */
const page = (progress: string, { version = "v1", step = "Sent", news = "", notice = `<a id="use-code" href="/code">Use a code</a>` } = {}): string => `
  <div id="wait" data-version="${version}" data-progress="${progress}" data-news="${news}">
    <p data-countdown>2:41</p>
    <div id="notice" data-swap tabindex="-1">${notice}</div>
    <ol id="steps" data-swap tabindex="-1"><li>${step}</li></ol>
    <p data-said role="status"></p>
  </div>`;
const html = (body: string, status = 200): Response => new Response(`<!doctype html><html><body>${body}</body></html>`, { status });

function start(body = page("p1")): Progress {
  document.body.innerHTML = body;
  const root = document.getElementById("wait");
  if (root === null) throw new Error("no root");
  return followProgress(root, "/sign-in/wait", leave);
}
const text = (selector: string): string => document.querySelector(selector)?.textContent ?? "";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", asked);
  asked.mockReset();
  leave.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.body.innerHTML = "";
});
const settle = () => vi.advanceTimersByTimeAsync(0);

test("news changes the parts in place, leaves the countdown alone, and is said once", async () => {
  asked.mockImplementation(() => Promise.resolve(html(page("p2", { step: "Arrived", news: "Arrived on Pixel 8" }).replace("2:41", "2:40"))));
  const progress = start();
  const countdown = document.querySelector("[data-countdown]");
  progress.told("p2");
  await settle();
  expect(asked.mock.calls.map(([url]) => url)).toEqual(["/sign-in/wait"]);
  expect(asked.mock.calls[0]?.[1]?.redirect).toBe("manual");
  expect(text("#steps")).toBe("Arrived");
  expect(text("[data-said]")).toBe("Arrived on Pixel 8");
  expect(document.querySelector("[data-countdown]")).toBe(countdown);
  expect(text("[data-countdown]")).toBe("2:41");
  const said = document.querySelector("[data-said]");
  if (said !== null) said.textContent = "";
  progress.told("p3"); // the same sentence again
  await settle();
  expect(text("[data-said]")).toBe("");
  expect(leave).not.toHaveBeenCalled();
});

test("what is known already is not asked for", async () => {
  const progress = start();
  progress.told("p1");
  progress.told(undefined);
  await settle();
  expect(asked).not.toHaveBeenCalled();
});

test("a page that shows no progress does not follow it", async () => {
  const progress = start(`<div id="wait" data-version="v1"></div>`);
  progress.told("p2");
  await settle();
  expect(asked).not.toHaveBeenCalled();
});

test("the focus stays on what has the same id, and on the part where that is gone", async () => {
  asked.mockImplementation(() => Promise.resolve(html(page("p2", { notice: `<b>New.</b> <a id="use-code" href="/code">Use a code</a>` }))));
  const progress = start();
  document.getElementById("use-code")?.focus();
  progress.told("p2");
  await settle();
  expect(document.activeElement?.id).toBe("use-code");
  expect(document.activeElement?.isConnected).toBe(true);
  asked.mockImplementation(() => Promise.resolve(html(page("p3", { notice: "It has arrived." }))));
  progress.told("p3");
  await settle();
  expect(document.activeElement?.id).toBe("notice");
});

test("a page that has become another one is left", async () => {
  for (const answer of [html(page("p2", { version: "v2" })), html("<h1>You said yes</h1>"), html("", 404), html("")]) {
    leave.mockReset();
    asked.mockImplementation(() => Promise.resolve(answer));
    const progress = start();
    progress.told("p2");
    await settle();
    expect(leave).toHaveBeenCalledTimes(1);
    expect(text("#steps")).toBe("Sent");
  }
});

test("a redirect is not followed but left to the page", async () => {
  asked.mockImplementation(() => Promise.resolve({ ok: false, status: 0, type: "opaqueredirect" } as Response));
  start().told("p2");
  await settle();
  expect(leave).toHaveBeenCalledTimes(1);
});

test("without a connection, or from a server that is busy, it is asked again", async () => {
  asked.mockImplementationOnce(() => Promise.reject(new TypeError("offline")));
  asked.mockImplementationOnce(() => Promise.resolve(html("", 503)));
  asked.mockImplementationOnce(() => Promise.resolve(html("", 429)));
  asked.mockImplementation(() => Promise.resolve(html(page("p2", { step: "Arrived" }))));
  start().told("p2");
  await vi.advanceTimersByTimeAsync(5900);
  expect(text("#steps")).toBe("Sent");
  await vi.advanceTimersByTimeAsync(200);
  expect(text("#steps")).toBe("Arrived");
  expect(leave).not.toHaveBeenCalled();
});

test("news that comes while the page is fetched brings one more look, not one each", async () => {
  const waiting: ((response: Response) => void)[] = [];
  asked.mockImplementation(() => new Promise((resolve) => waiting.push(resolve)));
  const progress = start();
  progress.told("p2");
  progress.told("p3");
  progress.told("p4");
  await settle();
  expect(asked).toHaveBeenCalledTimes(1);
  waiting[0]?.(html(page("p2", { step: "Arrived" })));
  await settle();
  expect(asked).toHaveBeenCalledTimes(2);
  waiting[1]?.(html(page("p4", { step: "Opened" })));
  await settle();
  expect(text("#steps")).toBe("Opened");
  expect(asked).toHaveBeenCalledTimes(2);
});

// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { countUp } from "./elapsed";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.innerHTML = "";
});

test("seconds go up from what had passed when the page was made", () => {
  document.body.innerHTML = `<p><span data-elapsed="1300">1</span> seconds</p>`;
  countUp(document);
  const shown = (): string => document.querySelector("[data-elapsed]")?.textContent ?? "";
  expect(shown()).toBe("1");
  vi.advanceTimersByTime(699);
  expect(shown()).toBe("1");
  vi.advanceTimersByTime(1);
  expect(shown()).toBe("2");
  vi.advanceTimersByTime(8000);
  expect(shown()).toBe("10");
  document.body.innerHTML = "";
  vi.advanceTimersByTime(5000);
  expect(vi.getTimerCount()).toBe(0);
});

test("a page without it is left alone", () => {
  countUp(document);
  expect(vi.getTimerCount()).toBe(0);
});

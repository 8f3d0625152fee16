// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { countDown, dash, figures } from "./countdown";

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `<div id="root">
    <div data-countdown data-left="61500" data-total="180000"><svg><circle data-arc></circle></svg><p data-time></p></div>
    <p data-spoken data-at-60="sixty" data-at-30="thirty" data-at-10="ten"></p></div>`;
});
afterEach(() => {
  vi.useRealTimers();
});

function root(): HTMLElement {
  const element = document.getElementById("root");
  if (element === null) throw new Error("no root");
  return element;
}
const text = (selector: string): string => root().querySelector(selector)?.textContent ?? "";

test("figures never show less than is left", () => {
  expect([161_000, 160_001, 60_000, 1, 0, -5].map(figures)).toEqual(["2:41", "2:41", "1:00", "0:01", "0:00", "0:00"]);
});

test("the arc stays between nothing and all", () => {
  expect([dash(90, 180), dash(200, 180), dash(-1, 180), dash(1, 0)]).toEqual(["50.0 100", "100.0 100", "0.0 100", "0.0 100"]);
});

test("it counts down, speaks at 60, 30 and 10 only, and ends once", () => {
  const over = vi.fn();
  countDown(root(), over);
  expect(text("[data-time]")).toBe("1:02");
  expect(text("[data-spoken]")).toBe("");
  vi.advanceTimersByTime(1500);
  expect(text("[data-time]")).toBe("1:00");
  expect(text("[data-spoken]")).toBe("sixty");
  vi.advanceTimersByTime(29_000);
  expect(text("[data-spoken]")).toBe("sixty");
  vi.advanceTimersByTime(1000);
  expect(text("[data-spoken]")).toBe("thirty");
  vi.advanceTimersByTime(20_000);
  expect(text("[data-spoken]")).toBe("ten");
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(text("[data-time]")).toBe("0:00");
  expect(root().querySelector("[data-arc]")?.getAttribute("stroke-dasharray")).toBe("0.0 100");
  expect(over).toHaveBeenCalledTimes(1);
});

test("the server's word corrects it", () => {
  const over = vi.fn();
  const countdown = countDown(root(), over);
  countdown.set(5000);
  expect(text("[data-time]")).toBe("0:05");
  countdown.set(90_000);
  vi.advanceTimersByTime(10_000);
  expect(text("[data-time]")).toBe("1:20");
  expect(over).not.toHaveBeenCalled();
});

test("a page without a countdown is left alone", () => {
  document.body.innerHTML = `<div id="root"></div>`;
  expect(() => countDown(root(), () => undefined).set(1)).not.toThrow();
});

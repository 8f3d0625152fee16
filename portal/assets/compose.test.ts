// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fits, short } from "./compose";

const MiB = 1024 * 1024;

test.each([
  [[], 2, true],
  [[25 * MiB], 2, true],
  [[25 * MiB + 1], 2, false],
  [[13 * MiB, 12 * MiB], 2, true],
  [[13 * MiB, 13 * MiB], 2, false],
  [[1, 1], 1, false],
  [[1, 1, 1], 2, false],
] as const)("files of %j bytes where %d more are taken: %s", (sizes, free, want) => {
  expect(fits(sizes, free)).toBe(want);
});

test("a text is counted in characters, with ends of lines as one", () => {
  expect(short("😀😀\r\n😀", 4)).toBe(true);
  expect(short("😀😀\r\n😀", 3)).toBe(false);
  expect(short("  ab \n", 2)).toBe(true);
});

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  document.body.innerHTML = "";
});

/** A form of the page, and how it is sent: by its main button or by one that only takes something out. */
async function page(text: string): Promise<(button: string) => boolean> {
  document.body.innerHTML = `<form enctype="multipart/form-data"><textarea data-most="5">${text}</textarea><p id="text-too-long" hidden></p>
    <input type="file" data-free="2"><p id="files-too-much" hidden></p>
    <button id="send">Send</button><button id="remove" formnovalidate>Remove</button></form>`;
  await import("./compose");
  return (button) => {
    const submitter = document.getElementById(button);
    return document.querySelector("form")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true, submitter })) ?? false;
  };
}

test("a second press sends nothing, and coming back makes it possible again", async () => {
  const press = await page("short");
  expect(press("send")).toBe(true);
  expect(document.getElementById("send")?.getAttribute("aria-busy")).toBe("true");
  expect(press("send")).toBe(false);
  window.dispatchEvent(new Event("pageshow"));
  expect(document.getElementById("send")?.hasAttribute("aria-busy")).toBe(false);
  expect(press("send")).toBe(true);
});

test("too long a text is said beside it and not sent, but files can be taken out", async () => {
  const press = await page("too long");
  expect(press("send")).toBe(false);
  expect(document.getElementById("text-too-long")?.hidden).toBe(false);
  expect(document.querySelector("textarea")?.getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(document.querySelector("textarea"));
  expect(press("remove")).toBe(true);
});

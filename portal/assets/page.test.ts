// @vitest-environment happy-dom
// The small scripts of single pages: each runs on import, as in the browser.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const press = (selector: string): void => {
  const element = document.querySelector<HTMLElement>(selector);
  if (element === null) throw new Error(`no ${selector}`);
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
};

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.body.innerHTML = "";
});

test("Show shows the password, says so, and hides it before it is sent", async () => {
  document.body.innerHTML = `<form><input id="p" type="password"><button type="button" data-show="p" data-hide-text="Hide" aria-pressed="false" hidden>
    <svg><use href="/assets/sprite.svg#eye"></use></svg><span>Show</span></button></form>`;
  await import("./show-password");
  const input = document.querySelector("input");
  const button = document.querySelector("button");
  expect(button?.hidden).toBe(false);
  press("button");
  expect([input?.type, button?.getAttribute("aria-pressed"), button?.textContent.trim()]).toEqual(["text", "true", "Hide"]);
  expect(document.querySelector("use")?.getAttribute("href")).toBe("/assets/sprite.svg#eye-off");
  document.querySelector("form")?.dispatchEvent(new Event("submit"));
  expect([input?.type, button?.textContent.trim()]).toEqual(["password", "Show"]);
});

test("Copy copies the whole code and says so for a moment", async () => {
  vi.useFakeTimers();
  const writeText = vi.fn<(text: string) => Promise<void>>(() => Promise.resolve());
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  document.body.innerHTML = `<button data-copy="7K2M-9QXD" data-copied="Copied" hidden><span>Copy</span></button>`;
  await import("./copy");
  press("button");
  await vi.advanceTimersByTimeAsync(0);
  expect(writeText).toHaveBeenCalledWith("7K2M-9QXD");
  expect(document.querySelector("span")?.textContent).toBe("Copied");
  await vi.advanceTimersByTimeAsync(3000);
  expect(document.querySelector("span")?.textContent).toBe("Copy");
});

test("Copy stays away where copying does not work, and selects where it is refused", async () => {
  vi.stubGlobal("navigator", {});
  document.body.innerHTML = `<p id="code">7K2M</p><button data-copy="7K2M" hidden><span>Copy</span></button>`;
  await import("./copy");
  expect(document.querySelector("button")?.hidden).toBe(true);

  vi.resetModules();
  vi.stubGlobal("navigator", { clipboard: { writeText: () => Promise.reject(new Error("refused")) } });
  await import("./copy");
  press("button");
  await vi.waitFor(() => expect(window.getSelection()?.toString()).toBe("7K2M"));
});

test("a question opens in place and closes by its harmless answer", async () => {
  document.body.innerHTML = `<a href="/phones/k1/remove" data-dialog="d">Remove</a>
    <dialog id="d"><form method="post"><button type="button" data-close>Keep it</button><button>Remove</button></form></dialog>`;
  await import("./dialog");
  const dialog = document.querySelector("dialog");
  press("a");
  expect(dialog?.open).toBe(true);
  press("[data-close]");
  expect(dialog?.open).toBe(false);
  expect(document.activeElement).toBe(document.querySelector("a"));
});

test("a link whose dialog is missing stays a link", async () => {
  document.body.innerHTML = `<a href="#x" data-dialog="none">Remove</a>`;
  await import("./dialog");
  const event = new MouseEvent("click", { bubbles: true, cancelable: true });
  document.querySelector("a")?.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(false);
});

test("menus close by Escape and by a press elsewhere", async () => {
  document.body.innerHTML = `<details class="menu" open><summary>Mara</summary><p id="inside">x</p></details><p id="outside">y</p>`;
  await import("./menu");
  const menu = document.querySelector("details");
  press("#inside");
  expect(menu?.open).toBe(true);
  press("#outside");
  expect(menu?.open).toBe(false);
  if (menu !== null) menu.open = true;
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(menu?.open).toBe(false);
  expect(document.activeElement).toBe(document.querySelector("summary"));
});

test("a toast goes after six seconds", async () => {
  vi.useFakeTimers();
  document.body.innerHTML = `<p id="toast" role="status">Saved</p>`;
  await import("./menu");
  vi.advanceTimersByTime(5900);
  expect(document.getElementById("toast")).not.toBeNull();
  vi.advanceTimersByTime(200);
  expect(document.getElementById("toast")).toBeNull();
});

// A stage for tests of screens: the app over a phone without a server.
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect } from "vitest";
import { loadTexts, type Language } from "../i18n";
import type { Environment } from "../install/environment";
import type { Installer } from "../install/installer";
import type { Notifier } from "../install/notifier";
import { PreviewCore, noInstaller, noNotifier, plainEnvironment, server } from "../preview-core";
import { emptyDraft, type Draft, type Preferences } from "../ui/app-context";
import { MemoryNav, type Route } from "../ui/nav";
import { App, type Start } from "./app";

export interface Stage {
  readonly core: PreviewCore;
  readonly nav: MemoryNav;
  readonly draft: Draft;
  readonly clock: { now: number };
  screen(): string | undefined;
  text(): string;
  error(): string | undefined;
  get(selector: string): HTMLElement;
  has(selector: string): boolean;
  click(selector: string): Promise<void>;
  type(selector: string, text: string): Promise<void>;
  /** Lets promises and effects settle. */
  settle(): Promise<void>;
  change(deed: () => void): Promise<void>;
}

interface Options {
  readonly language?: Language;
  readonly route?: Route;
  readonly drawing?: Preferences["drawing"];
  readonly biometric?: boolean;
  /** What differs from Chrome on an Android phone, opened from the home screen. */
  readonly environment?: Partial<Environment>;
  readonly installer?: Installer;
  readonly notifier?: Notifier;
  readonly handOver?: Start["handOver"];
  readonly prepare?: (core: PreviewCore, draft: Draft) => void;
  readonly scan?: Start["scan"];
  readonly demo?: Start["demo"];
}

/** 21 November 2026, 14:32:00 UTC */
export const moment = Date.UTC(2026, 10, 21, 14, 32);

/** Puts the app on an empty page. */
export async function stage(options: Options = {}): Promise<Stage> {
  render(null, document.body);
  document.body.replaceChildren();
  const clock = { now: moment };
  const core = new PreviewCore(() => clock.now);
  const draft = emptyDraft();
  options.prepare?.(core, draft);
  const nav = new MemoryNav(options.route);
  const texts = await loadTexts(options.language ?? "en", "UTC");
  const settle = (): Promise<void> => act(async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  });
  const root = document.body.appendChild(document.createElement("div"));
  await act(async () => {
    render(
      <App
        core={core} nav={nav} texts={texts} draft={draft} server={server} host="phone.aldermere.example" version="test"
        device={{ platform: "android", name: "Pixel 8" }} biometric={options.biometric ?? false} 
        environment={{ ...plainEnvironment, ...options.environment }} installer={options.installer ?? noInstaller} notifier={options.notifier ?? noNotifier}
        handOver={options.handOver ?? (() => undefined)} now={() => clock.now}
        preferences={{ drawing: options.drawing ?? "android", theme: "device" }} demo={options.demo} keep={() => undefined}
        scan={options.scan ?? (() => Promise.reject(new Error("no camera on this stage")))}
      />,
      root,
    );
    await Promise.resolve();
  });
  await settle();

  const get = (selector: string): HTMLElement => {
    const found = root.querySelector<HTMLElement>(selector);
    expect(found, `${selector} on screen ${root.querySelector("[data-screen]")?.getAttribute("data-screen") ?? "none"}`).not.toBeNull();
    return found as HTMLElement;
  };
  return {
    core, nav, draft, clock, get, settle,
    screen: () => root.querySelector("[data-screen]")?.getAttribute("data-screen") ?? undefined,
    text: () => root.textContent,
    error: () => root.querySelector("[data-error]")?.getAttribute("data-error") ?? undefined,
    has: (selector) => root.querySelector(selector) !== null,
    async click(selector) {
      await act(async () => {
        get(selector).click();
        await Promise.resolve();
      });
      await settle();
    },
    async type(selector, text) {
      await act(async () => {
        const input = get(selector) as HTMLInputElement;
        input.value = text;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        await Promise.resolve();
      });
      await settle();
    },
    async change(deed) {
      await act(async () => {
        deed();
        await Promise.resolve();
      });
      await settle();
    },
  };
}

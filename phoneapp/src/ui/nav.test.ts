// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { BrowserNav, MemoryNav, type Nav } from "./nav";

/** A window whose history walks only when told, as a browser's does after the script has ended. */
class FakeWindow {
  readonly entries: unknown[] = [null];
  at = 0;
  #listener: ((event: { state: unknown }) => void) | undefined;
  #walk = 0;

  readonly history = {
    state: null as unknown,
    pushState: (state: unknown) => {
      this.entries.splice(++this.at, Infinity, structuredClone(state));
      this.history.state = state;
    },
    replaceState: (state: unknown) => {
      this.entries[this.at] = structuredClone(state);
      this.history.state = state;
    },
    back: () => this.history.go(-1),
    go: (by: number) => {
      this.#walk = by;
    },
  };

  addEventListener(_: string, listener: (event: { state: unknown }) => void): void {
    this.#listener = listener;
  }

  arrive(): void {
    this.at += this.#walk;
    this.#walk = 0;
    this.history.state = this.entries[this.at];
    this.#listener?.({ state: this.entries[this.at] });
  }
}

const onWindow = (): { window: FakeWindow; nav: BrowserNav } => {
  const window = new FakeWindow();
  return { window, nav: new BrowserNav(window as unknown as Window) };
};

describe.each<[string, () => Nav]>([["in memory", () => new MemoryNav()], ["in the browser's history", () => onWindow().nav]])("a way %s", (_, make) => {
  test("starts at home, goes on, and tells who listens until they stop", () => {
    const nav = make();
    const told: string[] = [];
    const stop = nav.on(() => told.push(nav.route.screen));
    expect(nav.route.screen).toBe("home");
    nav.go({ screen: "code" });
    nav.replace({ screen: "scan" });
    stop();
    nav.go({ screen: "offer" });
    expect(told).toEqual(["code", "scan"]);
    expect(nav.depth).toBe(2);
  });

  test("going back with nowhere to go leads home", () => {
    const nav = make();
    nav.replace({ screen: "offer" });
    nav.back();
    expect(nav.route.screen).toBe("home");
  });

  test("a reset shows the new screen at once and forgets the way", () => {
    const nav = make();
    nav.go({ screen: "code" });
    nav.go({ screen: "offer" });
    nav.reset({ screen: "home" });
    expect(nav.route.screen).toBe("home");
    expect(nav.depth).toBe(0);
  });
});

describe("the browser's history", () => {
  test("walks the screens with the back button", () => {
    const { window, nav } = onWindow();
    nav.go({ screen: "more" });
    nav.go({ screen: "users" });
    window.history.back();
    window.arrive();
    expect(nav.route.screen).toBe("more");
    expect(nav.depth).toBe(1);
  });

  test("survives a reload", () => {
    const { window, nav } = onWindow();
    nav.go({ screen: "settings" });
    expect(new BrowserNav(window as unknown as Window).route.screen).toBe("settings");
  });

  test("after a reset the first entry is the new screen, and nothing stands before it", () => {
    const { window, nav } = onWindow();
    nav.go({ screen: "code" });
    nav.go({ screen: "offer" });
    nav.reset({ screen: "activated", keyId: "k1" });
    window.arrive();
    expect(window.at).toBe(0);
    expect(window.entries[0]).toEqual({ nodkey: { screen: "activated", keyId: "k1" }, depth: 0 });
  });

  test("what is opened while the browser still walks back comes after it arrived", () => {
    const { window, nav } = onWindow();
    nav.go({ screen: "code" });
    nav.reset({ screen: "home" });
    nav.go({ screen: "more" });
    expect(nav.route.screen).toBe("more");
    window.arrive();
    expect(nav.route.screen).toBe("more");
    expect(window.entries.map((entry) => (entry as { nodkey: { screen: string } }).nodkey.screen)).toEqual(["home", "more"]);
  });

  test("holds routes only: no code, no PIN, no digits", () => {
    const { window, nav } = onWindow();
    nav.go({ screen: "code" });
    nav.go({ screen: "confirm", id: "a1" });
    expect(window.entries.slice(1)).toEqual([
      { nodkey: { screen: "code" }, depth: 1 },
      { nodkey: { screen: "confirm", id: "a1" }, depth: 2 },
    ]);
  });
});

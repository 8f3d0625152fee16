// Where the person is. Routes carry ids only: what is secret (a code, a PIN, two digits) stays in the Draft and never in the history.

export type Route =
  | { readonly screen: PlainScreen }
  | { readonly screen: "activated" | "user" | "change-pin" | "messages" | "rename"; readonly keyId: string }
  | { readonly screen: "message" | "message-reply"; readonly keyId: string; readonly id: string }
  | { readonly screen: "approval" | "confirm" | "missed" | "request"; readonly id: string };

export type PlainScreen =
  | "about"
  | "add"
  | "already"
  | "arrange"
  | "before"
  | "biometric"
  | "camera-help"
  | "code"
  | "decided"
  | "existing-pin"
  | "fault"
  | "forgot-pin"
  | "home"
  | "install"
  | "installed"
  | "looking"
  | "messages-user"
  | "missed-all"
  | "more"
  | "notifications"
  | "notifications-check"
  | "ntfy"
  | "offer"
  | "offline-ask"
  | "offline-code"
  | "offline-digits"
  | "offline-pin"
  | "offline-result"
  | "offline-scan"
  | "offline-user"
  | "phone-name"
  | "pin"
  | "pins-left"
  | "scan"
  | "sensor"
  | "services"
  | "settings"
  | "undo"
  | "users";

/** The way through the screens. `home` is decided by App: the first screen while nobody is active here. */
export interface Nav {
  readonly route: Route;
  readonly depth: number;
  go(route: Route): void;
  /** Takes the place of the current screen. */
  replace(route: Route): void;
  back(): void;
  /** Forgets the way here and starts anew. */
  reset(route: Route): void;
  on(listener: () => void): () => void;
}

const home: Route = { screen: "home" };

abstract class Listened {
  readonly #listeners = new Set<() => void>();

  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/**
 * A history of our own, for a framed app: frames share one joint history, so that going back here could move the page beside.
 */
export class MemoryNav extends Listened implements Nav {
  #stack: Route[];

  constructor(start: Route = home) {
    super();
    this.#stack = [start];
  }

  get route(): Route {
    return this.#stack.at(-1) ?? home;
  }

  get depth(): number {
    return this.#stack.length - 1;
  }

  go(route: Route): void {
    this.#stack.push(route);
    this.tell();
  }

  replace(route: Route): void {
    this.#stack[this.#stack.length - 1] = route;
    this.tell();
  }

  back(): void {
    if (this.depth === 0) this.#stack = [home];
    else this.#stack.pop();
    this.tell();
  }

  reset(route: Route): void {
    this.#stack = [route];
    this.tell();
  }
}

interface State {
  readonly nodkey: Route;
  readonly depth: number;
}

function readState(value: unknown): State | undefined {
  if (typeof value !== "object" || value === null || !("nodkey" in value) || !("depth" in value)) return undefined;
  return value as State;
}

/** The browser's own history: its back button walks the screens. */
export class BrowserNav extends Listened implements Nav {
  #state: State;
  /** While the browser walks back for a reset: where to be once it arrived, and what was opened meanwhile. */
  #pending: { readonly route: Route; readonly then: Route | undefined } | undefined;

  constructor(
    private readonly window: Window,
    start?: Route,
  ) {
    super();
    const kept = readState(window.history.state);
    this.#state = start === undefined && kept !== undefined ? kept : { nodkey: start ?? home, depth: 0 };
    window.history.replaceState(this.#state, "");
    window.addEventListener("popstate", (event) => this.#popped(event.state));
  }

  get route(): Route {
    return this.#state.nodkey;
  }

  get depth(): number {
    return this.#state.depth;
  }

  go(route: Route): void {
    this.#state = { nodkey: route, depth: this.#state.depth + 1 };
    if (this.#pending === undefined) this.window.history.pushState(this.#state, "");
    else this.#pending = { ...this.#pending, then: route };
    this.tell();
  }

  replace(route: Route): void {
    this.#state = { nodkey: route, depth: this.#state.depth };
    if (this.#pending === undefined) this.window.history.replaceState(this.#state, "");
    else this.#pending = this.#pending.then === undefined ? { route, then: undefined } : { ...this.#pending, then: route };
    this.tell();
  }

  back(): void {
    if (this.#state.depth > 0) this.window.history.back();
    else this.replace(home);
  }

  reset(route: Route): void {
    const { depth } = this.#state;
    if (depth === 0 || this.#pending !== undefined) {
      this.replace(route);
      return;
    }
    // The screen changes at once; the history follows.
    this.#pending = { route, then: undefined };
    this.#state = { nodkey: route, depth: 0 };
    this.tell();
    this.window.history.go(-depth);
  }

  #popped(value: unknown): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#state = { nodkey: pending?.route ?? readState(value)?.nodkey ?? home, depth: readState(value)?.depth ?? 0 };
    if (pending === undefined) {
      this.tell();
      return;
    }
    this.window.history.replaceState(this.#state, "");
    if (pending.then === undefined) this.tell();
    else this.go(pending.then);
  }
}

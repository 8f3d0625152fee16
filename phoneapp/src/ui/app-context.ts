// What every screen is given: the core, the way, the sentences, and the draft of what is being done.
import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { Approval, Core, CoreEvent, Offer, OfflineSubject, Outcome, Platform, ServerInfo } from "../core/contract";
import type { Texts } from "../i18n";
import type { Environment } from "../install/environment";
import type { Installer } from "../install/installer";
import type { Notifier } from "../install/notifier";
import type { Nav, Route } from "./nav";

/** Something went wrong and has a screen of its own. */
export interface Trouble {
  readonly key: string;
  readonly args: Readonly<Record<string, string | number>>;
  /** What the person was doing: it names the bar and decides the way back. */
  readonly during: "activation" | "approval" | "other";
}

/** What became of an approval, with what was asked. */
export interface Decided {
  readonly approval: Approval;
  readonly ending: Ending;
  readonly at: number;
}

export type Ending = "approved" | "not_me" | "mistake" | "wrong_number" | "expired" | "gone" | "disowned" | ElsewhereEnding;
/** The server's word on a decision that came too late. */
export type ElsewhereEnding = "elsewhere_approved" | "elsewhere_denied" | "cancelled";

/** Eight digits, and what proved the person: a wrong PIN makes wrong ones. */
export interface MadeCode {
  readonly code: string;
  readonly by: "pin" | "biometric";
}

/** Kept in memory only, and dropped when a task ends. */
export interface Draft {
  /** The five groups as typed so far. */
  groups: readonly string[];
  fingerprint: string | undefined;
  offer: Offer | undefined;
  /** Also make a biometric factor when the PIN screen is done. */
  biometricToo: boolean;
  /** The PIN is asked for because this phone's biometric cannot make codes without a connection. */
  pinForCodes: boolean;
  number: string;
  /** Keys whose PIN is to change together; all that have one when not set. */
  pinKeys: readonly string[] | undefined;
  /** How the last change of PIN ended where it did not reach every key. */
  pinsLeft: { readonly keyIds: readonly string[]; readonly changed: number } | undefined;
  trouble: Trouble | undefined;
  decided: Decided | undefined;
  /** The request of a notification that was touched is over; the home screen says so once. */
  requestOver: boolean;
  /** Where an activation goes on when the question about notifications was answered on the way. */
  afterNotifications: Route | undefined;
  /** An answer in the message centre that was typed and not sent: it waits behind the next opening. */
  answerText: { readonly keyId: string; readonly reference: string; readonly text: string } | undefined;
  /** A code without a connection on its way: first who answers typed digits, then what is answered, at last the digits. */
  answer: { readonly keyId: string } | { readonly subject: OfflineSubject; readonly made?: MadeCode } | undefined;
}

export function emptyDraft(): Draft {
  return {
    groups: ["", "", "", "", ""], fingerprint: undefined, offer: undefined, biometricToo: false, pinForCodes: false, number: "",
    pinKeys: undefined, pinsLeft: undefined, trouble: undefined, decided: undefined, answer: undefined, answerText: undefined, afterNotifications: undefined, requestOver: false,
  };
}

/** What the person chose for this phone; kept on it. */
export interface Preferences {
  readonly drawing: "android" | "ios";
  readonly theme: "device" | "light" | "dark";
  /** What the person called this phone at the portal; what the device calls itself until then. */
  readonly phoneName?: string | undefined;
}

/** The demo's second way to feed the decoder: a picture of the page beside. */
export interface DemoScan {
  picture(signal: AbortSignal): Promise<Blob | ImageBitmap>;
}

/** The camera and the decoder, loaded when they are needed. */
export type Scan = Pick<typeof import("../scan/scan"), "openScanner" | "scanFrom">;

export interface App {
  readonly core: Core;
  readonly nav: Nav;
  readonly texts: Texts;
  readonly draft: Draft;
  readonly server: ServerInfo | undefined;
  readonly host: string;
  /** What this device is, told to the server as the phone's platform and name. */
  readonly device: { readonly platform: Platform; readonly name: string };
  readonly biometric: boolean;
  /** Where the app is running; see install/environment.ts for what follows from it. */
  readonly environment: Environment;
  readonly installer: Installer;
  readonly notifier: Notifier;
  /** The code of a link on its way into the app that is installed here; undefined takes it back. */
  readonly handOver: (link: Pick<Draft, "groups" | "fingerprint"> | undefined) => void;
  readonly preferences: Preferences;
  readonly scan: () => Promise<Scan>;
  readonly demo: DemoScan | undefined;
  readonly version: string;
  readonly setPreferences: (preferences: Preferences) => void;
  readonly setLanguage: (language: string) => void;
  /** A toast, for things that succeeded. */
  readonly say: (text: string) => void;
  readonly now: () => number;
  /** Shows what went wrong on a screen of its own. */
  readonly fail: (fault: unknown, during: Trouble["during"]) => void;
  /** Ends the task: drops the draft, goes home. */
  readonly finish: () => void;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("a screen stands outside the app");
  return app;
}

/** Reads from the core again whenever one of the events comes. */
export function useCore<T>(events: readonly CoreEvent[], read: (core: Core) => T): T {
  const { core } = useApp();
  const [, tick] = useState(0);
  const names = events.join(" ");
  // Before anything else can run: an event between reading and listening would never be told.
  useLayoutEffect(() => {
    const stops = names.split(" ").map((event) => core.on(event as CoreEvent, () => tick((n) => n + 1)));
    return () => {
      for (const stop of stops) stop();
    };
  }, [core, names]);
  return read(core);
}

/** The time, once a second, while something counts down. */
export function useNow(running = true): number {
  const { now } = useApp();
  const [at, set] = useState(now());
  useEffect(() => {
    if (!running) return undefined;
    set(now());
    const timer = setInterval(() => set(now()), 1000);
    return () => clearInterval(timer);
  }, [now, running]);
  return at;
}

/** Runs a task once at a time; busy while it runs. */
export function useTask(): readonly [boolean, (task: () => Promise<void>) => void] {
  const [busy, setBusy] = useState(false);
  const run = (task: () => Promise<void>): void => {
    if (busy) return;
    setBusy(true);
    void task().finally(() => setBusy(false));
  };
  return [busy, run];
}

/** Outcome of a decision as an ending to show. */
export function endingOf(outcome: Outcome, reason: "not_me" | "mistake"): Ending {
  if (outcome.state === "approved") return "approved";
  return outcome.cause === "wrong_number" ? "wrong_number" : reason;
}

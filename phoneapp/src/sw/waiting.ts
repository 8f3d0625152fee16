// The notification that a push brings: the id of a request and nothing else (docs/protocol.md §5.7). It shows nothing of the
// request, because whoever holds the phone may read it; the app asks for the rest when it is opened.

import { Store } from "../core/store";
import type { Pushed } from "./receive";

/** One sentence by language; "en" is what other languages fall back to. */
export type Sentences = Readonly<Record<string, string>> & { readonly en: string };
/** What a notification says of each thing that a push can be. */
export type Says = Readonly<Record<Pushed, Sentences>>;

/** What the worker tells the pages of the app. */
export type Told =
  /** A push came and was shown; id is the request's. */
  | { readonly type: "pushed"; readonly id: string; readonly test?: true }
  /** The person touched a notification. */
  | ({ readonly type: "opened" } & Touched);

/** What a touched notification was of: a request, or a test; neither where a push carried no id. */
export interface Touched {
  readonly id?: string;
  readonly test?: true;
}

/** What every notification of a test carries. */
const testData = { test: true } as const;

/** Whether a notification is a test's, which stays until the person takes it away. */
export function isTest(notification: Pick<Notification, "data">): boolean {
  const data: unknown = notification.data;
  return typeof data === "object" && data !== null && "test" in data;
}

/** The tag of what came without an id that could be one. */
const nameless = "request";
const idShape = /^[A-Za-z0-9_-]{22}$/;

/** A push is shown after this long at the latest, whatever is known of it by then: iOS gives up an app that shows nothing. Milliseconds. */
export const showWithin = 4_000;

interface Client {
  postMessage(message: Told): void;
}

/** What is used of the worker's pages. */
export interface Pages {
  matchAll(options: { type: "window"; includeUncontrolled: true }): Promise<readonly (Client & { focus(): Promise<unknown> })[]>;
  openWindow(url: string): Promise<unknown>;
}

const pages = { type: "window", includeUncontrolled: true } as const;

/** Title, and text by what a push is of. */
export interface Words {
  readonly title: string;
  readonly says: Readonly<Record<Pushed, string>>;
}

export interface Place {
  readonly registration: Pick<ServiceWorkerRegistration, "showNotification" | "getNotifications">;
  readonly clients: Pages;
  readonly icon: string;
  readonly words: () => Promise<Words>;
  /** What is said when the words take too long. */
  readonly plain: Words;
  /** As receive in ./receive.ts. */
  readonly receive: (id: string, found: (what: Pushed) => void) => Promise<void>;
  readonly pause: (ms: number) => Promise<void>;
}

/** What a push carries, as text; "" for nothing and for what is no text. */
export function textOf(data: { text(): string } | null): string {
  try {
    return data?.text() ?? "";
  } catch {
    return "";
  }
}

/**
 * Shows a notification for every push, as browsers demand, whatever it carries and whatever fails. One request has one notification:
 * its id is the tag here and in the page (install/notifier.ts). The pages that are open are told, and take it back when the request is
 * over. Ends when the server was told that it arrived; what is found only then is put in place of what was shown.
 */
export async function showPushed(payload: string, place: Place): Promise<void> {
  const id = idShape.test(payload) ? payload : undefined;
  const late = place.pause(showWithin).then(() => undefined);
  let tell: (what: Pushed | undefined) => void = () => undefined;
  const found = new Promise<Pushed | undefined>((resolve) => (tell = resolve));
  const receiving = (id === undefined ? Promise.resolve() : place.receive(id, tell)).catch((fault: unknown) => console.warn(fault)).finally(() => tell(undefined));

  const [words, early] = await Promise.all([Promise.race([place.words().catch(() => undefined), late]), Promise.race([found, late])]);
  const show = async (what: Pushed): Promise<void> => {
    const { title, says } = words ?? place.plain;
    await place.registration.showNotification(title, { tag: id ?? nameless, body: says[what], icon: place.icon, ...(what === "test" ? { data: testData } : {}) });
  };
  try {
    if (early === "test") await closeTests(place.registration);
    await show(early ?? "waiting");
  } catch (fault) {
    console.warn(fault); // not allowed any more; that it arrived is true all the same
  }
  const message: Told = { type: "pushed", id: id ?? nameless, ...(early === "test" ? { test: true } : {}) };
  const tellPages = async (): Promise<void> => {
    for (const client of await place.clients.matchAll(pages)) client.postMessage(message);
  };
  // The page of a test asks the server for its receipt at once.
  if (early !== "test") await tellPages();
  await receiving;
  if (early === "test") await tellPages();
  const known = await found;
  if (early === undefined && known !== undefined && known !== "waiting") await show(known).catch((fault: unknown) => console.warn(fault));
}

/** Of tests only the last stands there. */
async function closeTests(registration: Place["registration"]): Promise<void> {
  for (const notification of await registration.getNotifications()) if (isTest(notification)) notification.close();
}

/** The server's name, and the sentences in the person's language: the one that the app has, or else the browser's. */
export async function wordsOf(says: Says, browser: Browser, database?: string): Promise<Words> {
  const kept = await keptWords(database);
  const words = plainWords(says, browser, kept.language);
  return { ...words, title: kept.server ?? words.title };
}

type Browser = { readonly navigator: { readonly languages: readonly string[] }; readonly location: { readonly host: string } };

/** The same without anything that is kept. */
export function plainWords(says: Says, { navigator, location }: Browser, language?: string): Words {
  const wished = [...(language === undefined ? [] : [language]), ...navigator.languages].map((wish) => wish.toLowerCase().split("-", 1)[0] ?? "");
  const one = (sentences: Sentences): string => sentences[wished.find((base) => Object.hasOwn(sentences, base)) ?? "en"] ?? sentences.en;
  return { title: location.host, says: { waiting: one(says.waiting), test: one(says.test), over: one(says.over) } };
}

/** Nothing when it cannot be read: the notification comes all the same. */
async function keptWords(database: string | undefined): Promise<{ readonly language?: string | undefined; readonly server?: string | undefined }> {
  try {
    const store = await Store.open(database);
    try {
      return { language: await store.setting("language"), server: (await store.setting("server"))?.name };
    } finally {
      store.close();
    }
  } catch (fault) {
    console.warn(fault);
    return {};
  }
}

/**
 * The app that is open comes to the front and is told what was touched; without one it is opened with that behind the "#" of its
 * address, which reaches no server and no log (see touchedIn).
 */
export async function bringForward(notification: Pick<Notification, "tag" | "data">, clients: Pages): Promise<void> {
  const touched: Touched = isTest(notification) ? testData : idShape.test(notification.tag) ? { id: notification.tag } : {};
  const [open] = await clients.matchAll(pages);
  try {
    await open?.focus();
  } catch (fault) {
    console.warn(fault); // it may be told still, and look when the person comes to it
  }
  if (open !== undefined) open.postMessage({ type: "opened", ...touched });
  else await clients.openWindow(touched.test ? "/#test" : touched.id === undefined ? "/" : `/#request=${touched.id}`);
}

/** What an address that bringForward opened says was touched; undefined for any other. */
export function touchedIn(hash: string): Touched | undefined {
  if (hash === "#test") return testData;
  const id = hash.startsWith("#request=") ? hash.slice("#request=".length) : "";
  return idShape.test(id) ? { id } : undefined;
}

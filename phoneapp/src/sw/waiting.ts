// The notification that a request waits, as a push brings it: the id of a request and nothing else (docs/protocol.md §5.7). It
// shows nothing of the request, because whoever holds the phone may read it; the app asks for the rest when it is opened.

import { Store } from "../core/store";

/** One sentence by language; "en" is what other languages fall back to. */
export type Sentences = Readonly<Record<string, string>> & { readonly en: string };

/** What the worker tells the pages of the app. */
export type Told =
  /** A push came; id is the request's, which may be over. */
  | { readonly type: "pushed"; readonly id: string }
  /** The person touched a notification. */
  | { readonly type: "opened" };

/** The tag of what came without an id that could be one. */
const nameless = "request";

interface Client {
  postMessage(message: Told): void;
}

/** What is used of the worker's pages. */
export interface Pages {
  matchAll(options: { type: "window" }): Promise<readonly (Client & { focus(): Promise<unknown> })[]>;
  openWindow(url: string): Promise<unknown>;
}

interface Place {
  readonly registration: Pick<ServiceWorkerRegistration, "showNotification">;
  readonly clients: Pages;
  readonly icon: string;
  readonly words: () => Promise<{ readonly title: string; readonly body: string }>;
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
 * Shows a notification for every push, as browsers demand, whatever it carries. One request has one notification: its id is the
 * tag here and in the page (install/notifier.ts). The pages that are open are told, and take it back when the request is over.
 */
export async function showWaiting(payload: string, { registration, clients, icon, words }: Place): Promise<void> {
  const id = /^[A-Za-z0-9_-]{22}$/.test(payload) ? payload : undefined;
  const { title, body } = await words();
  await registration.showNotification(title, { tag: id ?? nameless, body, icon });
  for (const client of await clients.matchAll({ type: "window" })) client.postMessage({ type: "pushed", id: id ?? nameless });
}

/** The server's name, and the sentence in the person's language: the one that the app has, or else the browser's. */
export async function wordsOf(
  sentences: Sentences,
  browser: { readonly navigator: { readonly languages: readonly string[] }; readonly location: { readonly host: string } },
  database?: string,
): Promise<{ readonly title: string; readonly body: string }> {
  const kept = await keptWords(database);
  const wished = [...(kept.language === undefined ? [] : [kept.language]), ...browser.navigator.languages];
  const language = wished.map((wish) => wish.toLowerCase().split("-", 1)[0] ?? "").find((base) => Object.hasOwn(sentences, base));
  return { title: kept.server ?? browser.location.host, body: sentences[language ?? "en"] ?? sentences.en };
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

/** The app that is open comes to the front as it is and looks for requests; without one it is opened. */
export async function bringForward(clients: Pages): Promise<void> {
  const [open] = await clients.matchAll({ type: "window" });
  if (open === undefined) {
    await clients.openWindow("/");
    return;
  }
  await open.focus();
  open.postMessage({ type: "opened" });
}

// The language of the app, kept where the service worker can read it.

import { Store } from "./store";

/** Keeps the language in which notifications are written while the app is closed (BCP 47). Throws PhoneFault "storage". */
export async function keepLanguage(language: string, database?: string): Promise<void> {
  const store = await Store.open(database);
  try {
    await store.set("language", language);
  } finally {
    store.close();
  }
}

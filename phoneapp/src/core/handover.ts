// An activation link on its way from the browser's tab to the app that is installed from it. On Android and on a computer
// both have one storage; on an iPhone the installed app has its own, so nothing is kept there.

import { platformOf } from "./posture";
import { Store } from "./store";

/** As long as a code lives; milliseconds. */
export const handoverKept = 10 * 60_000;

/** The code's groups as they were read, and the fingerprint of a scanned link. */
export interface Handover {
  readonly groups: readonly string[];
  readonly fingerprint: string | undefined;
}

/**
 * Keeps a link for the app that is about to be installed, in place of one kept before. now: milliseconds since the epoch.
 * Does nothing on an iPhone. Throws PhoneFault "storage".
 */
export async function keepHandover(link: Handover, now = Date.now()): Promise<void> {
  await shared((store) => store.keepHandover({ groups: [...link.groups], fingerprint: link.fingerprint, at: now }));
}

/**
 * The link that was kept, once: it is gone with this, and so is one that was kept more than ten minutes ago, which is not
 * given. Throws PhoneFault "storage".
 */
export async function takeHandover(now = Date.now()): Promise<Handover | undefined> {
  const kept = await shared((store) => store.takeHandover());
  // Kept in the future: the clock was set back, and nobody knows how old it is.
  if (kept === undefined || kept.at > now || now - kept.at > handoverKept) return undefined;
  return { groups: kept.groups, fingerprint: kept.fingerprint };
}

async function shared<T>(work: (store: Store) => Promise<T>): Promise<T | undefined> {
  if (platformOf(navigator) === "ios") return undefined;
  const store = await Store.open();
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

// What the phone keeps, in IndexedDB: keys that no script can read, and nothing from which a PIN could be guessed without
// the server (docs/protocol.md §4.3). Every failure of the browser's storage is PhoneFault "storage".

import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import { newId } from "./bytes";
import { PhoneFault, type KeyState, type PastApproval, type ServerInfo } from "./contract";
import type { PinnedKeys } from "./messages";

/** One user's activation on this phone. */
export interface KeyRecord {
  readonly keyId: string;
  readonly serverId: string;
  readonly pinned: PinnedKeys;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  /** D's private half: ECDSA P-256, signs only, non-extractable; point is its public half. */
  readonly d: CryptoKey;
  readonly point: string;
  /** kp: HMAC-SHA-256, non-extractable. */
  readonly kp: CryptoKey;
  /** K: HMAC-SHA-256, non-extractable. For signing in while the phone is offline. */
  readonly ocra: CryptoKey;
  readonly rpId: string;
  /** The WebAuthn credential's id, where there is one. */
  readonly credential?: string;
  readonly pin: boolean;
  readonly prf: boolean;
  /** b64u(H(submission signing input)): receipts name it. */
  readonly submission: string;
  readonly state: KeyState;
  readonly digits?: string;
  /** iat of the receipt that state and digits are from. */
  readonly receiptAt: number;
  readonly activatedAt: number;
  /** The person's own name for the user. */
  readonly label?: string;
  /** Place in the person's order; absent until they chose one, and then last. */
  readonly position?: number;
  /** A change of the PIN for several users did not reach this one. */
  readonly oldPin?: true;
  /** The push subscription that the server has for this key: a hash of it, and when it was handed over, milliseconds since the epoch. */
  readonly push?: { readonly name: string; readonly at: number };
}

/** An activation link on its way from the browser to the installed app. */
export interface HandoverRecord {
  readonly groups: readonly string[];
  readonly fingerprint: string | undefined;
  /** When it was kept, milliseconds since the epoch. */
  readonly at: number;
}

/** A finished submission without its receipt, and the key that it would make. */
export interface PendingRecord {
  readonly codeId: string;
  readonly offer: string;
  readonly submission: string;
  readonly mac: string;
  readonly key: KeyRecord;
}

interface Settings {
  readonly phoneId: string;
  readonly server: ServerInfo;
  readonly skew: number;
  /** What the person calls this phone at the portal. */
  readonly phoneName: string;
  /** In which the service worker writes notifications. */
  readonly language: string;
  /** How far the server was told that approvals came (core/seen.ts), by id, the newest last. */
  readonly seen: readonly (readonly [id: string, rank: number])[];
  /** Missed requests that the person took off the list, by id, the newest last. */
  readonly dismissed: readonly string[];
  /** When a subscription that the server could not use was last made anew, milliseconds since the epoch. */
  readonly pushRenewed: number;
  /** The topic that the server publishes to, and for which keys it was told so. */
  readonly ntfy: { readonly address: string; readonly keyIds: readonly string[] } | undefined;
}

interface Schema extends DBSchema {
  keys: { key: string; value: KeyRecord };
  pending: { key: string; value: PendingRecord };
  past: { key: string; value: PastApproval };
  settings: { key: string; value: Settings[keyof Settings] };
  handover: { key: string; value: HandoverRecord };
}

/** 2 came with handovers. Labels, positions and old PINs are members that records of version 1 lack, as new records do. */
const version = 2;
/** The one handover that there can be. */
const link = "link";

/** How many decided approvals are kept. */
const pastKept = 20;
/** How many approvals are remembered to have been seen, and how many missed ones to have been taken away: more than a server tells of. */
const remembered = 100;

export class Store {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  /** Opens the database, making it when there is none. */
  static async open(name = "nodkey"): Promise<Store> {
    return guarded(async () => {
      const db = await openDB<Schema>(name, version, {
        upgrade(old, from) {
          if (from < 1) {
            old.createObjectStore("keys", { keyPath: "keyId" });
            old.createObjectStore("pending", { keyPath: "codeId" });
            old.createObjectStore("past", { keyPath: "id" });
            old.createObjectStore("settings");
          }
          if (from < 2) old.createObjectStore("handover");
        },
        // Another tab has a newer app: let it go on.
        blocking: () => db.close(),
      });
      return new Store(db);
    });
  }

  static async destroy(name = "nodkey"): Promise<void> {
    await guarded(() => deleteDB(name));
  }

  close(): void {
    this.db.close();
  }

  /** Asks the browser not to clear this storage when space is short. Not every browser grants it. */
  async persist(): Promise<void> {
    if (typeof navigator === "undefined" || !("storage" in navigator)) return;
    // A service worker has no way of asking.
    const storage: { persist?(): Promise<boolean>; persisted(): Promise<boolean> } = navigator.storage;
    await storage.persist?.().catch(() => false);
  }

  /** In the person's order; those without a place behind, in the order of their activation. */
  async keys(): Promise<KeyRecord[]> {
    return inOrder(await guarded(() => this.db.getAll("keys")));
  }

  /**
   * Changes what is kept of a key, from what is kept now: another tab may have written since this one read. A key that was
   * removed meanwhile stays removed.
   */
  async changeKey(keyId: string, change: (key: KeyRecord) => KeyRecord): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction("keys", "readwrite");
      const key = await tx.store.get(keyId);
      if (key !== undefined) await tx.store.put(change(key));
      await tx.done;
    });
  }

  /** Puts these keys first, in this order; the others keep theirs behind. */
  async reorder(keyIds: readonly string[]): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction("keys", "readwrite");
      const before = inOrder(await tx.store.getAll());
      const named = keyIds.flatMap((id) => before.find((key) => key.keyId === id) ?? []);
      const order = [...new Set([...named, ...before])];
      for (const [position, key] of order.entries()) await tx.store.put({ ...key, position });
      await tx.done;
    });
  }

  /** Of these keys, notes which ones a change of the PIN missed. */
  async markOldPins(keyIds: readonly string[], missed: readonly string[]): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction("keys", "readwrite");
      for (const id of keyIds) {
        const key = await tx.store.get(id);
        if (key === undefined) continue;
        const { oldPin, ...plain } = key;
        if (missed.includes(id)) await tx.store.put({ ...plain, oldPin: true });
        else if (oldPin) await tx.store.put(plain);
      }
      await tx.done;
    });
  }

  /** Forgets a key and what it decided. */
  async removeKey(keyId: string): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction(["keys", "past"], "readwrite");
      await tx.objectStore("keys").delete(keyId);
      const past = tx.objectStore("past");
      for (const entry of await past.getAll()) if (entry.keyId === keyId) await past.delete(entry.id);
      await tx.done;
    });
  }

  async pending(): Promise<PendingRecord[]> {
    return guarded(() => this.db.getAll("pending"));
  }

  async pendingFor(codeId: string): Promise<PendingRecord | undefined> {
    return guarded(() => this.db.get("pending", codeId));
  }

  async putPending(pending: PendingRecord): Promise<void> {
    await guarded(() => this.db.put("pending", pending));
  }

  async dropPending(codeId: string): Promise<void> {
    await guarded(() => this.db.delete("pending", codeId));
  }

  /** The receipt came: the pending submission becomes a key, at once or not at all. */
  async settle(codeId: string, key: KeyRecord): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction(["keys", "pending"], "readwrite");
      await tx.objectStore("keys").put(key);
      await tx.objectStore("pending").delete(codeId);
      await tx.done;
    });
  }

  /** Newest first. */
  async past(): Promise<PastApproval[]> {
    const all = await guarded(() => this.db.getAll("past"));
    return all.sort((a, b) => b.at - a.at);
  }

  async addPast(entry: PastApproval): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction("past", "readwrite");
      await tx.store.put(entry);
      const all = (await tx.store.getAll()).sort((a, b) => b.at - a.at);
      for (const old of all.slice(pastKept)) await tx.store.delete(old.id);
      await tx.done;
    });
  }

  async setting<K extends keyof Settings>(name: K): Promise<Settings[K] | undefined> {
    return (await guarded(() => this.db.get("settings", name))) as Settings[K] | undefined;
  }

  async set<K extends keyof Settings>(name: K, value: Settings[K]): Promise<void> {
    await guarded(() => this.db.put("settings", value, name));
  }

  /** How far the server was told that an approval came; undefined when it was told nothing. */
  async seen(id: string): Promise<number | undefined> {
    return (await this.setting("seen"))?.find(([seen]) => seen === id)?.[1];
  }

  /** Remembers how far the server was told that an approval came. */
  async noteSeen(id: string, rank: number): Promise<void> {
    await this.changeSetting("seen", (list = []) => [...list.filter(([seen]) => seen !== id), [id, rank] as const].slice(-remembered));
  }

  /** Remembers missed requests that the person took off the list. */
  async dismiss(ids: readonly string[]): Promise<void> {
    await this.changeSetting("dismissed", (list = []) => [...new Set([...list, ...ids])].slice(-remembered));
  }

  /** From what is kept now: another tab, or the service worker, may have written since this one read. */
  private async changeSetting<K extends keyof Settings>(name: K, change: (now: Settings[K] | undefined) => Settings[K]): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction("settings", "readwrite");
      await tx.store.put(change((await tx.store.get(name)) as Settings[K] | undefined), name);
      await tx.done;
    });
  }

  async keepHandover(handover: HandoverRecord): Promise<void> {
    await guarded(() => this.db.put("handover", handover, link));
  }

  /** The handover, which is gone with this. */
  async takeHandover(): Promise<HandoverRecord | undefined> {
    return guarded(async () => {
      const tx = this.db.transaction("handover", "readwrite");
      const kept = await tx.store.get(link);
      await tx.store.delete(link);
      await tx.done;
      return kept;
    });
  }

  /** Deletes a handover that was kept before a moment. */
  async dropHandover(before: number): Promise<void> {
    await guarded(async () => {
      const tx = this.db.transaction("handover", "readwrite");
      const kept = await tx.store.get(link);
      if (kept !== undefined && kept.at < before) await tx.store.delete(link);
      await tx.done;
    });
  }

  /** This installation's id, made at the first asking. */
  async phoneId(): Promise<string> {
    return guarded(async () => {
      const tx = this.db.transaction("settings", "readwrite");
      const known = await tx.store.get("phoneId");
      const id = typeof known === "string" ? known : newId();
      if (known === undefined) await tx.store.put(id, "phoneId");
      await tx.done;
      return id;
    });
  }
}

function inOrder(keys: readonly KeyRecord[]): KeyRecord[] {
  const place = (key: KeyRecord): number => key.position ?? Number.MAX_SAFE_INTEGER;
  return [...keys].sort((a, b) => place(a) - place(b) || a.activatedAt - b.activatedAt);
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new PhoneFault("storage", {}, { cause });
  }
}

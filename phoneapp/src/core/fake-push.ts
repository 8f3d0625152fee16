// A browser's push service for tests: one subscription under one key, and everything that a browser may refuse.

import { b64u, random, type Bytes } from "./bytes";
import type { PushPage } from "./push";

interface FakeSubscription {
  readonly endpoint: string;
  /** The server's key that it was made with. */
  readonly key: string;
  readonly p256dh: Bytes;
  readonly auth: Bytes;
}

export class FakePush implements PushPage {
  allowed: PermissionState = "granted";
  subscription: FakeSubscription | undefined;
  /** Thrown, or awaited, by the next subscribing. */
  next: Error | Promise<void> | undefined;
  /** Browsers that do not tell which key a subscription was made with. */
  tells = true;
  /** There is a service worker. */
  working = true;
  made = 0;
  readonly #listeners = new Set<(id: string) => void>();

  permission = (): NotificationPermission => (this.allowed === "prompt" ? "default" : this.allowed);
  worker: PushPage["worker"] = () => Promise.resolve(this.working ? "ready" : "absent");

  heard(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The service worker says that it showed a push. */
  show(id: string): void {
    for (const listener of [...this.#listeners]) listener(id);
  }

  get listening(): number {
    return this.#listeners.size;
  }

  manager: PushPage["manager"] = () => Promise.resolve(this.working ? this.#manager : undefined);

  /** What the server should have of it. */
  get handed(): Record<string, string> {
    if (this.subscription === undefined) throw new Error("nobody subscribed");
    const { endpoint, p256dh, auth } = this.subscription;
    return { endpoint, p256dh: b64u(p256dh), auth: b64u(auth) };
  }

  readonly #manager = {
    permissionState: () => Promise.resolve(this.allowed),
    getSubscription: () => Promise.resolve(this.#given()),
    subscribe: async (wish?: PushSubscriptionOptionsInit): Promise<PushSubscription> => {
      const { next } = this;
      this.next = undefined;
      if (next instanceof Error) throw next;
      await next;
      const key = b64u(wish?.applicationServerKey as Uint8Array);
      if (wish?.userVisibleOnly !== true) throw new DOMException("visible only", "NotAllowedError");
      if (this.subscription !== undefined && this.subscription.key !== key) throw new DOMException("another key", "InvalidStateError");
      const point = random(65);
      point[0] = 4;
      this.subscription ??= { endpoint: `https://push.example/${++this.made}`, key, p256dh: point, auth: random(16) };
      return this.#given() as PushSubscription;
    },
  };

  #given(): PushSubscription | null {
    const { subscription } = this;
    if (subscription === undefined) return null;
    const { endpoint, key, p256dh, auth } = subscription;
    return {
      endpoint,
      options: { userVisibleOnly: true, applicationServerKey: this.tells ? Buffer.from(key, "base64url") : null },
      getKey: (name: PushEncryptionKeyName) => (name === "auth" ? auth.buffer : p256dh.buffer),
      unsubscribe: () => {
        this.subscription = undefined;
        return Promise.resolve(true);
      },
    } as unknown as PushSubscription;
  }
}

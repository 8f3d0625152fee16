// Web Push, the phone's half (docs/protocol.md §5.7): one subscription of this browser, handed over for every active key, so
// that a request reaches the phone while the app is closed. Runs in the page and in the service worker. Nothing depends on it,
// so nothing here throws: what cannot be done shows in the state and is tried again with the next start.

import { answerOf, ServerFault, type Api } from "./api";
import { b64u, fromB64u } from "./bytes";
import { PhoneFault, type PushState, type ServerInfo } from "./contract";
import { sha256 } from "./derive";
import { askPushState } from "./push-state";
import type { KeyRecord, Store } from "./store";

/** A subscription that the server has is handed over again after so long: it may have been given up there. Milliseconds. */
export const pushSentFor = 24 * 3_600_000;
/** A subscription that the server cannot use is made anew at most so often. Milliseconds. */
export const pushRenewedFor = 3_600_000;
/** Without a network some browsers never answer; milliseconds. */
export const pushPatience = 15_000;

/** What the browser has for Web Push. */
export interface PushService {
  /** The manager of the service worker's registration; undefined while there is no worker. */
  manager(): Promise<Pick<PushManager, "getSubscription" | "permissionState" | "subscribe"> | undefined>;
}

/** The same where the app is open, with what can be found out about it there. */
export interface PushPage extends PushService {
  permission(): NotificationPermission;
  /** "absent": this browser has no service worker for us, and will not. */
  worker(): Promise<"ready" | "starting" | "absent">;
  /** Calls back with the id of every push that the service worker showed; returns the way to stop. */
  heard(listener: (id: string) => void): () => void;
}

/** What the server is given; each as the browser gave it. */
interface Handed {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

export class Subscriptions {
  state: PushState;
  /** The browser, or the push service behind it, refused the last subscription. */
  refused = false;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  /** The server was asked, since this start, whether what it has is of use. */
  private asked = false;

  /** service: undefined where the browser has no Web Push. server: what the server says of itself now. */
  constructor(
    private readonly store: Store,
    private readonly api: Pick<Api, "signed">,
    private readonly server: () => Promise<ServerInfo>,
    private readonly service: PushService | undefined,
    private readonly wall: () => number,
    private readonly changed: () => void = () => undefined,
  ) {
    this.state = service === undefined ? "impossible" : "off";
  }

  /** Finds the state without the network, by what was kept. */
  async look(): Promise<void> {
    await this.inTurn(async () => {
      const info = await this.store.setting("server");
      if (info !== undefined && info.push === undefined) return "impossible";
      return this.kept();
    });
  }

  /**
   * Subscribes where notifications are allowed, and hands the subscription over for each active key that the server does not
   * have it for. Where they are not allowed any more, or nobody is active here, takes it back. Never asks the person.
   */
  async subscribe(): Promise<void> {
    // One that waits sees what has changed meanwhile.
    this.next ??= this.inTurn(async () => {
      this.next = undefined;
      return this.settle();
    });
    await this.next;
  }

  /** The same, and asks the server again whether it can use what it has. */
  async repair(): Promise<void> {
    this.asked = false;
    await this.subscribe();
  }

  /** Takes the subscription back from the server for every key, and from the browser. */
  async unsubscribe(): Promise<void> {
    await this.inTurn(async () => {
      await this.drop(await this.service?.manager());
      return "off";
    });
  }

  private async inTurn(work: () => Promise<PushState>): Promise<void> {
    if (this.service === undefined) return;
    this.running = this.running.then(work).catch(async (fault: unknown) => {
      // The browser's no: notifications are not allowed to it, or no push service stands behind it.
      if (!(fault instanceof PhoneFault)) console.warn(fault);
      this.refused = isRefusal(fault);
      return this.refused ? "impossible" : this.kept().catch(() => "off" as const);
    }).then((state) => {
      if (state === this.state) return;
      this.state = state;
      this.changed();
    });
    await this.running;
  }

  private async settle(): Promise<PushState> {
    const { push } = await this.server();
    const manager = await this.service?.manager();
    if (push === undefined || manager === undefined) return push === undefined ? "impossible" : "off";
    let keys = await this.active();
    const allowed = (await manager.permissionState({ userVisibleOnly: true })) === "granted";
    if (!allowed || keys.length === 0) {
      await this.drop(manager);
      return "off";
    }
    let subscription = await this.inTime(subscribed(manager, push));
    if (subscription === undefined) return "off";
    this.refused = false;
    if (await this.useless(subscription, keys)) {
      if (await this.mayRenew()) {
        await subscription.unsubscribe();
        subscription = await this.inTime(subscribed(manager, push));
        if (subscription === undefined) return "off";
      }
      keys = await this.active();
    }
    const handed = handedOf(subscription);
    return handed === undefined ? "impossible" : this.handOver(handed, keys);
  }

  /**
   * Whether the server cannot use the subscription that it should have for these keys: the push service refused the last
   * messages, or gave the subscription up. A key that the server has none for is no longer taken to have it.
   */
  private async useless(subscription: PushSubscription, keys: readonly KeyRecord[]): Promise<boolean> {
    const handed = handedOf(subscription);
    if (this.asked || handed === undefined) return false;
    const name = await nameOf(handed);
    let useless = false;
    for (const key of keys.filter(({ push }) => push?.name === name)) {
      try {
        const { webpush } = await askPushState(this.api, key);
        useless ||= webpush === undefined || webpush.failing;
        if (webpush === undefined) await this.store.changeKey(key.keyId, withoutPush);
      } catch (fault) {
        if (!(fault instanceof PhoneFault)) throw fault;
        if (!(fault instanceof ServerFault)) return useless; // no connection; the next start asks
      }
    }
    this.asked = true;
    return useless;
  }

  /** Says yes at most once an hour: a push service that refuses every subscription is not helped by many. */
  private async mayRenew(): Promise<boolean> {
    const ago = this.wall() - ((await this.store.setting("pushRenewed")) ?? 0);
    if (ago >= 0 && ago < pushRenewedFor) return false;
    await this.store.set("pushRenewed", this.wall());
    return true;
  }

  private async handOver(handed: Handed, keys: readonly KeyRecord[]): Promise<PushState> {
    const name = await nameOf(handed);
    const refusals: ServerFault[] = [];
    for (const key of keys) {
      const age = this.wall() - (key.push?.at ?? 0);
      if (key.push?.name === name && age >= 0 && age < pushSentFor) continue;
      try {
        answerOf(await this.api.signed(key, "/push/subscribe", handed), () => undefined);
        await this.store.changeKey(key.keyId, (kept) => ({ ...kept, push: { name, at: this.wall() } }));
      } catch (fault) {
        if (!(fault instanceof ServerFault)) throw fault;
        refusals.push(fault); // one key's no is not another's
      }
    }
    if (refusals.length === 0) return "on";
    return refusals.length === keys.length && refusals.every(isUseless) ? "impossible" : "off";
  }

  /** Told to the server for each key that it has the subscription for; the browser forgets it in any case. */
  private async drop(manager: Awaited<ReturnType<PushService["manager"]>>): Promise<void> {
    const subscription = await manager?.getSubscription();
    await subscription?.unsubscribe();
    for (const key of await this.active()) {
      if (key.push === undefined) continue;
      answerOf(await this.api.signed(key, "/push/unsubscribe", {}), () => undefined);
      await this.store.changeKey(key.keyId, withoutPush);
    }
  }

  /** On when the browser is subscribed and the server was told for every active key. */
  private async kept(): Promise<PushState> {
    const manager = await this.service?.manager();
    const subscription = await manager?.getSubscription();
    const handed = subscription ? handedOf(subscription) : undefined;
    const keys = await this.active();
    if (handed === undefined || keys.length === 0) return "off";
    const name = await nameOf(handed);
    return keys.every((key) => key.push?.name === name) ? "on" : "off";
  }

  private async active(): Promise<KeyRecord[]> {
    return (await this.store.keys()).filter((key) => key.state === "active");
  }

  /** undefined when it takes too long; what comes after all is handed over then. */
  private async inTime(attempt: Promise<PushSubscription>): Promise<PushSubscription | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let late = false;
    attempt.then(() => late && void this.subscribe(), () => undefined);
    const end = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        late = true;
        resolve(undefined);
      }, pushPatience);
    });
    return Promise.race([attempt, end]).finally(() => clearTimeout(timer));
  }
}

function withoutPush(key: KeyRecord): KeyRecord {
  const { push, ...plain } = key;
  return push === undefined ? key : plain;
}

/** This browser's subscription under the server's key of now; one under another key is given up. */
async function subscribed(manager: Pick<PushManager, "getSubscription" | "subscribe">, push: string): Promise<PushSubscription> {
  const wish = { userVisibleOnly: true, applicationServerKey: fromB64u(push, 65) };
  const before = await manager.getSubscription();
  const key = before?.options.applicationServerKey;
  if (before && key && b64u(key) !== push) await before.unsubscribe();
  try {
    return await manager.subscribe(wish);
  } catch (fault) {
    // Under another key, in a browser that does not tell which.
    if (!before || (fault as Error).name !== "InvalidStateError") throw fault;
    await before.unsubscribe();
    return manager.subscribe(wish);
  }
}

function handedOf(subscription: Pick<PushSubscription, "endpoint" | "getKey">): Handed | undefined {
  const [p256dh, auth] = [subscription.getKey("p256dh"), subscription.getKey("auth")];
  return p256dh && auth ? { endpoint: subscription.endpoint, p256dh: b64u(p256dh), auth: b64u(auth) } : undefined;
}

async function nameOf({ endpoint, p256dh, auth }: Handed): Promise<string> {
  return b64u(await sha256([endpoint, p256dh, auth].join("\n")));
}

function isRefusal(fault: unknown): boolean {
  return ["NotAllowedError", "AbortError", "NotSupportedError"].includes((fault as { readonly name?: string }).name ?? "");
}

/** The same would be refused again. */
function isUseless({ kind }: ServerFault): boolean {
  return kind === "bad_input" || kind === "refused" || kind === "conflict";
}

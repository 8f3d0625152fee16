// Notifications of this device: the permission, asked once, and the app's share in them while it is open. Out of sight it
// shows one itself, as the service worker does for a push (sw/waiting.ts): both say that something waits and nothing more, and
// one request has one notification, because its id is the tag of both.
import type { Core } from "../core/contract";
import { isTest, type Told } from "../sw/waiting";

/** "default": nobody was asked; "none": this browser shows none. */
export type Permission = "default" | "granted" | "denied" | "none";

/** What the screens see of it. */
export interface Notifier {
  readonly permission: Permission;
  /** True while the person may be asked unasked: in the installed app, once. */
  readonly wanted: boolean;
  /** Asks the person; must be called from a tap. */
  ask(): Promise<Permission>;
  /** Not now: the question does not come again by itself. */
  leave(): void;
}

/** How long an app that is open but hidden goes on listening. Milliseconds. */
export const hiddenForMs = 300_000;

interface Api {
  readonly permission: NotificationPermission;
  requestPermission(): Promise<NotificationPermission>;
}

interface Keeper {
  get(): boolean;
  set(): void;
}

/** `asked` keeps that the question was put; installed says whether this is the app on the home screen. */
export function openNotifier(api: Api | undefined, installed: boolean, asked: Keeper): Notifier {
  const permission = (): Permission => api?.permission ?? "none";
  return {
    get permission() {
      return permission();
    },
    get wanted() {
      return installed && permission() === "default" && !asked.get();
    },
    async ask() {
      asked.set();
      await api?.requestPermission();
      return permission();
    },
    leave() {
      asked.set();
    },
  };
}

/** What is used of the page and its service worker. */
export interface Place {
  readonly document: Pick<Document, "visibilityState" | "addEventListener">;
  readonly worker: () => Promise<Pick<ServiceWorkerRegistration, "showNotification" | "getNotifications"> | undefined>;
  readonly granted: () => boolean;
  /** Title and text, in the language of now. */
  readonly words: () => Promise<{ readonly title: string; readonly body: string }>;
  readonly icon: string | undefined;
  readonly after: (ms: number, deed: () => void) => () => void;
  /** Calls back with what the service worker tells. */
  readonly told: (listener: (message: Told) => void) => void;
}

/**
 * The live stream runs while the app is in sight and somebody is active here; where notifications are allowed also for a while
 * out of sight, and what then comes is notified.
 */
export function keepLive(core: Pick<Core, "live" | "on" | "users" | "approvals" | "woke" | "refresh">, place: Place): void {
  const { document } = place;
  let stop: (() => void) | undefined;
  let over = true;
  let calm: () => void = () => undefined;
  const hidden = (): boolean => document.visibilityState === "hidden";
  const follow = (): void => {
    const wanted = core.users().length > 0 && (!hidden() || (!over && place.granted()));
    if (wanted && stop === undefined) stop = core.live();
    if (!wanted) {
      stop?.();
      stop = undefined;
    }
  };
  const shown = new Set<string>();
  let work: Promise<void> = Promise.resolve();
  const tell = (): void => {
    work = work.then(() => matchNotifications(core, place, shown, hidden())).catch((cause: unknown) => console.warn(cause));
  };
  document.addEventListener("visibilitychange", () => {
    calm();
    over = !hidden();
    // What was in sight before needs no notification.
    if (hidden()) for (const { id } of core.approvals()) shown.add(id);
    if (hidden()) {
      calm = place.after(hiddenForMs, () => {
        over = true;
        follow();
      });
    }
    follow();
    tell();
  });
  place.told((message) => {
    if (message.type === "pushed" && message.test) return; // no request stands behind it
    // Only a list that was asked for after the push tells whether its request is over.
    const asked = core.refresh().then(() => message.type === "pushed" && shown.add(message.id), () => undefined);
    void asked.then(tell);
  });
  core.on("users", follow);
  core.on("approvals", tell);
  follow();
  tell();
}

/**
 * One notification for each request that came while nobody looked; none for what was decided, is over, or is looked at, nor for
 * what the server wakes nobody for: whoever knows the password could make many of those.
 */
async function matchNotifications(core: Pick<Core, "approvals" | "woke">, place: Place, shown: Set<string>, hidden: boolean): Promise<void> {
  const open = new Set(core.approvals().map(({ id }) => id));
  const worker = await place.worker();
  // Out of sight the app may not know yet of what a push just showed.
  const over = (tag: string): boolean => !hidden || (shown.has(tag) && !open.has(tag));
  for (const notification of (await worker?.getNotifications()) ?? []) if (!isTest(notification) && over(notification.tag)) notification.close();
  for (const id of [...shown]) if (over(id)) shown.delete(id);
  const fresh = hidden && place.granted() ? [...open].filter((id) => !shown.has(id) && core.woke(id)) : [];
  for (const id of fresh) {
    shown.add(id);
    const { title, body } = await place.words();
    await worker?.showNotification(title, { tag: id, body, ...(place.icon === undefined ? {} : { icon: place.icon }) });
  }
}

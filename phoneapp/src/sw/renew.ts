// The browser gave the push subscription another address while the app was closed: the server is told at once, or no request
// would arrive until the app is opened.

import { Api } from "../core/api";
import { Clock } from "../core/clock";
import { Subscriptions, type PushService } from "../core/push";
import { Store } from "../core/store";

type Manager = Awaited<ReturnType<PushService["manager"]>>;

/** Subscribes and hands over what the server does not have, with the keys that the app keeps. The next start repairs what fails here. */
export async function renew(origin: string, manager: Manager, request: typeof fetch, wall: () => number = Date.now, database?: string): Promise<void> {
  const store = await Store.open(database);
  try {
    const clock = new Clock(wall);
    clock.skew = (await store.setting("skew")) ?? 0;
    const api = new Api(origin, clock, request);
    await new Subscriptions(store, api, () => api.server(), { manager: () => Promise.resolve(manager) }, wall).subscribe();
  } finally {
    store.close();
  }
}

// A push came: the worker asks which request it is of and tells the server that it arrived (docs/protocol.md §5.8), with the
// keys that the app keeps.

import { answerOf, Api, isOffline } from "../core/api";
import { Clock } from "../core/clock";
import { readApprovals } from "../core/messages";
import { saySeen } from "../core/seen";
import { isShown, readFor, type Statement } from "../core/statement";
import { Store, type KeyRecord } from "../core/store";

/** What a push turned out to be of: an open request, a test of notifications, or nothing that is open. */
export type Pushed = "waiting" | "test" | "over";

export interface Around {
  readonly origin: string;
  readonly request: typeof fetch;
  readonly wall: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly database?: string;
}

/** A phone that was just woken may be without a network for a moment; milliseconds before each further try. */
const pauses = [1_000, 3_000, 8_000];

/**
 * Finds what the approval with this id is and calls back with it, then tells the server that it arrived. Calls back never when
 * there is nobody to ask for. Throws PhoneFault when the server cannot be reached or refuses.
 */
export async function receive(id: string, around: Around, found: (what: Pushed) => void): Promise<void> {
  const store = await Store.open(around.database);
  try {
    const keys = (await store.keys()).filter((key) => key.state === "active");
    if (keys.length === 0) return;
    const clock = new Clock(around.wall);
    clock.skew = (await store.setting("skew")) ?? 0;
    const api = new Api(around.origin, clock, around.request);
    const persist = async <T>(work: () => Promise<T>): Promise<T> => persistently(work, around.pause);

    const statement = await persist(async () => find(id, api, clock, keys));
    if (statement === undefined || !(isShown(statement) || statement.message.kind === "push_test")) {
      found("over");
      return;
    }
    found(isShown(statement) ? "waiting" : "test");
    await persist(async () => saySeen(api, statement.key, id, "received"));
    await store.noteSeen(id, 0);
  } finally {
    store.close();
  }
}

/** The open approval with this id, verified for one of the keys. */
async function find(id: string, api: Api, clock: Clock, keys: readonly KeyRecord[]): Promise<Statement | undefined> {
  const sent = clock.wall();
  const { now, statements } = answerOf(await api.forAll(keys, "/approvals"), readApprovals);
  clock.measure(now, sent, clock.wall());
  for (const jws of statements) {
    const statement = await readFor(jws, keys, clock.now());
    if (statement?.message.id === id) return statement;
  }
  return undefined;
}

/** Tries again while no answer comes. */
async function persistently<T>(work: () => Promise<T>, pause: Around["pause"]): Promise<T> {
  for (const ms of pauses) {
    try {
      return await work();
    } catch (fault) {
      if (!isOffline(fault)) throw fault;
    }
    await pause(ms);
  }
  return work();
}

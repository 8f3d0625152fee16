// Sign-ins, and texts of applications, that asked this phone and ran out without an answer (docs/protocol.md §5.9): verified, newest first, without those
// that the person took away.

import { answerOf, type Api } from "./api";
import type { Clock } from "./clock";
import type { MissedApproval } from "./contract";
import { readApprovals } from "./messages";
import { readFor, whence, type Statement } from "./statement";
import type { KeyRecord, Store } from "./store";

/** The server tells of so many at most. */
export const missedKept = 20;
/** After a request ran out by this phone's clock it may be a moment until it did by the server's; milliseconds. */
const settling = 2_000;

export class MissedApprovals {
  private list: readonly MissedApproval[] = [];
  /** Taken away since this began: a list that is on its way may have been read before the store had it. */
  private readonly away = new Set<string>();
  private asking: Promise<void> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** keys: those that count now. changed is told after every change of the list. */
  constructor(
    private readonly api: Pick<Api, "forAll">,
    private readonly store: Pick<Store, "setting" | "dismiss">,
    private readonly clock: Clock,
    private readonly keys: () => readonly KeyRecord[],
    private readonly changed: () => void,
  ) {}

  get all(): readonly MissedApproval[] {
    return this.list;
  }

  /** Asks the server. Never throws: what cannot be asked now stays as it was. */
  async ask(): Promise<void> {
    this.asking ??= this.read().catch(() => undefined).finally(() => (this.asking = undefined));
    await this.asking;
  }

  /** Asks in a moment, for something ran out or went away. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), settling);
  }

  /** Takes these off the list, on this phone. Throws PhoneFault "storage". */
  async dismiss(ids: readonly string[]): Promise<void> {
    await this.store.dismiss(ids);
    for (const id of ids) this.away.add(id);
    this.set(this.list);
  }

  dropKey(keyId: string): void {
    this.set(this.list.filter((one) => one.keyId !== keyId));
  }

  private async read(): Promise<void> {
    const keys = this.keys();
    if (keys.length === 0) {
      this.set([]);
      return;
    }
    const { now, statements } = answerOf(await this.api.forAll(keys, "/approvals/missed"), readApprovals);
    const ended = statements.slice(0, missedKept).map(async (jws) => readFor(jws, keys, -Infinity)); // over, all of them
    const read = (await Promise.all(ended)).filter((one) => one !== undefined);
    const dismissed = (await this.store.setting("dismissed")) ?? [];
    const fit = ({ message }: Statement, i: number): boolean =>
      message.exp <= now && !dismissed.includes(message.id) && read.findIndex((one) => one.message.id === message.id) === i;
    this.set(read.filter(fit).flatMap((one) => missedOf(one, this.clock)).sort((a, b) => b.issuedAt - a.issuedAt));
  }

  private set(told: readonly MissedApproval[]): void {
    const list = told.filter(({ id }) => !this.away.has(id));
    const same = list.length === this.list.length && list.every((one, i) => one.id === this.list[i]?.id);
    if (same) return;
    this.list = list;
    this.changed();
  }
}

/** None for a request of another kind: whoever asked for it knows what came of it. */
function missedOf({ message, key }: Statement, clock: Clock): MissedApproval[] {
  const { id, kind, app, who, text, known, iat, exp } = message;
  if (kind !== "sign_in" && kind !== "confirm") return [];
  const said = text === undefined ? {} : { text };
  return [{ id, keyId: key.keyId, kind, app, who, ...said, ...whence(message), known, issuedAt: clock.local(iat), endedAt: clock.local(exp) }];
}

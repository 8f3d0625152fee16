// How far a request has come: the server is told that it arrived, was shown and was opened (docs/protocol.md §5.8), so that the
// page that waits can say so. Nothing depends on it, so nothing here throws and nobody waits for it.

import { answerOf, ServerFault, type Api, type Signer } from "./api";
import type { Statement } from "./statement";
import type { Store } from "./store";

/** Each implies the ones before it. */
export const steps = ["received", "shown", "opened"] as const;
export type SeenStep = (typeof steps)[number];

const rankOf = (step: SeenStep): number => steps.indexOf(step);

/** Says one step of one approval to the server. Throws PhoneFault. */
export async function saySeen(api: Pick<Api, "signed">, key: Signer, id: string, step: SeenStep): Promise<void> {
  answerOf(await api.signed(key, `/approvals/${id}/seen`, { what: step }), () => undefined);
}

export class Sightings {
  /** The furthest that was told or is to be told by this page, by approval. */
  private readonly wanted = new Map<string, number>();
  private readonly running = new Set<string>();

  constructor(
    private readonly api: Pick<Api, "signed">,
    private readonly store: Pick<Store, "seen" | "noteSeen">,
  ) {}

  /** Tells a step once for each approval, and none that a further one was told of. What no answer came to is told with the next sighting. */
  note({ message: { id }, key }: Pick<Statement, "message" | "key">, step: SeenStep): void {
    if ((this.wanted.get(id) ?? -1) >= rankOf(step)) return;
    this.wanted.set(id, rankOf(step));
    if (this.running.has(id)) return; // which goes on with the furthest
    this.running.add(id);
    const failed = (fault: unknown): void => {
      if (!(fault instanceof ServerFault && fault.final)) this.wanted.delete(id);
    };
    void this.tell(id, key).catch(failed).finally(() => this.running.delete(id));
  }

  /** Until the server knows of the furthest step; what the service worker told, or this app before a reload, is not told again. */
  private async tell(id: string, key: Signer): Promise<void> {
    for (let told = (await this.store.seen(id)) ?? -1; ; ) {
      const rank = this.wanted.get(id) ?? -1;
      const step = steps[rank];
      if (rank <= told || step === undefined) return;
      await saySeen(this.api, key, id, step);
      told = rank;
      await this.store.noteSeen(id, rank);
    }
  }
}

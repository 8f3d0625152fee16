// What the server says of this phone's keys: whether each still counts.

import { withReceipt, type Activations } from "./activation";
import { ServerFault } from "./api";
import type { KeyRecord, Store } from "./store";

export class KeyStates {
  /** changed is told after a state, or the digits of one, changed in the store. */
  constructor(
    private readonly store: Store,
    private readonly activations: Pick<Activations, "receipt">,
    private readonly keys: () => readonly KeyRecord[],
    private readonly changed: () => Promise<void>,
  ) {}

  /** Asks for the receipts of these keys and keeps what they say. */
  async ask(keys: readonly KeyRecord[]): Promise<void> {
    let changed = false;
    for (const key of keys) {
      const now = await this.activations.receipt(key).catch((fault: unknown) => {
        // One key's no is not another's.
        if (fault instanceof ServerFault && fault.final) return key;
        throw fault;
      });
      if (now.state === key.state && now.digits === key.digits && now.receiptAt === key.receiptAt) continue;
      const { state, receiptAt: iat, digits } = now;
      await this.store.changeKey(key.keyId, (kept) => withReceipt(kept, { state, iat, digits }));
      changed ||= now.state !== key.state || now.digits !== key.digits;
    }
    if (changed) await this.changed();
  }

  /** A refusal may mean that the key was suspended or removed: ask, so that the list of users tells it. */
  async watch<T>(keyId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      if (fault instanceof ServerFault && fault.key.startsWith("key.")) {
        await this.ask(this.keys().filter((key) => key.keyId === keyId)).catch(() => undefined);
      }
      throw fault;
    }
  }
}

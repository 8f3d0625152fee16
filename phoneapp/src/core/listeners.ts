// Who listens to what the core tells.

import type { CoreEvent } from "./contract";

export class Listeners {
  private readonly sets = new Map<CoreEvent, Set<() => void>>();

  /** Calls back after every change of what the event names; returns the way to stop. */
  on(event: CoreEvent, listener: () => void): () => void {
    const set = this.sets.get(event) ?? new Set();
    this.sets.set(event, set.add(listener));
    return () => void set.delete(listener);
  }

  tell(event: CoreEvent): void {
    for (const listener of this.sets.get(event) ?? []) listener();
  }
}

// The test server's delivery: what phones say of how far requests came, its view of push services, tests, and missed requests.

import type { ActiveKey } from "./fake-server";

interface FakeChannel {
  channel: "webpush" | "ntfy";
  service: string;
  since: number;
  acceptedAt?: number;
  refusedAt?: number;
  failing: boolean;
}

export class FakeDelivery {
  /** What phones said, in order, as "id step". */
  readonly seen: string[] = [];
  /** Statements of requests that ran out. */
  missed: string[] = [];
  /** By key id: the last test. */
  readonly tests = new Map<string, { askedAt: number; acceptedAt?: number; receivedAt?: number }>();
  /** By key id: what push services said of it. */
  readonly services = new Map<string, Partial<FakeChannel>>();
  /** By approval id: the key whose test it is. */
  private readonly trials = new Map<string, string>();

  constructor(private readonly now: () => number) {}

  state(key: ActiveKey): unknown {
    const channels: FakeChannel[] = key.push === undefined ? [] : [{ channel: "webpush", service: "push.example", since: this.now(), failing: false, ...this.services.get(key.keyId) }];
    const test = this.tests.get(key.keyId);
    return { now: this.now(), channels, ...(test === undefined ? {} : { test }) };
  }

  /** A push service takes the test at once. */
  tested(key: ActiveKey, id: string): void {
    this.trials.set(id, key.keyId);
    this.tests.set(key.keyId, { askedAt: this.now(), acceptedAt: this.now() });
  }

  /** False for a step that there is not. */
  saw(id: string, what: string | undefined): boolean {
    if (what !== "received" && what !== "shown" && what !== "opened") return false;
    this.seen.push(`${id} ${what}`);
    const test = this.tests.get(this.trials.get(id) ?? "");
    if (test !== undefined) test.receivedAt ??= this.now();
    return true;
  }
}

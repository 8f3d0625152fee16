// The open approvals as screens hold them: verified, each until its time is over, and always the same object for the same
// statement, so that what is decided is what was shown.

import type { Clock } from "./clock";
import type { Approval } from "./contract";
import { isShown, readFor, shown, type Shown } from "./statement";
import type { KeyRecord } from "./store";

export class OpenApprovals {
  private statements: readonly Shown[] = [];
  private list: readonly Approval[] = [];
  private readonly behind = new WeakMap<Approval, Shown>();
  private lists = 0;
  /** What the stream told of last: the statements of requests that wake somebody. */
  private loud: readonly string[] = [];
  private expiry: ReturnType<typeof setTimeout> | undefined;

  /** biometric: whether this device has an authenticator now; changed is told after every change of the list, ended after one went. */
  constructor(
    private readonly clock: Clock,
    private readonly biometric: () => boolean,
    private readonly changed: () => void,
    private readonly ended: () => void = () => undefined,
  ) {}

  get all(): readonly Approval[] {
    return this.list;
  }

  /** Whether the stream told of an open approval. */
  woke(id: string): boolean {
    return this.statements.some((one) => one.message.id === id && this.loud.includes(one.jws));
  }

  /** Takes note of what the stream tells of now, before it is accepted; gives the statements of the list that are not among it. */
  hear(statements: readonly string[]): readonly string[] {
    const known = this.statements.map((one) => one.jws);
    const louder = known.some((jws) => statements.includes(jws) && !this.loud.includes(jws));
    this.loud = statements;
    if (louder) this.changed(); // what was found by asking wakes somebody now
    return known.filter((jws) => !statements.includes(jws));
  }

  /** What an approval was made of; undefined for an object that is not of this list. */
  find(approval: Approval): Shown | undefined {
    return this.behind.get(approval);
  }

  /** The same. Throws TypeError for an object that is not of this list. */
  statement(approval: Approval): Shown {
    const statement = this.behind.get(approval);
    if (!statement) throw new TypeError("a decision wants the very approval that approvals() gave");
    return statement;
  }

  /** Takes a number before a list is asked for: of several that are on their way, the last asked for wins. */
  turn(): number {
    return ++this.lists;
  }

  /** Takes a list of statements, of which those that hold for one of the keys are shown; gives what is shown now. */
  async accept(jws: readonly string[], keys: readonly KeyRecord[], turn: number): Promise<readonly Shown[]> {
    const read = await Promise.all(jws.map(async (one) => readFor(one, keys, this.clock.now())));
    if (turn < this.lists) return [];
    this.set(read.filter((one) => one !== undefined).filter(isShown));
    return this.statements;
  }

  /** A test request that was just asked for, in place of an older one of the same key. Lists asked for before it are late now. */
  addTest(statement: Shown): Approval {
    this.lists++;
    const older = (one: Shown): boolean => one.message.kind === "test" && one.key.keyId === statement.key.keyId;
    this.set([statement, ...this.statements.filter((one) => !older(one))]);
    return this.list.find((one) => one.id === statement.message.id) ?? this.show(statement);
  }

  dropApproval(id: string): void {
    this.set(this.statements.filter((one) => one.message.id !== id));
  }

  dropKey(keyId: string): void {
    this.set(this.statements.filter((one) => one.key.keyId !== keyId));
  }

  private set(statements: readonly Shown[]): void {
    clearTimeout(this.expiry);
    const now = this.clock.now();
    const living = statements.filter((one) => one.message.exp > now);
    // A request has one statement, though it may be signed anew when a code is asked for: what was told last comes first.
    const alive = living.filter((one, i) => living.findIndex((s) => s.message.id === one.message.id && s.key.keyId === one.key.keyId) === i);
    const next = Math.min(...alive.map((one) => one.message.exp)) - now;
    if (Number.isFinite(next)) this.expiry = setTimeout(() => this.set(this.statements), next + 1);
    const same = alive.length === this.statements.length && alive.every((one, i) => one.jws === this.statements[i]?.jws);
    if (same) return;
    const before = new Map(this.statements.map((one, i) => [one.jws, this.list[i]]));
    this.statements = alive;
    this.list = alive.map((one) => before.get(one.jws) ?? this.show(one));
    if ([...before.keys()].some((jws) => !alive.some((one) => one.jws === jws))) this.ended();
    this.changed();
  }

  private show(statement: Shown): Approval {
    const approval = shown(statement, this.clock, this.biometric());
    this.behind.set(approval, statement);
    return approval;
  }
}

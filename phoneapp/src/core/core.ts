// The phone as screens see it: puts the parts together, keeps the lists, and tells who listens.

import { Activations, refuseWeak, type Choice } from "./activation";
import { Api, ServerFault, answerOf } from "./api";
import { Decisions, pastOf, type Proof } from "./approval";
import { Clock } from "./clock";
import { PhoneFault } from "./contract";
import type {
  Approval, Core, CoreEvent, MissedApproval, Offer, Outcome, PastApproval, PhoneUser, PinFault, PushReport, PushState, PushTest, ServerInfo,
} from "./contract";
import { normalisePin } from "./derive";
import { handoverKept } from "./handover";
import { MessageCentre } from "./inbox";
import { KeyStates } from "./key-states";
import { Listeners } from "./listeners";
import { readApprovals } from "./messages";
import { MissedApprovals } from "./missed";
import { NtfyTopic } from "./ntfy";
import { Codes } from "./offline";
import { OpenApprovals } from "./open-approvals";
import { OwnStatements } from "./own-statements";
import { pinFaults } from "./pins";
import { Subscriptions } from "./push";
import { PushChecks } from "./push-checks";
import { Sightings } from "./seen";
import { KnownServer } from "./server-info";
import type { Shown } from "./statement";
import { Store, type KeyRecord } from "./store";
import { Live } from "./stream";
import type { Surroundings } from "./surroundings";
import { asUser, holderOf, readName, withEach, withLabel } from "./users";

/** Opens the phone that these surroundings have. Throws PhoneFault "storage" when nothing can be kept. */
export async function openCoreIn(around: Surroundings): Promise<Core> {
  const store = await Store.open(around.database);
  const core = new PhoneCore(around, store);
  await core.load();
  return core;
}

class PhoneCore implements Core {
  online = true;
  offlineSince: number | undefined;
  readonly codes: Codes;
  readonly inbox: MessageCentre;

  private readonly clock: Clock;
  private readonly api: Api;
  private readonly activations: Activations;
  private readonly decisions: Decisions;
  private readonly states: KeyStates;
  private readonly own: OwnStatements;
  private readonly open: OpenApprovals;
  private readonly stream: Live;
  private readonly known: KnownServer;
  private readonly pushes: Subscriptions;
  private readonly checks: PushChecks;
  private readonly sightings: Sightings;
  private readonly late: MissedApprovals;
  private readonly topic: NtfyTopic;
  private readonly listeners = new Listeners();
  private keys: readonly KeyRecord[] = [];
  private decided: readonly PastApproval[] = [];
  private biometric = false;
  private askedAll = false;

  constructor(
    private readonly around: Surroundings,
    private readonly store: Store,
  ) {
    const { authenticator, page } = around;
    this.clock = new Clock(around.wall);
    this.api = new Api(around.origin, this.clock, around.fetch);
    this.api.reached = (online) => this.setOnline(online);
    this.activations = new Activations(store, this.api, this.clock, authenticator, around.posture);
    this.states = new KeyStates(store, this.activations, () => this.keys, async () => this.keysChanged());
    this.decisions = new Decisions(this.api, this.clock, authenticator);
    this.codes = new Codes(this.clock, authenticator, () => this.keys, () => this.biometric);
    this.own = new OwnStatements(this.api, this.clock, this.decisions);
    this.open = new OpenApprovals(this.clock, () => this.biometric, () => this.tell("approvals"), () => this.late.soon());
    const news = {
      approvals: (now: number, statements: readonly string[]) => void this.heard(now, statements).catch(() => undefined),
      keys: () => void this.states.ask(this.asking()).catch(() => undefined),
      messages: () => this.inbox.news(),
      opened: () => void this.late.ask(),
    };
    this.stream = new Live(this.api, () => this.asking(), news, page);
    this.known = new KnownServer(this.api, store, this.clock);
    this.pushes = new Subscriptions(store, this.api, () => this.known.now(), around.push, around.wall, () => this.tell("push"));
    this.checks = new PushChecks(this.api, this.own, this.clock, around.push, this.pushes, () => this.known.now(), () => this.active());
    this.topic = new NtfyTopic(store, this.api, () => this.active());
    this.sightings = new Sightings(this.api, store);
    this.late = new MissedApprovals(this.api, store, this.clock, () => this.active(), () => this.tell("missed"));
    this.inbox = new MessageCentre(this.api, this.clock, this.own, around, () => this.active(), this.states, () => this.tell("messages"));
    page.channel?.addEventListener("message", (event) => {
      if ((event as MessageEvent<unknown>).data === "store") void this.otherTabWrote().catch(() => undefined);
    });
    page.window?.addEventListener("offline", () => this.setOnline(false));
    page.window?.addEventListener("online", () => void this.refresh().catch(() => undefined));
  }

  /** Reads what is kept. The network is not needed. */
  async load(): Promise<void> {
    this.clock.skew = (await this.store.setting("skew")) ?? 0;
    await this.store.dropHandover(this.around.wall() - handoverKept);
    await this.topic.load();
    await this.reload();
    if (typeof navigator !== "undefined" && "onLine" in navigator && !navigator.onLine) this.setOnline(false);
    this.biometric = await this.around.authenticator.available();
    void this.pushes.look();
  }

  async server(): Promise<ServerInfo> {
    return this.known.first();
  }

  get push(): PushState {
    return this.pushes.state;
  }

  async subscribe(): Promise<void> {
    await this.pushes.subscribe();
    await this.topic.settle();
  }

  async unsubscribe(): Promise<void> {
    await this.pushes.unsubscribe();
  }

  get ntfy(): string | undefined {
    return this.topic.address;
  }

  async setNtfy(typed: string | undefined): Promise<void> {
    await (typed === undefined ? this.topic.leave() : this.topic.use(typed));
  }

  async pushChecks(): Promise<PushReport> {
    return this.checks.look();
  }

  async testPush(): Promise<PushTest> {
    return this.checks.test();
  }

  users(): readonly PhoneUser[] {
    return this.keys.map(asUser);
  }

  approvals(): readonly Approval[] {
    return this.open.all;
  }

  woke(id: string): boolean {
    return this.open.woke(id);
  }

  past(): readonly PastApproval[] {
    return this.decided;
  }

  missed(): readonly MissedApproval[] {
    return this.late.all;
  }

  async dismissMissed(ids: readonly string[]): Promise<void> {
    await this.late.dismiss(ids);
  }

  on(event: CoreEvent, listener: () => void): () => void {
    return this.listeners.on(event, listener);
  }

  async biometricAvailable(): Promise<boolean> {
    return (this.biometric = await this.around.authenticator.available());
  }

  checkPin(pin: string, names: readonly string[]): readonly PinFault[] {
    return pinFaults(normalisePin(pin), names);
  }

  async lookup(code: string, fingerprint?: string): Promise<Offer> {
    return this.activations.lookup(code, fingerprint, this.asking());
  }

  async activate(offer: Offer, how: Choice): Promise<PhoneUser> {
    const key = await this.activations.activate(offer, how, this.asking());
    await this.keysChanged();
    return asUser(key);
  }

  async resume(): Promise<void> {
    if (await this.activations.resume()) await this.keysChanged();
  }

  async refresh(): Promise<void> {
    const keys = this.asking();
    if (keys.length === 0) {
      if (!this.online) await this.api.server(); // no stream finds out that the server is back
      return;
    }
    void this.late.ask();
    void this.inbox.count();
    const turn = this.open.turn();
    try {
      const answer = await this.api.forAll(keys, "/approvals");
      const { now, statements } = answerOf(answer, readApprovals);
      await this.accept(now, statements, turn);
    } catch (fault) {
      // None of the keys counts any more, perhaps; their receipts say so.
      if (!(fault instanceof ServerFault) || !fault.final) throw fault;
      await this.states.ask(keys);
      if (this.keys.some((key) => key.state === "active")) throw fault;
      return;
    }
    await this.store.set("skew", this.clock.skew);
    // A key that was removed while the app was closed is told of by nothing else.
    await this.states.ask(this.askedAll ? keys.filter((key) => key.state !== "active") : keys);
    this.askedAll = true;
  }

  seen(approval: Approval, what: "shown" | "opened"): void {
    const statement = this.open.find(approval);
    if (statement) this.sightings.note(statement, what);
  }

  live(): () => void {
    void this.late.ask(); // the tab that has the stream is another one, perhaps
    return this.stream.open();
  }

  async approve(approval: Approval, how: Proof): Promise<Outcome> {
    return this.decide(approval, (statement) => this.decisions.approve(statement, how));
  }

  async deny(approval: Approval, reason: "not_me" | "mistake"): Promise<Outcome> {
    return this.decide(approval, (statement) => this.decisions.deny(statement, reason));
  }

  async disown(past: PastApproval): Promise<void> {
    const answer = await this.api.signed(this.key(past.keyId), `/approvals/${past.id}/disown`, {});
    answerOf(answer, () => undefined);
  }

  async changePins(keyIds: readonly string[], oldPin: string, newPin: string): Promise<readonly string[]> {
    const keys = [...new Set(keyIds)].map((id) => this.key(id)).filter((key) => key.pin);
    for (const key of keys) refuseWeak(normalisePin(newPin), key.user);
    const change = async (key: KeyRecord): Promise<void> =>
      this.states.watch(key.keyId, () => this.own.changePin(key, oldPin, newPin));
    const [first, ...others] = keys;
    if (!first) return [];
    await change(first);
    const left = [...(await withEach(others, change)).keys()];
    await this.store.markOldPins(keys.map((key) => key.keyId), left).catch(() => undefined);
    await this.listChanged();
    return left;
  }

  pinHolder(): PhoneUser | undefined {
    const holder = holderOf(this.keys);
    return holder && asUser(holder);
  }

  async provePin(keyId: string, pin: string): Promise<void> {
    await this.states.watch(keyId, () => this.own.provePin(this.key(keyId), pin));
  }

  async test(keyId: string): Promise<Approval> {
    const approval = this.open.addTest(await this.states.watch(keyId, () => this.own.test(this.key(keyId))));
    // A list that was on its way meanwhile came to nothing; it may have told of something else.
    void this.refresh().catch(() => undefined);
    return approval;
  }

  async removeUser(keyId: string): Promise<void> {
    try {
      answerOf(await this.api.signed(this.key(keyId), "/key/remove", {}), () => undefined);
    } catch (fault) {
      // The server does not know the key any more: all the more reason to forget it here.
      if (!(fault instanceof ServerFault) || !["unauthenticated", "not_found", "conflict"].includes(fault.kind)) throw fault;
    }
    await this.store.removeKey(keyId);
    await this.keysChanged();
    this.open.dropKey(keyId);
    this.late.dropKey(keyId);
  }

  async rename(keyId: string, label: string): Promise<void> {
    const name = readName(label, "label.wrong");
    await this.store.changeKey(keyId, (key) => withLabel(key, name));
    await this.listChanged();
  }

  async reorder(keyIds: readonly string[]): Promise<void> {
    await this.store.reorder(keyIds);
    await this.listChanged();
  }

  async renamePhone(typed: string): Promise<void> {
    const name = readName(typed, "phone.name");
    if (name === "") throw new PhoneFault("phone.name");
    const keys = this.asking();
    const tell = async (key: KeyRecord): Promise<void> =>
      answerOf(await this.states.watch(key.keyId, () => this.api.signed(key, "/key/rename", { name })), () => undefined);
    const faults = await withEach(keys, tell);
    if (faults.size === keys.length) throw [...faults.values()].at(-1) ?? new PhoneFault("key.removed");
  }

  /** The keys that requests are signed with. */
  private asking(): readonly KeyRecord[] {
    return this.keys.filter((key) => key.state !== "removed");
  }

  /** The keys that requests ask. */
  private active(): readonly KeyRecord[] {
    return this.keys.filter((key) => key.state === "active");
  }

  private key(keyId: string): KeyRecord {
    const key = this.keys.find((candidate) => candidate.keyId === keyId);
    if (!key) throw new PhoneFault("key.removed");
    return key;
  }

  private async decide(approval: Approval, send: (statement: Shown) => Promise<Outcome>): Promise<Outcome> {
    const { id } = approval;
    const statement = this.open.statement(approval);
    const outcome = await this.states.watch(approval.keyId, () => send(statement)).catch((fault: unknown) => {
      const decided = fault instanceof ServerFault && (fault.kind === "conflict" || fault.kind === "not_found");
      if (decided) this.open.dropApproval(id);
      throw fault;
    });
    await this.store.addPast(pastOf(approval, outcome));
    this.decided = await this.store.past();
    this.tell("past");
    this.tellTabs();
    this.open.dropApproval(id);
    return outcome;
  }

  /**
   * The stream tells only of what may wake somebody; refresh finds the rest as well. What is shown and not in the stream's
   * list may therefore still be open: it stays until the server was asked.
   */
  private async heard(now: number, statements: readonly string[]): Promise<void> {
    const others = this.open.hear(statements);
    await this.accept(now, [...statements, ...others]);
    if (others.length > 0) await this.refresh();
  }

  private async accept(now: number, jws: readonly string[], turn = this.open.turn()): Promise<void> {
    const wall = this.around.wall();
    this.clock.measure(now, wall, wall);
    for (const statement of await this.open.accept(jws, this.active(), turn)) this.sightings.note(statement, "received");
  }

  private async keysChanged(): Promise<void> {
    await this.reload();
    this.stream.restart();
    this.tellTabs();
    void this.subscribe();
  }

  /** Names or places changed, which the stream has nothing to do with. */
  private async listChanged(): Promise<void> {
    await this.reload();
    this.tellTabs();
  }

  private async otherTabWrote(): Promise<void> {
    const before = this.asking().map((key) => key.keyId).join();
    await this.reload();
    if (this.asking().map((key) => key.keyId).join() !== before) this.stream.restart();
  }

  private async reload(): Promise<void> {
    [this.keys, this.decided] = [await this.store.keys(), await this.store.past()];
    this.inbox.keysChanged();
    this.tell("users");
    this.tell("past");
  }

  private tellTabs(): void {
    this.around.page.channel?.postMessage("store");
  }

  private setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    this.offlineSince = online ? undefined : this.around.wall();
    this.tell("online");
    // What was finished when the connection broke goes on by itself.
    if (online) void this.resume().catch(() => undefined);
  }

  private tell(event: CoreEvent): void {
    this.listeners.tell(event);
  }
}

// Whether notifications reach this phone, step by step from the permission to the arrival, and a test of the whole way.

import { ServerFault, type Api } from "./api";
import type { Clock } from "./clock";
import { PhoneFault, type PushCheck, type PushReport, type PushTest, type ServerInfo } from "./contract";
import type { OwnStatements } from "./own-statements";
import { askPushState, type PushTrial, type ServerPush } from "./push-state";
import type { PushPage, Subscriptions } from "./push";
import type { KeyRecord } from "./store";

/** A test that has not arrived by then is lost; milliseconds. */
export const testPatience = 30_000;

export class PushChecks {
  /** page: undefined where the browser has no Web Push. keys: the active ones. */
  constructor(
    private readonly api: Pick<Api, "signed">,
    private readonly own: Pick<OwnStatements, "pushTest">,
    private readonly clock: Clock,
    private readonly page: PushPage | undefined,
    private readonly subscriptions: Pick<Subscriptions, "refused" | "repair">,
    private readonly server: () => Promise<ServerInfo>,
    private readonly keys: () => readonly KeyRecord[],
  ) {}

  /** Repairs what can be repaired without the person, then looks at everything. Never throws. */
  async look(): Promise<PushReport> {
    await this.subscriptions.repair();
    const [worker, subscription, server] = await Promise.all([this.worker(), this.subscription(), this.view()]);
    const test = newest(server.keys);
    const webpush = server.keys.find((one) => one.webpush?.failing) ?? server.keys.find((one) => one.webpush);
    const local = (at: number): number => this.clock.local(at);
    return {
      checks: [this.permission(), worker, subscription, serviceOf(server), this.receipt(test)],
      ...(webpush?.webpush === undefined ? {} : { service: webpush.webpush.service }),
      ...(test === undefined ? {} : { test: { askedAt: local(test.askedAt), ...(test.receivedAt === undefined ? {} : { receivedAt: local(test.receivedAt) }) } }),
    };
  }

  /** Has the server send a test, and waits for the service worker to say that it came. Throws PhoneFault when it cannot be asked. */
  async test(): Promise<PushTest> {
    const [key] = this.keys();
    if (key === undefined) throw new PhoneFault("key.removed");
    const came = new Map<string, number>();
    let wanted = "";
    let arrived: (at: number) => void = () => undefined;
    const arrival = new Promise<number>((resolve) => (arrived = resolve));
    const stop = this.page?.heard((id) => {
      const at = this.clock.wall();
      came.set(id, at); // the push may be faster than the answer
      if (id === wanted) arrived(at);
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const { id, begun } = await this.ask(key);
      wanted = id;
      const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), testPatience)));
      const at = came.get(id) ?? (await Promise.race([arrival, late]));
      return at === undefined ? await this.unheard(key) : { ms: at - begun };
    } finally {
      clearTimeout(timer);
      stop?.();
    }
  }

  /** The server may know nothing of this browser although the browser believes so: then it is told, and asked again. */
  private async ask(key: KeyRecord): Promise<{ readonly id: string; readonly begun: number }> {
    const once = async (): Promise<{ id: string; begun: number }> => {
      const begun = this.clock.wall();
      return { begun, id: (await this.own.pushTest(key)).message.id };
    };
    try {
      return await once();
    } catch (fault) {
      if (!(fault instanceof ServerFault) || fault.key !== "push.none") throw fault;
      await this.subscriptions.repair();
      return once();
    }
  }

  /** Nothing was heard here; the server may have the receipt all the same, or know where the test was lost. */
  private async unheard(key: KeyRecord): Promise<PushTest> {
    const test = (await askPushState(this.api, key).catch(() => undefined))?.test;
    if (test?.receivedAt !== undefined) return { ms: test.receivedAt - test.askedAt };
    return { lost: test !== undefined && test.acceptedAt === undefined ? "service" : "phone" };
  }

  private permission(): PushCheck {
    const reason = this.page?.permission() ?? "none";
    return { name: "permission", state: reason === "granted" ? "good" : "bad", reason };
  }

  private async worker(): Promise<PushCheck> {
    const found = (await this.page?.worker().catch(() => undefined)) ?? "absent";
    return { name: "worker", state: found === "ready" ? "good" : found === "starting" ? "unknown" : "bad", reason: found };
  }

  private async subscription(): Promise<PushCheck> {
    const name = "subscription";
    if (this.page === undefined) return { name, state: "bad", reason: "unsupported" };
    if ((await this.page.worker().catch(() => undefined)) !== "ready") return { name, state: "unknown", reason: "missing" };
    const manager = await this.page.manager().catch(() => undefined);
    const found = await manager?.getSubscription().catch(() => null);
    if (found) return { name, state: "good", reason: "subscribed" };
    return { name, state: "bad", reason: this.subscriptions.refused ? "refused" : "missing" };
  }

  private async view(): Promise<View> {
    try {
      const { push } = await this.server();
      if (push === undefined) return { reason: "off", keys: [] };
      const asked = this.keys().map(async (key) => askPushState(this.api, key));
      return { reason: asked.length === 0 ? "nobody" : undefined, keys: await Promise.all(asked) };
    } catch (fault) {
      if (!(fault instanceof PhoneFault)) console.warn(fault);
      return { reason: "unasked", keys: [] };
    }
  }

  private receipt(test: PushTrial | undefined): PushCheck {
    const name = "receipt";
    if (test === undefined) return { name, state: "unknown", reason: "never" };
    if (test.receivedAt !== undefined) return { name, state: "good", reason: "arrived" };
    const running = this.clock.now() - test.askedAt < testPatience;
    return running ? { name, state: "unknown", reason: "waiting" } : { name, state: "bad", reason: "lost" };
  }
}

/** What the server said of each key, or why it said nothing. */
interface View {
  readonly reason: "off" | "nobody" | "unasked" | undefined;
  readonly keys: readonly ServerPush[];
}

/** One bad key is bad for the phone: that user's requests would not come. */
function serviceOf({ reason, keys }: View): PushCheck {
  const name = "service";
  if (reason !== undefined) return { name, state: reason === "off" ? "bad" : "unknown", reason };
  if (keys.some(({ webpush }) => webpush === undefined)) return { name, state: "bad", reason: "forgotten" };
  if (keys.some(({ webpush }) => webpush?.failing)) return { name, state: "bad", reason: "failing" };
  const tried = keys.some(({ webpush }) => webpush?.acceptedAt !== undefined);
  return tried ? { name, state: "good", reason: "accepts" } : { name, state: "unknown", reason: "untried" };
}

function newest(keys: readonly ServerPush[]): PushTrial | undefined {
  return keys.flatMap(({ test }) => test ?? []).reduce<PushTrial | undefined>((last, test) => (last && last.askedAt >= test.askedAt ? last : test), undefined);
}

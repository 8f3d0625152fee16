// A second way to this phone: a topic of an ntfy server, which the ntfy app listens to (docs/protocol.md §5.7). It needs no push
// service of the browser's. Whoever knows the topic reads what is published there, so this phone makes one that nobody guesses.

import { answerOf, type Api } from "./api";
import { newId } from "./bytes";
import { PhoneFault } from "./contract";
import type { KeyRecord, Store } from "./store";

export class NtfyTopic {
  address: string | undefined;
  private settling: Promise<void> = Promise.resolve();

  /** keys: the active ones. */
  constructor(
    private readonly store: Pick<Store, "setting" | "set">,
    private readonly api: Pick<Api, "signed">,
    private readonly keys: () => readonly KeyRecord[],
  ) {}

  /** Reads what is kept. Throws PhoneFault "storage". */
  async load(): Promise<void> {
    this.address = (await this.store.setting("ntfy"))?.address;
  }

  /**
   * Names a topic to the server for every active key, by its address or that of its ntfy server alone. Throws PhoneFault: push.endpoint
   * for what is no such address, push.service, or as any request does; nothing is kept then.
   */
  async use(typed: string): Promise<void> {
    const address = topicOf(typed);
    await this.name(address, this.keys(), []);
    this.address = address;
  }

  /** Takes it back for every active key. Throws PhoneFault; what was told is kept then. */
  async leave(): Promise<void> {
    for (const key of this.keys()) answerOf(await this.api.signed(key, "/push/unsubscribe", { channel: "ntfy" }), () => undefined);
    await this.store.set("ntfy", undefined);
    this.address = undefined;
  }

  /** Names the topic for users who came since. Never throws: the next start tries again. */
  async settle(): Promise<void> {
    this.settling = this.settling.then(async () => {
      const kept = await this.store.setting("ntfy");
      const fresh = kept === undefined ? [] : this.keys().filter(({ keyId }) => !kept.keyIds.includes(keyId));
      if (kept !== undefined && fresh.length > 0) await this.name(kept.address, fresh, kept.keyIds);
    }).catch((fault: unknown) => {
      if (!(fault instanceof PhoneFault)) console.warn(fault);
    });
    await this.settling;
  }

  private async name(address: string, keys: readonly KeyRecord[], before: readonly string[]): Promise<void> {
    for (const key of keys) answerOf(await this.api.signed(key, "/push/subscribe", { channel: "ntfy", endpoint: address }), () => undefined);
    await this.store.set("ntfy", { address, keyIds: [...before, ...keys.map(({ keyId }) => keyId)] });
  }
}

/** The address of a topic; of a server's alone, with a topic that nobody guesses. Throws PhoneFault "push.endpoint". */
export function topicOf(typed: string): string {
  const text = typed.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/:]+:\d/.test(text) ? text : `https://${text}`);
  } catch (cause) {
    throw new PhoneFault("push.endpoint", {}, { cause });
  }
  const topic = url.pathname.replace(/^\/|\/$/g, "");
  const plain = url.protocol === "https:" && url.username === "" && url.password === "" && url.search === "" && url.hash === "" && url.hostname !== "";
  if (!plain || !/^[A-Za-z0-9_-]{0,64}$/.test(topic)) throw new PhoneFault("push.endpoint");
  return `${url.origin}/${topic === "" ? `nodkey-${newId()}` : topic}`;
}

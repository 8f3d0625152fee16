// The live stream (docs/protocol.md §5.4): one for all users of this phone and for all of its tabs. The tab that holds the
// lock reads it and tells the others; each verifies for itself what it is told.

import { givenUp, ServerFault, type Api, type Signer } from "./api";
import { PhoneFault } from "./contract";
import { readApprovals } from "./messages";
import { maxBody, Members, parseJson } from "./strict";

/** What the stream, or another tab, has to tell. */
export interface StreamNews {
  approvals(now: number, statements: readonly string[]): void;
  /** The state of some key changed. */
  keys(): void;
  /** Something in the box of a user changed. */
  messages(): void;
  /** It came about, in this tab: what happened before it is told by nothing else. */
  opened(): void;
}

/** What the stream uses of the page; absent parts are done without. */
export interface Page {
  readonly locks: Pick<LockManager, "request"> | undefined;
  readonly channel: Pick<BroadcastChannel, "postMessage" | "addEventListener"> | undefined;
  readonly document: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener"> | undefined;
  readonly window: Pick<Window, "addEventListener" | "removeEventListener"> | undefined;
}

/** The server says something every 20 s; after this long it is gone. Milliseconds. */
const silence = 50_000;
/**
 * A hidden page gives the stream up after this long, so that one that is looked at can have it; until then it tells the
 * others what it hears. Whether a hidden page wants the stream at all is for the app to say. Milliseconds.
 */
const hiddenGrace = 300_000;
const firstPause = 500;
const longestPause = 30_000;

export class Live {
  private wanted = 0;
  private running: AbortController | undefined;
  private attempt: AbortController | undefined;
  private restarted = false;
  private wake: () => void = () => undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<Api, "stream">,
    private readonly keys: () => readonly Signer[],
    private readonly news: StreamNews,
    private readonly page: Page,
  ) {
    page.channel?.addEventListener("message", (event) => this.heard((event as MessageEvent<unknown>).data));
  }

  /** Keeps the stream open until the returned function was called; may be called several times. */
  open(): () => void {
    if (this.wanted++ === 0) this.begin();
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      if (--this.wanted === 0) this.end();
    };
  }

  /** The keys changed: the stream's proofs must name them. */
  restart(): void {
    this.restarted = true;
    this.attempt?.abort(givenUp);
    this.wake();
  }

  private begin(): void {
    this.page.document?.addEventListener("visibilitychange", this.visibility);
    this.page.window?.addEventListener("online", this.hurry);
    this.hold();
  }

  private end(): void {
    this.page.document?.removeEventListener("visibilitychange", this.visibility);
    this.page.window?.removeEventListener("online", this.hurry);
    clearTimeout(this.hiding);
    this.release();
  }

  private readonly hurry = (): void => this.wake();

  private readonly visibility = (): void => {
    clearTimeout(this.hiding);
    if (this.page.document?.visibilityState === "hidden") {
      this.hiding = setTimeout(() => this.release(), hiddenGrace);
    } else if (this.running) {
      this.wake();
    } else {
      this.hold();
    }
  };

  private release(): void {
    this.running?.abort();
    this.running = undefined;
  }

  /** Waits for the lock and reads as long as the page has it. */
  private hold(): void {
    if (this.running) return;
    const running = new AbortController();
    this.running = running;
    const work = async (): Promise<void> => this.loop(running.signal);
    const held = this.page.locks ? this.page.locks.request("nodkey-stream", { signal: running.signal }, work) : work();
    held.catch((cause: unknown) => {
      // Waiting for the lock was given up; anything else is a fault worth seeing in the console.
      if (!running.signal.aborted) throw cause;
    });
  }

  private async loop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.startOver();
      const keys = this.keys();
      if (keys.length === 0) {
        await this.pause(signal, undefined);
        continue;
      }
      const attempt = new AbortController();
      this.attempt = attempt;
      const stop = (): void => attempt.abort(givenUp);
      signal.addEventListener("abort", stop);
      const { heard, wait } = await this.readAll(keys, attempt);
      signal.removeEventListener("abort", stop);
      failures = heard ? 0 : failures + 1;
      if (this.startOver()) continue;
      // Later and later, and never all phones at the same moment.
      const ceiling = Math.min(longestPause, firstPause * 2 ** failures);
      await this.pause(signal, Math.max(wait, ceiling * (0.5 + Math.random() / 2)));
    }
  }

  /** Was a new start asked for since the last time this was called? */
  private startOver(): boolean {
    const asked = this.restarted;
    this.restarted = false;
    return asked;
  }

  /** Ends when the stream does, whyever: whether anything came, and the milliseconds that the server wants us to wait. */
  private async readAll(keys: readonly Signer[], attempt: AbortController): Promise<{ heard: boolean; wait: number }> {
    let watchdog = setTimeout(() => attempt.abort(), silence);
    let heard = false;
    try {
      for await (const line of lines(await this.api.stream(keys, attempt.signal))) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => attempt.abort(), silence);
        if (!heard) this.news.opened();
        heard = true;
        if (!this.line(line)) break;
      }
    } catch (fault) {
      if (fault instanceof ServerFault) {
        if (fault.final) this.news.keys(); // perhaps none of the keys counts any more
        return { heard, wait: fault.retryAfter ?? 0 };
      }
    } finally {
      clearTimeout(watchdog);
      attempt.abort(); // lets the connection go, whatever ended the reading
    }
    return { heard, wait: 0 };
  }

  /** False when the server is about to close. */
  private line(text: string): boolean {
    const members = Members.of(parseJson(text), "line");
    const type = members.oneOf("type", ["approvals", "keys", "messages", "ping", "bye"]);
    if (type === "approvals") {
      const { now, statements } = readApprovals(members);
      members.done();
      this.news.approvals(now, statements);
      this.page.channel?.postMessage({ type, now, statements });
    } else if (type === "keys" || type === "messages") {
      members.done();
      this.news[type]();
      this.page.channel?.postMessage({ type });
    }
    return type !== "bye";
  }

  private heard(data: unknown): void {
    if (typeof data !== "object" || data === null || !("type" in data)) return;
    if (data.type === "keys" || data.type === "messages") this.news[data.type]();
    if (data.type === "approvals" && "now" in data && "statements" in data && Array.isArray(data.statements)) {
      this.news.approvals(Number(data.now), data.statements.map(String));
    }
  }

  /** Until the time is over, somebody calls wake, or the signal says stop. Without a time, until one of the latter. */
  private async pause(signal: AbortSignal, ms: number | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => done(), ms);
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.wake = done;
      if (signal.aborted) done();
      else signal.addEventListener("abort", done);
    });
    this.wake = () => undefined;
  }
}

/** The lines of a body of UTF-8, without their ends. Throws for a line beyond 64 KiB. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      held += decoder.decode(value, { stream: !done });
      for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n")) {
        const line = held.slice(0, end).trim();
        held = held.slice(end + 1);
        if (line !== "") yield line;
      }
      if (held.length > maxBody) throw new PhoneFault("answer.wrong");
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

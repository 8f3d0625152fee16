import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Signer } from "./api";
import { PhoneFault } from "./contract";
import { lines, Live, type Page } from "./stream";

const encoder = new TextEncoder();
const noPage: Page = { locks: undefined, channel: undefined, document: undefined, window: undefined };
const someKey = { keyId: "k" } as Signer;

/** A stream that a test writes into; undefined closes it. */
class Wire {
  readonly opened: { write: (text: string | undefined) => void; signal: AbortSignal; keys: readonly Signer[] }[] = [];
  fails: Error | undefined;
  attempts = 0;

  readonly stream = async (keys: readonly Signer[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    this.attempts++;
    if (this.fails) return Promise.reject(this.fails);
    return Promise.resolve(
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          signal.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
          const write = (text: string | undefined): void =>
            text === undefined ? controller.close() : controller.enqueue(encoder.encode(text));
          this.opened.push({ write, signal, keys });
        },
      }),
    );
  };
}

let wire: Wire;
let heard: string[];
let live: Live;
let keys: Signer[];
let close: () => void;
let openings: number;

function start(page: Page = noPage): Live {
  live = new Live(
    wire,
    () => keys,
    {
      approvals: (now, statements) => heard.push(`approvals ${now} ${statements.join()}`),
      keys: () => heard.push("keys"),
      messages: () => heard.push("messages"),
      opened: () => openings++,
    },
    page,
  );
  close = live.open();
  return live;
}

beforeEach(() => {
  vi.useFakeTimers();
  wire = new Wire();
  heard = [];
  openings = 0;
  keys = [someKey];
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

/** Lets everything run that waits for no timer. */
const settle = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0);
};

describe("the stream", () => {
  test("tells of approvals and keys, and is silent about pings", async () => {
    start();
    await settle();
    wire.opened[0]?.write('{"type":"approvals","now":5,"statements":["a.b.c"]}\n{"type":"ping"}\n{"type":"ke');
    await settle();
    wire.opened[0]?.write('ys"}\n{"type":"approvals","now":6}\n');
    await settle();
    expect(heard).toEqual(["approvals 5 a.b.c", "keys", "approvals 6 "]);
  });

  test("is opened again after the server closed it, and after it was silent for too long", async () => {
    start();
    await settle();
    wire.opened[0]?.write('{"type":"bye"}\n');
    await vi.advanceTimersByTimeAsync(1000);
    expect(wire.opened).toHaveLength(2);
    expect(wire.opened[0]?.signal.aborted).toBe(true);
    wire.opened[1]?.write('{"type":"ping"}\n');
    await vi.advanceTimersByTimeAsync(49_000);
    expect(wire.opened).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(wire.opened).toHaveLength(3);
    expect(openings).toBe(2); // the third has said nothing yet
  });

  test("is tried later and later while it fails", async () => {
    wire.fails = new PhoneFault("offline");
    start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(wire.attempts).toBeGreaterThan(2);
    expect(wire.attempts).toBeLessThan(8);
    const before = wire.attempts;
    await vi.advanceTimersByTimeAsync(300_000);
    expect(wire.attempts - before).toBeGreaterThanOrEqual(9);
    expect(wire.attempts - before).toBeLessThan(25);
  });

  test("that says what the protocol does not is left and opened again", async () => {
    start();
    await settle();
    wire.opened[0]?.write('{"type":"approvals","type":"keys"}\n');
    await vi.advanceTimersByTimeAsync(2000);
    expect(heard).toEqual([]);
    expect(wire.opened).toHaveLength(2);
  });

  test("starts over at once when the keys changed", async () => {
    start();
    await settle();
    keys = [someKey, { keyId: "l" } as Signer];
    live.restart();
    await settle();
    expect(wire.opened.map((one) => one.keys.length)).toEqual([1, 2]);
  });

  test("waits for the first key", async () => {
    keys = [];
    start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire.attempts).toBe(0);
    keys = [someKey];
    live.restart();
    await settle();
    expect(wire.attempts).toBe(1);
  });

  test("closes when nobody wants it any more", async () => {
    start();
    const second = live.open();
    await settle();
    close();
    close(); // twice is once
    expect(wire.opened[0]?.signal.aborted).toBe(false);
    second();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire.opened[0]?.signal.aborted).toBe(true);
    expect(wire.attempts).toBe(1);
  });
});

describe("a page", () => {
  function page(): { page: Page; look: (state: DocumentVisibilityState) => void } {
    const target = new EventTarget();
    const seen: { visibilityState: DocumentVisibilityState } = { visibilityState: "visible" };
    const document = Object.assign(target, seen);
    return {
      page: { ...noPage, document: document },
      look: (state) => {
        document.visibilityState = state;
        target.dispatchEvent(new Event("visibilitychange"));
      },
    };
  }

  test("that is hidden for long gives the stream up, and takes it again when looked at", async () => {
    const shown = page();
    start(shown.page);
    await settle();
    shown.look("hidden");
    for (let passed = 0; passed < 299_000; passed += 23_000) {
      wire.opened[0]?.write('{"type":"ping"}\n');
      await vi.advanceTimersByTimeAsync(23_000);
    }
    expect(wire.opened[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(wire.opened[0]?.signal.aborted).toBe(true);
    shown.look("visible");
    await settle();
    expect(wire.opened).toHaveLength(2);
  });

  test("without the lock hears from the one that has it", async () => {
    const channel = new EventTarget();
    const told: unknown[] = [];
    const bus = Object.assign(channel, { postMessage: (data: unknown) => told.push(data) }) as unknown as BroadcastChannel;
    const never = { request: async () => new Promise(() => undefined) } as unknown as LockManager;
    start({ ...noPage, channel: bus, locks: never });
    await settle();
    expect(wire.attempts).toBe(0);
    channel.dispatchEvent(new MessageEvent("message", { data: { type: "approvals", now: 7, statements: ["x"] } }));
    channel.dispatchEvent(new MessageEvent("message", { data: { type: "keys" } }));
    channel.dispatchEvent(new MessageEvent("message", { data: "store" }));
    expect(heard).toEqual(["approvals 7 x", "keys"]);
    expect(told).toEqual([]);
  });

  test("with the lock tells the others", async () => {
    const channel = new EventTarget();
    const told: unknown[] = [];
    const bus = Object.assign(channel, { postMessage: (data: unknown) => told.push(data) }) as unknown as BroadcastChannel;
    start({ ...noPage, channel: bus });
    await settle();
    wire.opened[0]?.write('{"type":"approvals","now":5,"statements":["a"]}\n{"type":"keys"}\n');
    await settle();
    expect(told).toEqual([{ type: "approvals", now: 5, statements: ["a"] }, { type: "keys" }]);
  });
});

describe("lines", () => {
  async function all(...chunks: (string | Uint8Array)[]): Promise<string[]> {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
        controller.close();
      },
    });
    const found: string[] = [];
    for await (const line of lines(body)) found.push(line);
    return found;
  }

  test("survive any cut, also through a character", async () => {
    const text = encoder.encode("ä\r\n\nb\n");
    for (let cut = 0; cut <= text.length; cut++) {
      expect(await all(text.slice(0, cut), text.slice(cut))).toEqual(["ä", "b"]);
    }
  });

  test("that were not finished do not count, nor do endless ones", async () => {
    expect(await all("a\nb")).toEqual(["a"]);
    await expect(all("x".repeat(40_000), "x".repeat(40_000))).rejects.toMatchObject({ key: "answer.wrong" });
    await expect(all(new Uint8Array([0xff, 0x0a]))).rejects.toThrow(TypeError);
  });
});

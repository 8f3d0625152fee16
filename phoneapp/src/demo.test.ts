// @vitest-environment happy-dom
import { afterEach, describe, expect, test } from "vitest";
import { obeyDemo, openDemo } from "./demo";

const origin = "http://nodkey.localhost:8080";

/** A framed window; what it posts to its parent is kept. */
function framed(content: string | undefined, parentIsSelf = false) {
  document.head.replaceChildren();
  if (content !== undefined) {
    const meta = document.createElement("meta");
    meta.name = "nodkey-demo";
    meta.content = content;
    document.head.append(meta);
  }
  const posted: unknown[][] = [];
  const parent = { postMessage: (...args: unknown[]) => posted.push(args) };
  const target = new EventTarget();
  const frame = {
    document, addEventListener: target.addEventListener.bind(target), removeEventListener: target.removeEventListener.bind(target),
    parent: parent as unknown,
  };
  if (parentIsSelf) frame.parent = frame;
  const answer = (data: unknown, from = origin, source: unknown = parent): void => {
    target.dispatchEvent(Object.assign(new Event("message"), { data, origin: from, source }));
  };
  return { frame: frame as unknown as Window, posted, answer };
}

afterEach(() => document.head.replaceChildren());

describe("the demo's picture", () => {
  test("is not offered without the server's mark, for any origin, or without a page around", () => {
    expect(openDemo(framed(undefined).frame)).toBeUndefined();
    expect(openDemo(framed("").frame)).toBeUndefined();
    expect(openDemo(framed("*").frame)).toBeUndefined();
    expect(openDemo(framed(origin, true).frame)).toBeUndefined();
  });

  test("is asked of the demo's origin alone and taken from it alone", async () => {
    const { frame, posted, answer } = framed(origin);
    const picture = new Blob(["x"]);
    const got = openDemo(frame)?.picture(new AbortController().signal);
    expect(posted).toEqual([[{ type: "nodkey-demo-scan" }, origin]]);
    answer({ type: "nodkey-demo-picture", picture: new Blob(["a"]) }, "http://evil.localhost:8080");
    answer({ type: "nodkey-demo-picture", picture: new Blob(["b"]) }, origin, {});
    answer({ type: "nodkey-demo-picture", picture: "c" });
    answer({ type: "other", picture: new Blob(["d"]) });
    answer(null);
    answer({ type: "nodkey-demo-picture", picture });
    await expect(got).resolves.toBe(picture);
  });

  test("is given up when the time is over", async () => {
    const { frame } = framed(origin);
    const timer = new AbortController();
    const got = openDemo(frame)?.picture(timer.signal);
    timer.abort();
    await expect(got).rejects.toThrow("no picture");
  });
});

describe("a page around that shows no code", () => {
  test("says so at once", async () => {
    const { frame, answer } = framed(origin);
    const got = openDemo(frame)?.picture(new AbortController().signal);
    answer({ type: "nodkey-demo-picture", picture: null }, "http://evil.localhost:8080");
    answer({ type: "nodkey-demo-picture", picture: null });
    await expect(got).rejects.toThrow("no picture");
  });
});

describe("starting over", () => {
  test("is obeyed from the demo's own page alone, and nowhere but in the demo", () => {
    for (const content of [undefined, "", "*"]) {
      const { frame, posted } = framed(content);
      obeyDemo(frame, () => Promise.reject(new Error("obeyed")));
      expect(posted).toEqual([]);
    }
    const { frame, posted, answer } = framed(origin);
    let forgotten = 0;
    obeyDemo(frame, () => {
      forgotten += 1;
      return Promise.resolve();
    });
    expect(posted).toEqual([[{ type: "nodkey-demo-ready" }, origin]]);
    answer({ type: "nodkey-demo-forget" }, "http://evil.localhost:8080");
    answer({ type: "nodkey-demo-forget" }, origin, {});
    answer({ type: "nodkey-demo-other" });
    expect(forgotten).toBe(0);
    answer({ type: "nodkey-demo-forget" });
    expect(forgotten).toBe(1);
  });
});

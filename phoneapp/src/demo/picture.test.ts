// @vitest-environment happy-dom
import { afterEach, describe, expect, test } from "vitest";
import { pageAround, type Around } from "./around";
import { framed, origin } from "./framed";
import { pictureFrom } from "./picture";

afterEach(() => document.head.replaceChildren());

function around(frame: Window): Around {
  const page = pageAround(frame);
  if (page === undefined) throw new Error("no page around");
  return page;
}

describe("the page around", () => {
  test("is none without the server's mark, for any origin, or where the app is not framed", () => {
    expect(pageAround(framed("").frame)).toBeUndefined();
    expect(pageAround(framed("*").frame)).toBeUndefined();
    expect(pageAround(framed(origin, true).frame)).toBeUndefined();
    const { frame } = framed();
    document.head.replaceChildren();
    expect(pageAround(frame)).toBeUndefined();
  });
});

describe("the demo's picture", () => {
  test("is asked of the demo's origin alone and taken from it alone", async () => {
    const { frame, posted, answer } = framed();
    const picture = new Blob(["x"]);
    const got = pictureFrom(around(frame)).picture(new AbortController().signal);
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
    const timer = new AbortController();
    const got = pictureFrom(around(framed().frame)).picture(timer.signal);
    timer.abort();
    await expect(got).rejects.toThrow("no picture");
  });

  test("is given up at once when the page around shows no code", async () => {
    const { frame, answer } = framed();
    const got = pictureFrom(around(frame)).picture(new AbortController().signal);
    answer({ type: "nodkey-demo-picture", picture: null }, "http://evil.localhost:8080");
    answer({ type: "nodkey-demo-picture", picture: null });
    await expect(got).rejects.toThrow("no picture");
  });
});

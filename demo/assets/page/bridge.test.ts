// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { bridge, type Place } from "./bridge";

const portalOrigin = "http://portal.nodkey.localhost:8080";
const phoneOrigin = "http://phone.nodkey.localhost:8080";

function framed(origin: string) {
  const posted: unknown[][] = [];
  const inside = { postMessage: (...args: unknown[]) => posted.push(args) };
  const place: Place = { frame: { contentWindow: inside } as unknown as HTMLIFrameElement, origin };
  return { place, posted, inside };
}

function connected() {
  const portal = framed(portalOrigin);
  const phone = framed(phoneOrigin);
  const target = new EventTarget();
  let ready = 0;
  const between = bridge(target as unknown as Window, { portal: portal.place, phone: phone.place }, () => (ready += 1));
  const send = (data: unknown, origin: string, source: unknown): void => {
    target.dispatchEvent(Object.assign(new Event("message"), { data, origin, source }));
  };
  return { portal, phone, between, send, ready: () => ready };
}

describe("messages between portal and phone", () => {
  test("the phone's scan reaches the portal, and its picture the phone", () => {
    const { portal, phone, send } = connected();
    send({ type: "nodkey-demo-scan" }, phoneOrigin, phone.inside);
    expect(portal.posted).toEqual([[{ type: "nodkey-demo-scan" }, portalOrigin]]);
    const picture = new Blob(["x"]);
    send({ type: "nodkey-demo-picture", picture }, portalOrigin, portal.inside);
    send({ type: "nodkey-demo-picture", picture: null }, portalOrigin, portal.inside);
    expect(phone.posted).toEqual([
      [{ type: "nodkey-demo-picture", picture }, phoneOrigin],
      [{ type: "nodkey-demo-picture", picture: null }, phoneOrigin],
    ]);
  });

  test("come from the right frame at the right origin, or do nothing", () => {
    const { portal, phone, send, ready } = connected();
    const picture = { type: "nodkey-demo-picture", picture: new Blob(["x"]) };
    send({ type: "nodkey-demo-scan" }, "http://evil.localhost:8080", phone.inside);
    send({ type: "nodkey-demo-scan" }, phoneOrigin, portal.inside);
    send({ type: "nodkey-demo-scan" }, portalOrigin, portal.inside);
    send({ type: "nodkey-demo-ready" }, portalOrigin, portal.inside);
    send(picture, phoneOrigin, phone.inside);
    send(picture, portalOrigin, phone.inside);
    send(picture, "null", portal.inside);
    for (const data of [null, "nodkey-demo-picture", {}, { type: "nodkey-demo-picture" }, { type: "nodkey-demo-picture", picture: "x" }]) {
      send(data, portalOrigin, portal.inside);
    }
    expect([portal.posted, phone.posted, ready()]).toEqual([[], [], 0]);
  });

  test("the phone is told to forget, at its own origin", () => {
    const { phone, between, send, ready } = connected();
    send({ type: "nodkey-demo-ready" }, phoneOrigin, phone.inside);
    expect(ready()).toBe(1);
    between.forget();
    expect(phone.posted).toEqual([[{ type: "nodkey-demo-forget" }, phoneOrigin]]);
  });
});

// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { bridge, type Place } from "./bridge";

const portalOrigin = "http://portal.nodkey.localhost:8080";
const wikiOrigin = "http://wiki.nodkey.localhost:8080";
const phoneOrigin = "http://phone.nodkey.localhost:8080";

function framed(origin: string) {
  const posted: unknown[][] = [];
  const inside = { postMessage: (...args: unknown[]) => posted.push(args) };
  const frame = Object.assign(new EventTarget(), { contentWindow: inside });
  const place: Place = { frame: frame as unknown as HTMLIFrameElement, origin };
  return { place, posted, inside, loaded: () => frame.dispatchEvent(new Event("load")) };
}

function connected() {
  const portal = framed(portalOrigin);
  const phone = framed(phoneOrigin);
  const target = new EventTarget();
  const heard: string[] = [];
  let instead: Blob | null | undefined;
  const between = bridge(target as unknown as Window, { portal: { ...portal.place, others: [wikiOrigin] }, phone: phone.place }, {
    ready: () => heard.push("ready"),
    screen: (screen, error) => heard.push(`${screen} ${error}`),
    shows: (origin) => heard.push(`shows ${origin ?? "nobody's"}`),
    scanned: (picture, code) => {
      heard.push(`scanned ${code}`);
      return Promise.resolve(instead === undefined ? picture : instead);
    },
  });
  const show = (picture: Blob | null): void => {
    instead = picture;
  };
  const send = (data: unknown, origin: string, source: unknown): void => {
    target.dispatchEvent(Object.assign(new Event("message"), { data, origin, source }));
  };
  return { portal, phone, between, send, heard, show };
}

describe("messages between portal and phone", () => {
  test("the phone's scan reaches the portal, and its picture the phone", async () => {
    const { portal, phone, send, heard } = connected();
    send({ type: "nodkey-demo-scan" }, phoneOrigin, phone.inside);
    expect(portal.posted).toEqual([[{ type: "nodkey-demo-scan" }, portalOrigin]]);
    const picture = new Blob(["x"]);
    send({ type: "nodkey-demo-picture", picture, code: "7K2S 9QXN" }, portalOrigin, portal.inside);
    send({ type: "nodkey-demo-picture", picture: null }, portalOrigin, portal.inside);
    await Promise.resolve();
    expect(phone.posted).toEqual([
      [{ type: "nodkey-demo-picture", picture }, phoneOrigin],
      [{ type: "nodkey-demo-picture", picture: null }, phoneOrigin],
    ]);
    expect(heard).toEqual(["scanned 7K2S 9QXN", "scanned "]);
  });

  test("the page may show the phone another picture", async () => {
    const { portal, phone, send, show } = connected();
    const other = new Blob(["other"]);
    show(other);
    send({ type: "nodkey-demo-picture", picture: new Blob(["x"]), code: "" }, portalOrigin, portal.inside);
    await Promise.resolve();
    expect(phone.posted).toEqual([[{ type: "nodkey-demo-picture", picture: other }, phoneOrigin]]);
  });

  test("come from the right frame at the right origin, or do nothing", async () => {
    const { portal, phone, send, heard } = connected();
    const picture = { type: "nodkey-demo-picture", picture: new Blob(["x"]) };
    const screen = { type: "nodkey-demo-screen", screen: "fault", error: "offline" };
    send({ type: "nodkey-demo-scan" }, "http://evil.localhost:8080", phone.inside);
    send({ type: "nodkey-demo-scan" }, phoneOrigin, portal.inside);
    send({ type: "nodkey-demo-scan" }, portalOrigin, portal.inside);
    send({ type: "nodkey-demo-ready" }, portalOrigin, portal.inside);
    send(screen, portalOrigin, portal.inside);
    send(screen, "http://evil.localhost:8080", phone.inside);
    send({ type: "nodkey-demo-screen", screen: 1, error: "offline" }, phoneOrigin, phone.inside);
    send(picture, phoneOrigin, phone.inside);
    send(picture, portalOrigin, phone.inside);
    send(picture, "null", portal.inside);
    for (const data of [null, "nodkey-demo-picture", {}, { type: "nodkey-demo-picture" }, { type: "nodkey-demo-picture", picture: "x" }]) {
      send(data, portalOrigin, portal.inside);
    }
    await Promise.resolve();
    expect([portal.posted, phone.posted, heard]).toEqual([[], [], []]);
  });

  test("the frame's page says whose it is, a product's too, and is the one that is asked for a picture", () => {
    const { portal, phone, send, heard } = connected();
    const here = { type: "nodkey-demo-here" };
    send(here, wikiOrigin, portal.inside);
    portal.loaded();
    send({ type: "nodkey-demo-scan" }, phoneOrigin, phone.inside);
    send(here, "http://evil.localhost:8080", portal.inside);
    send(here, wikiOrigin, phone.inside);
    send(here, portalOrigin, portal.inside);
    portal.loaded();
    portal.loaded(); // another page, which said nothing
    expect(portal.posted).toEqual([[{ type: "nodkey-demo-scan" }, wikiOrigin]]);
    expect(heard).toEqual([`shows ${wikiOrigin}`, `shows ${portalOrigin}`, "shows nobody's"]);
  });

  test("what is told to a frame is told at its own origin", () => {
    const { portal, phone, between, send, heard } = connected();
    send({ type: "nodkey-demo-ready" }, phoneOrigin, phone.inside);
    send({ type: "nodkey-demo-screen", screen: "fault", error: "offline" }, phoneOrigin, phone.inside);
    expect(heard).toEqual(["ready", "fault offline"]);
    between.forget();
    between.pose({ platform: "ios" });
    between.speak("de");
    expect(phone.posted).toEqual([[{ type: "nodkey-demo-forget" }, phoneOrigin], [{ type: "nodkey-demo-pose", pose: { platform: "ios" } }, phoneOrigin]]);
    expect(portal.posted).toEqual([[{ type: "nodkey-demo-language", lang: "de" }, portalOrigin]]);
  });
});

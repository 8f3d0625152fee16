// @vitest-environment happy-dom
// @vitest-environment-options { "url": "https://phone.aldermere.example/" }
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { formatCode } from "../core/codes";
import { PhoneFault } from "../core/contract";
import type { Scanner } from "../scan/scan";
import type { Scan } from "../ui/app-context";
import { readPasted } from "../ui/code-field";
import { stage } from "./stage";

const groups = formatCode("7K29QX4VHR3TW5Z");
const fingerprint = "AAAAAAAAAAAAAAAAAAAAAA";
const link = `https://phone.aldermere.example/a#c=${groups.join("")}&f=${fingerprint}`;

const one = (id: string): Scanner["cameras"][number] => ({ id, label: "", facing: "rear" });

/** A camera that sees what the test shows it. */
function camera(change: Partial<Scanner> = {}) {
  const calls: string[] = [];
  let see: (text: string) => void = () => undefined;
  const scanner: Scanner = {
    cameras: [one("1"), one("2")], camera: "1", facing: "rear", torch: true, zoom: undefined,
    setTorch: (on) => Promise.resolve(void calls.push(`torch ${on}`)),
    setZoom: () => Promise.resolve(),
    change: () => Promise.resolve(void calls.push("change")),
    stop: () => void calls.push("stop"),
    ...change,
  };
  const scan: Scan = {
    openScanner: (_video, found) => {
      see = found;
      return Promise.resolve(scanner);
    },
    scanFrom: () => Promise.resolve(link),
  };
  return { calls, scan: () => Promise.resolve(scan), show: (text: string) => see(text) };
}

describe("the camera", () => {
  test("reads the link, stops, and goes to the offer with the server's fingerprint", async () => {
    const { scan, show, calls } = camera();
    const on = await stage({ route: { screen: "scan" }, scan });
    await on.change(() => show(link));
    expect(on.core.calls).toEqual([`lookup ${groups.join("")} ${fingerprint}`]);
    expect(on.screen()).toBe("offer");
    expect(calls).toEqual(["stop"]);
  });

  test("a second reading of the same code asks no second time", async () => {
    const { scan, show } = camera();
    const on = await stage({ route: { screen: "scan" }, scan });
    await on.change(() => {
      show(link);
      show(link);
    });
    expect(on.core.calls).toHaveLength(1);
  });

  test("a foreign or damaged code is told, and the camera goes on", async () => {
    const { scan, show } = camera();
    const on = await stage({ route: { screen: "scan" }, scan });
    await on.change(() => show("https://elsewhere.example/"));
    expect(on.text()).toContain("This square code is not from this portal.");
    await on.change(() => show(link.replace("7K2", "7K3")));
    expect(on.text()).toContain("This code could be read only in part.");
    await on.change(() => show(link));
    expect(on.screen()).toBe("offer");
  });

  test.each([
    link.replace("phone.aldermere.example", "phone.evil.example"),
    link.replace("https:", "http:"),
    link.replace(".example", ".example:8443"),
    link.replace(".example", ".example.evil.example"),
    link.replace("phone.aldermere.example", "evil.example").replace("7K2", "7K3"),
  ])("another server's code is told as such, and nothing is sent: %s", async (elsewhere) => {
    const { scan, show, calls } = camera();
    const on = await stage({ route: { screen: "scan" }, scan });
    await on.change(() => show(elsewhere));
    expect(on.text()).toContain("This code is from another server.");
    expect(on.core.calls).toEqual([]);
    expect(on.screen()).toBe("scan");
    expect(calls).toEqual([]);
    await on.change(() => show(link));
    expect(on.screen()).toBe("offer");
  });

  test.each([
    ["https://elsewhere.example/", "the address of a website, which was not opened"], ["WIFI:S:home;T:WPA;P:secret;;", "joining a Wi-Fi network"],
    ["BEGIN:VCARD\nFN:Mara\nEND:VCARD", "contact details"], ["otpauth://totp/x?secret=ABC", "one-time codes"], ["4006381333931", "plain text or numbers"],
  ])("what %j is stands there in words, without what is in it", async (text, words) => {
    const { scan, show } = camera();
    const on = await stage({ route: { screen: "scan" }, scan });
    await on.change(() => show(text));
    expect(on.text()).toContain("This square code is not from this portal.");
    expect(on.text()).toContain(words);
    expect(on.text()).not.toContain(text);
    expect(on.screen()).toBe("scan");
    expect(on.core.calls).toEqual([]);
  });

  test("another server's link is not taken from a paste either", () => {
    expect(readPasted(link)).toEqual({ code: groups.join(""), fingerprint });
    expect(readPasted(link.replace("phone.aldermere.example", "phone.evil.example"))).toEqual({ code: "", fingerprint: undefined });
    expect(readPasted("https://elsewhere.example/").fingerprint).toBeUndefined();
  });

  test("can be switched and lit where the phone can", async () => {
    const { scan, calls } = camera();
    const on = await stage({ route: { screen: "scan" }, scan });
    await on.click("#switch-camera");
    await on.click("#torch");
    expect(calls).toEqual(["change", "torch true"]);
    expect(on.get("#torch").getAttribute("aria-pressed")).toBe("true");
    const plain = camera({ cameras: [one("1")], torch: false });
    const other = await stage({ route: { screen: "scan" }, scan: plain.scan });
    expect(other.has("#switch-camera")).toBe(false);
    expect(other.has("#torch")).toBe(false);
  });

  test("zooms in steps where it can", async () => {
    const zoomed: number[] = [];
    const zoom = { start: 1, min: 1, max: 8, step: 0.1, value: 1 };
    const scanner: Partial<{ -readonly [K in keyof Scanner]: Scanner[K] }> = { zoom };
    const { scan } = camera(scanner);
    const on = await stage({ route: { screen: "scan" }, scan: async () => {
      const made = await scan();
      return { ...made, openScanner: async (video, found) => {
        const opened = await made.openScanner(video, found) as { zoom: Scanner["zoom"]; setZoom: Scanner["setZoom"] } & Scanner;
        opened.setZoom = (value) => {
          zoomed.push(value);
          opened.zoom = { ...zoom, value };
          return Promise.resolve();
        };
        return opened;
      } };
    } });
    expect(on.get("#zoom").getAttribute("aria-label")).toBe("Zoom 1×");
    await on.click("#zoom");
    expect(on.get("#zoom").textContent).toBe("2×");
    await on.click("#zoom");
    await on.click("#zoom");
    expect(zoomed).toEqual([2, 4, 1]);
    const plain = await stage({ route: { screen: "scan" }, scan: camera({ zoom: { ...zoom, max: 1.5 } }).scan });
    expect(plain.has("#zoom")).toBe(false);
  });

  test("that looks at the person is told, with the way to another", async () => {
    const on = await stage({ route: { screen: "scan" }, scan: camera({ facing: "front" }).scan });
    expect(on.text()).toContain("This camera looks at you. Touch Switch camera");
    const alone = await stage({ route: { screen: "scan" }, scan: camera({ facing: "front", cameras: [one("1")] }).scan });
    expect(alone.text()).toContain("This camera looks at you. Turn the screen towards the code");
  });

  test.each([
    ["once", "The browser asks again", 0], ["kept", "This browser remembers a no", 3], ["unknown", "This browser remembers a no", 3],
    ["system", "The settings of this device", 0],
  ])("not allowed (%s) says how to allow it", async (how, words, steps) => {
    const on = await stage({ route: { screen: "scan" }, scan: () => Promise.reject(new PhoneFault("camera.denied", { how })) });
    expect(on.text()).toContain(words);
    expect(document.querySelectorAll("ol.numbered li")).toHaveLength(steps);
    expect(on.get("#type").textContent).toBe("Type it instead");
  });

  test("goes on by itself when it was allowed meanwhile", async () => {
    const status = Object.assign(new EventTarget(), { state: "denied" });
    vi.stubGlobal("navigator", { onLine: true, permissions: { query: async () => Promise.resolve(status) } });
    const { scan } = camera();
    let allowed = false;
    const on = await stage({
      route: { screen: "scan" }, scan: () => (allowed ? scan() : Promise.reject(new PhoneFault("camera.denied", { how: "kept" }))),
    });
    await on.settle(); // until the browser was asked what it keeps
    expect(on.error()).toBe("camera.denied");
    allowed = true;
    status.state = "granted";
    await on.change(() => status.dispatchEvent(new Event("change")));
    vi.unstubAllGlobals();
    expect(on.error()).toBeUndefined();
    expect(on.has("video")).toBe(true);
  });

  test("a reader that cannot even be loaded is told as such", async () => {
    const on = await stage({ route: { screen: "scan" }, scan: () => Promise.reject(new TypeError("Failed to fetch dynamically imported module")) });
    expect(on.error()).toBe("camera.reader");
    expect(on.text()).toContain("Type the code instead");
  });

  test("has a page of help, which leads to typing", async () => {
    const on = await stage({ route: { screen: "code" }, scan: camera().scan });
    await on.click("#camera-help");
    expect(on.screen()).toBe("camera-help");
    expect(on.text()).toContain("switch on Scan QR codes in its settings. The camera in this app does not need that.");
    await on.click("#type");
    expect(on.screen()).toBe("code");
  });

  test.each(["camera.denied", "camera.absent", "camera.busy", "camera.reader"])("%s is explained, and typing stays possible", async (key) => {
    const on = await stage({ route: { screen: "code" }, scan: () => Promise.reject(new PhoneFault(key)) });
    await on.click("#scan");
    expect(on.error()).toBe(key);
    await on.click("#type");
    expect(on.screen()).toBe("code");
  });

  describe("with time", () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    test("help comes when nothing was read for eight seconds", async () => {
      const { scan } = camera();
      const on = await stage({ route: { screen: "scan" }, scan });
      expect(on.text()).not.toContain("Nothing read yet.");
      await on.change(() => vi.advanceTimersByTime(8000));
      expect(on.text()).toContain("Nothing read yet.");
    });
  });
});

test("in the demo the picture of the portal beside goes through the real way, and no camera is asked for", async () => {
  const { scan, calls } = camera();
  const picture = vi.fn(() => Promise.resolve(new Blob(["x"])));
  const on = await stage({ route: { screen: "scan" }, scan, demo: { picture } });
  await on.click("#scan-beside");
  expect(picture).toHaveBeenCalledOnce();
  expect(on.screen()).toBe("offer");
  expect(calls).toEqual([]);
});

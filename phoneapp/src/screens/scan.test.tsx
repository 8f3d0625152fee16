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

/** A camera that sees what the test shows it. */
function camera(change: Partial<Scanner> = {}) {
  const calls: string[] = [];
  let see: (text: string) => void = () => undefined;
  const scanner: Scanner = {
    cameras: [{ id: "1", label: "" }, { id: "2", label: "" }], camera: "1", torch: true, zoom: undefined,
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
    const plain = camera({ cameras: [{ id: "1", label: "" }], torch: false });
    const other = await stage({ route: { screen: "scan" }, scan: plain.scan });
    expect(other.has("#switch-camera")).toBe(false);
    expect(other.has("#torch")).toBe(false);
  });

  test.each(["camera.denied", "camera.absent", "camera.busy"])("%s is explained, and typing stays possible", async (key) => {
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

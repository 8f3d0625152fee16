import { beforeEach, describe, expect, test, vi } from "vitest";

const seen = vi.hoisted(() => ({ texts: [] as string[], looks: [] as string[] }));
vi.mock("./reader", () => ({
  readerCanRun: () => typeof WebAssembly !== "undefined",
  startReader: async () => (typeof WebAssembly === "undefined" ? Promise.reject(new PhoneFault("camera.reader")) : Promise.resolve()),
  readPicture: async (_picture: unknown, looks: readonly string[]): Promise<string | undefined> => {
    seen.looks.push(looks.join(" "));
    return Promise.resolve(seen.texts.shift() || undefined);
  },
}));

import { PhoneFault } from "../core/contract";
import { facingOf, nextCamera, nextZoom, type Camera } from "./lens";
import { cameraFault } from "./refusal";
import { openScanner, scanFrom } from "./scan";

class Track extends EventTarget {
  stopped = false;
  readonly constraints: unknown[] = [];
  readonly label = "";
  constructor(
    private readonly id: string,
    private readonly can: Record<string, unknown>,
  ) {
    super();
  }
  stop(): void {
    this.stopped = true;
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.id };
  }
  getCapabilities(): MediaTrackCapabilities {
    return this.can;
  }
  async applyConstraints(wish: unknown): Promise<void> {
    this.constraints.push(wish);
    return Promise.resolve();
  }
}

let asked: MediaStreamConstraints[];
let tracks: Track[];
let refuse: Error | undefined;
let focusMode: readonly string[];
let frames: (() => void)[];
let video: HTMLVideoElement;

beforeEach(() => {
  asked = [];
  tracks = [];
  frames = [];
  refuse = undefined;
  focusMode = ["manual"];
  seen.texts = [];
  seen.looks = [];
  const cameras = [
    { kind: "videoinput", deviceId: "rear", label: "Back" },
    { kind: "audioinput", deviceId: "mic", label: "Microphone" },
    { kind: "videoinput", deviceId: "front", label: "Front" },
  ];
  const mediaDevices = {
    getUserMedia: async (wish: MediaStreamConstraints) => {
      asked.push(wish);
      if (refuse) throw refuse;
      const { deviceId } = wish.video as { deviceId?: { exact: string } };
      const track = new Track(deviceId?.exact ?? "rear", deviceId?.exact === "front" ? {} : { torch: true, zoom: { min: 1, max: 4, step: 0.1 }, focusMode });
      tracks.push(track);
      return Promise.resolve({ getTracks: () => [track], getVideoTracks: () => [track] });
    },
    enumerateDevices: async () => Promise.resolve(cameras),
  };
  vi.stubGlobal("navigator", { mediaDevices });
  video = {
    readyState: 4,
    play: async () => Promise.resolve(),
    requestVideoFrameCallback: (then: () => void) => frames.push(then),
  } as unknown as HTMLVideoElement;
});

/** Shows the reader one frame. */
async function frame(): Promise<void> {
  frames.shift()?.();
  await vi.waitFor(() => expect(frames.length).toBeGreaterThan(0));
}

describe("the camera", () => {
  test("is the rear one first, then the one that was asked for, then the next", async () => {
    const scanner = await openScanner(video, () => undefined);
    expect(asked[0]?.video).toMatchObject({ facingMode: { ideal: "environment" } });
    expect(scanner.cameras).toEqual([{ id: "rear", label: "Back", facing: "rear" }, { id: "front", label: "Front", facing: "front" }]);
    expect(scanner.camera).toBe("rear");
    await scanner.change();
    expect(scanner.camera).toBe("front");
    expect(tracks.map((track) => track.stopped)).toEqual([true, false]);
    await scanner.change();
    expect(scanner.camera).toBe("rear");
    await scanner.change("front");
    expect(scanner.camera).toBe("front");
    scanner.stop();
  });

  test("has a lamp and a zoom where it says so", async () => {
    const scanner = await openScanner(video, () => undefined);
    expect([scanner.torch, scanner.zoom]).toEqual([true, { start: 1, min: 1, max: 4, step: 0.1, value: 1 }]);
    await scanner.setTorch(true);
    await scanner.setZoom(2);
    expect(tracks[0]?.constraints).toEqual([{ advanced: [{ torch: true }] }, { advanced: [{ zoom: 2 }] }]);
    expect(scanner.zoom?.value).toBe(2);
    await scanner.change("front");
    expect([scanner.torch, scanner.zoom]).toEqual([false, undefined]);
    scanner.stop();
  });

  test("keeps itself in focus where it can", async () => {
    focusMode = ["manual", "continuous"];
    const scanner = await openScanner(video, () => undefined);
    expect(tracks[0]?.constraints).toEqual([{ advanced: [{ focusMode: "continuous" }] }]);
    scanner.stop();
  });

  test("is not asked for where nothing could read its pictures", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    await expect(openScanner(video, () => undefined)).rejects.toMatchObject({ key: "camera.reader" });
    expect(asked).toEqual([]);
    vi.unstubAllGlobals();
  });

  test("has each third frame sharpened", async () => {
    const scanner = await openScanner(video, () => undefined);
    for (let i = 0; i < 4; i++) await frame();
    expect(seen.looks).toEqual(["plain", "plain", "sharpened", "plain"]);
    scanner.stop();
  });

  test("reports a code once while it stays in view, and again after another", async () => {
    const found: string[] = [];
    const scanner = await openScanner(video, (text) => found.push(text));
    seen.texts = ["", "a", "a", "b", "a"];
    for (let i = 0; i < 5; i++) await frame();
    expect(found).toEqual(["a", "b", "a"]);
    scanner.stop();
  });

  test("is let go when stopped, and nothing is reported afterwards", async () => {
    const found: string[] = [];
    const scanner = await openScanner(video, (text) => found.push(text));
    seen.texts = ["a"];
    frames.shift()?.();
    scanner.stop();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(tracks[0]?.stopped).toBe(true);
    expect(video.srcObject).toBeNull();
    expect(found).toEqual([]);
    expect(frames).toEqual([]);
  });

  test("that goes away by itself is told", async () => {
    const lost: string[] = [];
    const scanner = await openScanner(video, () => undefined, { lost: (fault) => lost.push(fault.key) });
    tracks[0]?.dispatchEvent(new Event("ended"));
    expect(lost).toEqual(["camera.busy"]);
    scanner.stop();
  });

  test.each([
    ["NotAllowedError", "camera.denied"],
    ["SecurityError", "camera.denied"],
    ["NotFoundError", "camera.absent"],
    ["OverconstrainedError", "camera.absent"],
    ["NotReadableError", "camera.busy"],
    ["AbortError", "camera.busy"],
  ])("that fails with %s is %s", async (name, key) => {
    refuse = new DOMException("no", name);
    expect((await cameraFault(refuse)).key).toBe(key);
    await expect(openScanner(video, () => undefined)).rejects.toMatchObject({ key });
  });

  test("is absent where the browser has none to give", async () => {
    vi.stubGlobal("navigator", {});
    await expect(openScanner(video, () => undefined)).rejects.toMatchObject({ key: "camera.absent" });
  });
});

describe("a camera that was not allowed", () => {
  const kept = (state: string): unknown => vi.stubGlobal("navigator", { permissions: { query: async () => Promise.resolve({ state }) } });
  const refusal = async (message = "Permission denied"): Promise<unknown> => (await cameraFault(new DOMException(message, "NotAllowedError"))).args["how"];

  test("may be asked for again, or not, or it is not told", async () => {
    kept("prompt");
    expect(await refusal()).toBe("once");
    kept("denied");
    expect(await refusal()).toBe("kept");
    expect(await refusal("Permission denied by system")).toBe("system");
    vi.stubGlobal("navigator", { permissions: { query: async () => Promise.reject(new TypeError("camera is no permission here")) } });
    expect(await refusal()).toBe("unknown");
    vi.stubGlobal("navigator", {});
    expect(await refusal()).toBe("unknown");
  });
});

describe("a lens", () => {
  test.each([
    ["camera2 1, facing front", "front"], ["camera2 0, facing back", "rear"], ["Front Camera", "front"], ["Back Triple Camera", "rear"],
    ["Frontkamera", "front"], ["Rückkamera", "rear"], ["前面カメラ", "front"], ["背面カメラ", "rear"], ["背面デュアル広角カメラ", "rear"],
    ["FaceTime HD Camera (Built-in)", "unknown"], ["front and back", "unknown"], ["", "unknown"],
  ])("called %j looks %s", (label, facing) => expect(facingOf(label)).toBe(facing));

  test("is what its track says, whatever it is called", () => {
    expect([facingOf("Back", "user"), facingOf("Front", "environment"), facingOf("Front", "left")]).toEqual(["front", "rear", "front"]);
  });

  test("is followed by one that may see better", () => {
    const one = (id: string, facing: Camera["facing"]): Camera => ({ id, label: "", facing });
    const phone = [one("f", "front"), one("wide", "rear"), one("far", "rear")];
    expect([nextCamera(phone, "f"), nextCamera(phone, "wide"), nextCamera(phone, "far")]).toEqual(["wide", "far", "wide"]);
    const simple = [one("f", "front"), one("r", "rear")];
    expect([nextCamera(simple, "f"), nextCamera(simple, "r")]).toEqual(["r", "f"]);
    expect([nextCamera([one("x", "unknown")], "x"), nextCamera([], "x")]).toEqual(["x", undefined]);
  });
});

test("zoom goes nearer in steps, as far as the lens does, and starts again", () => {
  const at = (start: number, max: number, value: number): number => nextZoom({ start, min: start / 2, max, step: 0.1, value });
  expect([at(1, 8, 1), at(1, 8, 2), at(1, 8, 4), at(1, 3, 2), at(1, 1.5, 1), at(100, 800, 100)]).toEqual([2, 4, 1, 1, 1, 200]);
});

test("a picture gives its text, or nothing, and is looked at twice", async () => {
  seen.texts = ["https://phone.example/a"];
  expect(await scanFrom({} as ImageBitmap)).toBe("https://phone.example/a");
  expect(await scanFrom({} as ImageBitmap)).toBeUndefined();
  expect(seen.looks[0]).toBe("plain sharpened");
});

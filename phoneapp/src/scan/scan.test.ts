import { beforeEach, describe, expect, test, vi } from "vitest";

const seen = vi.hoisted(() => ({ texts: [] as string[] }));
vi.mock("zxing-wasm/reader/zxing_reader.wasm", () => ({ default: "/assets/reader.wasm" }));
vi.mock("barcode-detector/ponyfill", () => ({
  prepareZXingModule: () => undefined,
  BarcodeDetector: class {
    async detect(): Promise<{ rawValue: string }[]> {
      const text = seen.texts.shift();
      return Promise.resolve(text === undefined || text === "" ? [] : [{ rawValue: text }]);
    }
  },
}));

import { cameraFault, openScanner, scanFrom } from "./scan";

class Track extends EventTarget {
  stopped = false;
  readonly constraints: unknown[] = [];
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
let frames: (() => void)[];
let video: HTMLVideoElement;

beforeEach(() => {
  asked = [];
  tracks = [];
  frames = [];
  refuse = undefined;
  seen.texts = [];
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
      const track = new Track(deviceId?.exact ?? "rear", deviceId?.exact === "front" ? {} : { torch: true, zoom: { min: 1, max: 4, step: 0.1 } });
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
    expect(scanner.cameras).toEqual([{ id: "rear", label: "Back" }, { id: "front", label: "Front" }]);
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
    expect([scanner.torch, scanner.zoom]).toEqual([true, { min: 1, max: 4, step: 0.1, value: 1 }]);
    await scanner.setTorch(true);
    await scanner.setZoom(2);
    expect(tracks[0]?.constraints).toEqual([{ advanced: [{ torch: true }] }, { advanced: [{ zoom: 2 }] }]);
    expect(scanner.zoom?.value).toBe(2);
    await scanner.change("front");
    expect([scanner.torch, scanner.zoom]).toEqual([false, undefined]);
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
    expect(cameraFault(refuse)).toBe(key);
    await expect(openScanner(video, () => undefined)).rejects.toMatchObject({ key });
  });

  test("is absent where the browser has none to give", async () => {
    vi.stubGlobal("navigator", {});
    await expect(openScanner(video, () => undefined)).rejects.toMatchObject({ key: "camera.absent" });
  });
});

test("a picture gives its text, or nothing", async () => {
  seen.texts = ["https://phone.example/a"];
  expect(await scanFrom({} as ImageBitmap)).toBe("https://phone.example/a");
  expect(await scanFrom({} as ImageBitmap)).toBeUndefined();
});

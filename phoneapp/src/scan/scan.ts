// Reads QR codes from the camera, or from any picture. Loaded lazily: the reader's WebAssembly is large.

import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm";
import { PhoneFault } from "../core/contract";

// Without this the reader would fetch its WebAssembly from somebody else's server.
prepareZXingModule({
  overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasmUrl : prefix + path) },
});

/** One camera of this device. Labels are empty before the person allowed the camera. */
export interface Camera {
  readonly id: string;
  readonly label: string;
}

/** A running camera. */
export interface Scanner {
  readonly cameras: readonly Camera[];
  /** The id of the camera that runs. */
  readonly camera: string;
  /** True when the camera that runs has a lamp. */
  readonly torch: boolean;
  /** What the camera that runs can zoom, if it can. */
  readonly zoom: { readonly min: number; readonly max: number; readonly step: number; readonly value: number } | undefined;
  setTorch(on: boolean): Promise<void>;
  setZoom(value: number): Promise<void>;
  /** Takes the camera with that id, or the next one. Throws PhoneFault "camera.…". */
  change(id?: string): Promise<void>;
  /** Lets the camera go. Nothing is reported afterwards. */
  stop(): void;
}

// The capabilities that TypeScript's DOM library leaves out (MediaStream Image Capture §6).
interface ImageCapabilities extends MediaTrackCapabilities {
  readonly torch?: boolean;
  readonly zoom?: { readonly min: number; readonly max: number; readonly step: number };
}

/**
 * Opens the rear camera (or the one named), shows it in the video element and calls found with every text that a QR code
 * says, until stopped. The same text is reported again only after something else or nothing was seen for a second.
 * lost is called when the camera goes away by itself. Throws PhoneFault camera.denied, camera.absent, camera.busy.
 */
export async function openScanner(
  video: HTMLVideoElement,
  found: (text: string) => void,
  options: { readonly camera?: string; readonly lost?: (fault: PhoneFault) => void } = {},
): Promise<Scanner> {
  const scanner = new VideoScanner(video, found, options.lost ?? (() => undefined));
  await scanner.open(options.camera);
  return scanner;
}

/** The first QR code in a picture, a video frame or a canvas; undefined when there is none. */
export async function scanFrom(source: ImageBitmapSource): Promise<string | undefined> {
  const codes = await reader().detect(source);
  return codes.find((code) => code.rawValue !== "")?.rawValue;
}

let shared: BarcodeDetector | undefined;

function reader(): BarcodeDetector {
  return (shared ??= new BarcodeDetector({ formats: ["qr_code"] }));
}

class VideoScanner implements Scanner {
  cameras: readonly Camera[] = [];
  camera = "";
  torch = false;
  zoom: Scanner["zoom"];
  private stream: MediaStream | undefined;
  private stopped = false;
  private turn = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly found: (text: string) => void,
    private readonly lost: (fault: PhoneFault) => void,
  ) {}

  async open(id: string | undefined): Promise<void> {
    this.release();
    const turn = this.turn;
    const stream = await takeCamera(id);
    if (this.stopped || turn !== this.turn) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.stream = stream;
    const track = stream.getVideoTracks()[0];
    if (!track) throw new PhoneFault("camera.absent");
    track.addEventListener("ended", () => {
      if (turn === this.turn && !this.stopped) this.lost(new PhoneFault("camera.busy"));
    });
    const settings = track.getSettings();
    this.camera = settings.deviceId ?? id ?? "";
    // Firefox has no getCapabilities on every platform.
    const can: ImageCapabilities = typeof track.getCapabilities === "function" ? track.getCapabilities() : {};
    this.torch = can.torch === true;
    this.zoom = can.zoom && can.zoom.max > can.zoom.min ? { ...can.zoom, value: can.zoom.min } : undefined;
    // Labels and ids are only known once the camera was allowed.
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.cameras = devices.filter((d) => d.kind === "videoinput").map((d) => ({ id: d.deviceId, label: d.label }));
    this.video.srcObject = stream;
    this.video.muted = true;
    this.video.playsInline = true;
    await this.video.play().catch((cause: unknown) => {
      if (!this.stopped && turn === this.turn) throw new PhoneFault("camera.busy", {}, { cause });
    });
    this.loop(turn);
  }

  async change(id?: string): Promise<void> {
    const here = this.cameras.findIndex((camera) => camera.id === this.camera);
    await this.open(id ?? this.cameras[(here + 1) % Math.max(this.cameras.length, 1)]?.id);
  }

  async setTorch(on: boolean): Promise<void> {
    await this.constrain({ torch: on });
  }

  async setZoom(value: number): Promise<void> {
    await this.constrain({ zoom: value });
    if (this.zoom) this.zoom = { ...this.zoom, value };
  }

  stop(): void {
    this.stopped = true;
    this.release();
  }

  private async constrain(wish: { torch?: boolean; zoom?: number }): Promise<void> {
    await this.stream?.getVideoTracks()[0]?.applyConstraints({ advanced: [wish as MediaTrackConstraintSet] });
  }

  private release(): void {
    this.turn++;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
    this.video.srcObject = null;
  }

  // One frame at a time: the next is asked for when the last was read, so that a slow phone never queues them.
  private loop(turn: number): void {
    let last = "";
    let lastAt = 0;
    const read = async (): Promise<void> => {
      if (turn !== this.turn) return;
      const text = this.video.readyState >= 2 ? await scanFrom(this.video).catch(() => undefined) : undefined;
      if (turn !== this.turn) return;
      const now = performance.now();
      if (text !== undefined) {
        const fresh = text !== last || now - lastAt > 1000;
        last = text;
        lastAt = now;
        if (fresh) this.found(text);
      }
      if (turn === this.turn) this.nextFrame(() => void read());
    };
    this.nextFrame(() => void read());
  }

  private nextFrame(then: () => void): void {
    if (typeof this.video.requestVideoFrameCallback === "function") this.video.requestVideoFrameCallback(then);
    else setTimeout(then, 100);
  }
}

async function takeCamera(id: string | undefined): Promise<MediaStream> {
  if (!("mediaDevices" in navigator)) throw new PhoneFault("camera.absent"); // not a secure context, or none built in
  const which: MediaTrackConstraints = id === undefined ? { facingMode: { ideal: "environment" } } : { deviceId: { exact: id } };
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (cause) {
    throw new PhoneFault(cameraFault(cause), {}, { cause });
  }
}

/** Which sentence fits what getUserMedia threw (Media Capture and Streams §10.3.1). */
export function cameraFault(cause: unknown): string {
  switch (cause instanceof Error || cause instanceof DOMException ? cause.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "camera.denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "camera.absent";
    default:
      return "camera.busy";
  }
}

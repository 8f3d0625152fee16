// Reads QR codes from the camera, or from any picture. Loaded lazily: the reader's WebAssembly is large.

import { PhoneFault } from "../core/contract";
import { capabilitiesOf, facingOf, nextCamera, zoomOf, type Camera, type Facing, type ImageWish, type Zoom } from "./lens";
import { readPicture, readerCanRun, startReader, type Look, type Picture } from "./reader";
import { cameraFault } from "./refusal";

/** A running camera. */
export interface Scanner {
  readonly cameras: readonly Camera[];
  /** The id of the camera that runs. */
  readonly camera: string;
  /** Which way it looks. */
  readonly facing: Facing;
  /** True when the camera that runs has a lamp. */
  readonly torch: boolean;
  /** What the camera that runs can zoom, if it can. */
  readonly zoom: Zoom | undefined;
  setTorch(on: boolean): Promise<void>;
  setZoom(value: number): Promise<void>;
  /** Takes the camera with that id, or the next one that may see better. Throws PhoneFault "camera.…". */
  change(id?: string): Promise<void>;
  /** Lets the camera go. Nothing is reported afterwards. */
  stop(): void;
}

/**
 * Opens the rear camera (or the one named), shows it in the video element and calls found with every text that a QR code
 * says, until stopped. The same text is reported again only after something else or nothing was seen for a second.
 * lost is called when the camera goes away by itself. Throws PhoneFault camera.denied (args as of cameraFault), camera.absent,
 * camera.busy, camera.reader.
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

/** The first QR code in a picture, looked at twice; undefined when there is none. Throws PhoneFault camera.reader. */
export async function scanFrom(picture: Picture): Promise<string | undefined> {
  return readPicture(picture, ["plain", "sharpened"]);
}

/** Frames that are looked at as they are before one is sharpened: hands move, so that a plain look at the next helps more. */
const plainFrames = 2;

class VideoScanner implements Scanner {
  cameras: readonly Camera[] = [];
  camera = "";
  facing: Facing = "unknown";
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
    const reader = startReader(); // loads while the person is asked
    reader.catch(() => undefined); // waited for below
    if (!readerCanRun()) await reader; // and there is nothing to ask for
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
    this.torch = capabilitiesOf(track).torch === true;
    this.zoom = zoomOf(track);
    if (capabilitiesOf(track).focusMode?.includes("continuous") === true) await this.wish({ focusMode: "continuous" }).catch(() => undefined);
    // Labels and ids are only known once the camera was allowed.
    const devices = await navigator.mediaDevices.enumerateDevices();
    if (turn !== this.turn) return;
    const inputs = devices.filter((d) => d.kind === "videoinput");
    this.facing = facingOf(track.label || (inputs.find((d) => d.deviceId === this.camera)?.label ?? ""), settings.facingMode);
    this.cameras = inputs.map(({ deviceId: own, label }) => ({ id: own, label, facing: own === this.camera ? this.facing : facingOf(label) }));
    this.video.srcObject = stream;
    this.video.muted = true;
    this.video.playsInline = true;
    await this.video.play().catch((cause: unknown) => {
      if (!this.stopped && turn === this.turn) throw new PhoneFault("camera.busy", {}, { cause });
    });
    try {
      await reader;
    } catch (fault) {
      if (turn === this.turn) this.release();
      throw fault;
    }
    this.loop(turn);
  }

  async change(id?: string): Promise<void> {
    await this.open(id ?? nextCamera(this.cameras, this.camera));
  }

  async setTorch(on: boolean): Promise<void> {
    await this.wish({ torch: on });
  }

  async setZoom(value: number): Promise<void> {
    await this.wish({ zoom: value });
    if (this.zoom) this.zoom = { ...this.zoom, value };
  }

  stop(): void {
    this.stopped = true;
    this.release();
  }

  private async wish(wish: ImageWish): Promise<void> {
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
    let count = 0;
    const read = async (): Promise<void> => {
      if (turn !== this.turn) return;
      const look: Look = ++count % (plainFrames + 1) === 0 ? "sharpened" : "plain";
      const text = this.video.readyState >= 2 ? await readPicture(this.video, [look]).catch(() => undefined) : undefined;
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
    throw await cameraFault(cause);
  }
}

// What one of the device's cameras is and can, as its browser tells it.

/** Which way a camera looks: away from the screen, at the person, or not told (as of a computer's camera). */
export type Facing = "rear" | "front" | "unknown";

/** One camera of this device. Labels are empty before the person allowed the camera. */
export interface Camera {
  readonly id: string;
  readonly label: string;
  readonly facing: Facing;
}

export interface Zoom {
  /** What the lens was at when it was opened; 1 nearly everywhere, 100 on some. */
  readonly start: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
}

/** The capabilities that TypeScript's DOM library leaves out (MediaStream Image Capture §6). */
export interface ImageCapabilities extends MediaTrackCapabilities {
  readonly torch?: boolean;
  readonly zoom?: { readonly min: number; readonly max: number; readonly step: number };
  readonly focusMode?: readonly string[];
}

/** The wishes that go with them. */
export interface ImageWish {
  readonly torch?: boolean;
  readonly zoom?: number;
  readonly focusMode?: string;
}

/** What a lens can. Firefox has no getCapabilities on every platform. */
export function capabilitiesOf(track: MediaStreamTrack): ImageCapabilities {
  return typeof track.getCapabilities === "function" ? track.getCapabilities() : {};
}

/** How far a lens can zoom, where it can; it starts at its own setting. */
export function zoomOf(track: MediaStreamTrack): Zoom | undefined {
  const { zoom } = capabilitiesOf(track);
  if (zoom === undefined || zoom.max <= zoom.min) return undefined;
  const { zoom: now } = track.getSettings() as MediaTrackSettings & { readonly zoom?: number };
  const start = typeof now === "number" && now > 0 ? now : Math.max(zoom.min, 1);
  return { start, min: zoom.min, max: zoom.max, step: zoom.step, value: start };
}

/** Twice and four times as near as at the start, as far as the lens goes; then the start again. */
export function nextZoom({ start, max, value }: Zoom): number {
  return [2 * start, 4 * start].find((factor) => factor > value && factor <= max) ?? start;
}

// Chrome names cameras in English everywhere ("camera2 1, facing front"), iPhones in their own language.
const frontWords = /front|user|selfie|vorder|前面|内側|フロント/i;
const rearWords = /back|rear|environment|rück|背面|外側|リア/i;

/** Which way a camera looks: what its track says of itself, else what its label says. */
export function facingOf(label: string, told?: string): Facing {
  if (told === "user") return "front";
  if (told === "environment") return "rear";
  // "FaceTime HD Camera (Built-in)" is no word about either; a label that says both says nothing.
  const front = frontWords.test(label);
  return front === rearWords.test(label) ? "unknown" : front ? "front" : "rear";
}

/** The camera to take after one: the next of those that look away from the screen, else the next of all. */
export function nextCamera(cameras: readonly Camera[], id: string): string | undefined {
  const rear = cameras.filter(({ facing }) => facing === "rear");
  const here = cameras.find((camera) => camera.id === id);
  const [first] = rear;
  // From the front there is one way that helps; among several at the rear one may see closer than another.
  if (here?.facing === "front" && first !== undefined) return first.id;
  if (here?.facing === "rear" && rear.length > 1) return after(rear, id);
  return after(cameras, id);
}

function after(cameras: readonly Camera[], id: string): string | undefined {
  const at = cameras.findIndex((camera) => camera.id === id);
  return cameras[(at + 1) % Math.max(cameras.length, 1)]?.id;
}

// The side-by-side demo: the page that frames this app hands over a picture of the portal beside, and the app's own decoder reads it.
// Only a page that the server itself marked as the demo's has the meta element; its origin is compared exactly both ways.
import type { DemoScan } from "./ui/app-context";

/** The origin of the page around, or undefined on every other server. */
function demoOrigin(window: Window): string | undefined {
  const origin = window.document.querySelector<HTMLMetaElement>('meta[name="nodkey-demo"]')?.content;
  return origin === undefined || origin === "" || origin === "*" || window.parent === window ? undefined : origin;
}

/** The demo's picture source, or undefined on every other server. */
export function openDemo(window: Window): DemoScan | undefined {
  const origin = demoOrigin(window);
  return origin === undefined ? undefined : { picture: (signal) => askForPicture(window, origin, signal) };
}

/** In the demo only: tells the page around that the app has started, and forgets everything when that page starts over. */
export function obeyDemo(window: Window, forget: () => Promise<void>): void {
  const origin = demoOrigin(window);
  if (origin === undefined) return;
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin === origin && event.source === window.parent && typeOf(event.data) === "nodkey-demo-forget") void forget();
  });
  window.parent.postMessage({ type: "nodkey-demo-ready" }, origin);
}

function typeOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "type" in data ? data.type : undefined;
}

function askForPicture(window: Window, origin: string, signal: AbortSignal): Promise<Blob | ImageBitmap> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      window.removeEventListener("message", answer);
      signal.removeEventListener("abort", abort);
    };
    const abort = (): void => {
      stop();
      reject(new Error("the page beside sent no picture"));
    };
    const answer = (event: MessageEvent<unknown>): void => {
      if (event.origin !== origin || event.source !== window.parent) return;
      if (hasNoPicture(event.data)) abort();
      const picture = pictureOf(event.data);
      if (picture === undefined) return;
      stop();
      resolve(picture);
    };
    window.addEventListener("message", answer);
    signal.addEventListener("abort", abort);
    if (signal.aborted) {
      abort();
      return;
    }
    window.parent.postMessage({ type: "nodkey-demo-scan" }, origin);
  });
}

/** The page beside shows no code. */
function hasNoPicture(data: unknown): boolean {
  return typeOf(data) === "nodkey-demo-picture" && (data as { picture?: unknown }).picture === null;
}

function pictureOf(data: unknown): Blob | ImageBitmap | undefined {
  if (typeof data !== "object" || data === null || !("type" in data) || data.type !== "nodkey-demo-picture" || !("picture" in data)) return undefined;
  const { picture } = data;
  if (picture instanceof Blob) return picture;
  return typeof ImageBitmap !== "undefined" && picture instanceof ImageBitmap ? picture : undefined;
}

// The demo's second way to scan: the page around hands over a picture of the portal beside, and the app's own decoder reads it.
import type { DemoScan } from "../ui/app-context";
import type { Around } from "./around";

/** The picture source of the page around. Its picture() rejects when the page beside shows no code, or when the time is over. */
export function pictureFrom(around: Around): DemoScan {
  return { picture: (signal) => askForPicture(around, signal) };
}

function askForPicture(around: Around, signal: AbortSignal): Promise<Blob | ImageBitmap> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      unhear();
      signal.removeEventListener("abort", abort);
    };
    const abort = (): void => {
      stop();
      reject(new Error("the page beside sent no picture"));
    };
    const unhear = around.on("nodkey-demo-picture", ({ picture }) => {
      if (picture === null) abort();
      if (!isPicture(picture)) return;
      stop();
      resolve(picture);
    });
    signal.addEventListener("abort", abort);
    if (signal.aborted) {
      abort();
      return;
    }
    around.post({ type: "nodkey-demo-scan" });
  });
}

function isPicture(picture: unknown): picture is Blob | ImageBitmap {
  return picture instanceof Blob || (typeof ImageBitmap !== "undefined" && picture instanceof ImageBitmap);
}

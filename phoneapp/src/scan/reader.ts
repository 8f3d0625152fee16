// Reads QR codes out of pictures. The reader is ZXing-C++ as WebAssembly; browsers' own BarcodeDetector is left alone, as it is
// missing on iPhones, in Firefox and on Linux, and on Android comes with Google's services, with results that differ by version.

import { prepareZXingModule, purgeZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm";
import { PhoneFault } from "../core/contract";
import { sharpen } from "./sharpen";

// Without this the reader would fetch its WebAssembly from somebody else's server.
const overrides = { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasmUrl : prefix + path) };

const options: ReaderOptions = {
  formats: ["QRCode"],
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  tryDownscale: true,
  // Neighbours decide what is dark, so that a lamp or a shadow on one part does no harm.
  binarizer: "LocalAverage",
  textMode: "Plain",
  maxNumberOfSymbols: 4,
};

/** How a picture is looked at. Sharpening finds a few blurred and pale codes more, and takes a few times as long. */
export type Look = "plain" | "sharpened";

/** What can be read: a picture, a frame of a video, a file. */
export type Picture = HTMLVideoElement | ImageBitmap | HTMLCanvasElement | Blob;

/** False where the reader cannot run: WebAssembly is off in an iPhone's Lockdown Mode. */
export function readerCanRun(): boolean {
  return typeof WebAssembly !== "undefined";
}

/** Starts the reader, once. Throws PhoneFault "camera.reader" where it cannot run or was not loaded. */
export async function startReader(): Promise<void> {
  try {
    if (!readerCanRun()) throw new TypeError("no WebAssembly");
    await prepareZXingModule({ overrides, fireImmediately: true });
  } catch (cause) {
    purgeZXingModule(); // so that another try is one
    throw new PhoneFault("camera.reader", {}, { cause });
  }
}

/** The text of the first QR code in a picture, looked at in these ways one after the other; undefined when there is none. */
export async function readPicture(picture: Picture, looks: readonly Look[]): Promise<string | undefined> {
  await startReader();
  const image = await pixels(picture);
  if (image === undefined) return undefined;
  for (const look of looks) {
    const codes = await readBarcodes(look === "plain" ? image : sharpen(image), options);
    const code = codes.find(({ isValid, text }) => isValid && text !== "");
    if (code !== undefined) return code.text;
  }
  return undefined;
}

let canvas: HTMLCanvasElement | undefined;

/** A picture's pixels; undefined of a video that shows none yet. */
async function pixels(picture: Picture): Promise<ImageData | undefined> {
  if (picture instanceof Blob) {
    const bitmap = await createImageBitmap(picture);
    try {
      return draw(bitmap, bitmap.width, bitmap.height);
    } finally {
      bitmap.close();
    }
  }
  if ("videoWidth" in picture) return draw(picture, picture.videoWidth, picture.videoHeight);
  return draw(picture, picture.width, picture.height);
}

function draw(source: CanvasImageSource, width: number, height: number): ImageData | undefined {
  if (width === 0 || height === 0) return undefined;
  canvas ??= document.createElement("canvas");
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (pen === null) return undefined;
  pen.drawImage(source, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}

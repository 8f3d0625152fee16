// Unsharp masking: what a lens blurred gets its edges back, as far as the picture still holds them.

/** Pixels to each side that count as the surroundings. */
const reach = 2;
/** How often the difference to the surroundings is added. */
const strength = 2;

/** The pixels of a picture. An ImageData is one. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel: red, green, blue, opacity. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** The picture in grey, each pixel twice as far from the mean of its surroundings again. */
export function sharpen({ width, height, data }: Pixels): ImageData {
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += 4) {
    // Weights of Rec. 601 in 1024ths.
    grey[i] = (306 * (data[at] ?? 0) + 601 * (data[at + 1] ?? 0) + 117 * (data[at + 2] ?? 0)) >> 10;
  }
  const sums = runningSums(grey, width, height);
  const out = new Uint8ClampedArray(data.length);
  const row = width + 1;
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - reach) * row;
    const bottom = Math.min(height, y + reach + 1) * row;
    const rows = (bottom - top) / row;
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - reach);
      const right = Math.min(width, x + reach + 1);
      const sum = (sums[bottom + right] ?? 0) - (sums[top + right] ?? 0) - (sums[bottom + left] ?? 0) + (sums[top + left] ?? 0);
      const here = grey[y * width + x] ?? 0;
      const at = 4 * (y * width + x);
      out[at] = out[at + 1] = out[at + 2] = here + strength * (here - sum / (rows * (right - left)));
      out[at + 3] = 255;
    }
  }
  return new ImageData(out, width, height);
}

/** For each corner between pixels, the sum of everything above and left of it (Crow 1984, summed-area tables). */
function runningSums(grey: Uint8Array, width: number, height: number): Uint32Array {
  const row = width + 1;
  const sums = new Uint32Array(row * (height + 1));
  for (let y = 0; y < height; y++) {
    let line = 0;
    for (let x = 0; x < width; x++) {
      line += grey[y * width + x] ?? 0;
      sums[(y + 1) * row + x + 1] = (sums[y * row + x + 1] ?? 0) + line;
    }
  }
  return sums;
}

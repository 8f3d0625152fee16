import { beforeAll, expect, test, vi } from "vitest";
import { sharpen, type Pixels } from "./sharpen";

beforeAll(() => {
  vi.stubGlobal("ImageData", class {
    constructor(readonly data: Uint8ClampedArray, readonly width: number, readonly height: number) {}
  });
});

function picture(width: number, grey: readonly number[]): Pixels {
  return { width, height: grey.length / width, data: new Uint8ClampedArray(grey.flatMap((v) => [v, v, v, 255])) };
}
const greys = ({ data }: ImageData): number[] => Array.from(data).filter((_, i) => i % 4 === 0);

test("an even wall stays as it is, opaque and grey", () => {
  const wall = sharpen(picture(4, Array<number>(12).fill(90)));
  expect([wall.width, wall.height]).toEqual([4, 3]);
  expect(greys(wall)).toEqual(Array<number>(12).fill(90));
  expect(wall.data[3]).toBe(255);
});

test("an edge gets steeper, and nothing leaves the range", () => {
  const row = [100, 100, 100, 110, 140, 150, 150, 150];
  const out = greys(sharpen(picture(8, row)));
  expect(out[0]).toBe(100);
  expect(out[3]).toBeLessThan(110);
  expect(out[4]).toBeGreaterThan(140);
  const hard = greys(sharpen(picture(4, [0, 0, 255, 255])));
  expect(hard).toEqual([0, 0, 255, 255]);
});

test("colours count by their brightness", () => {
  const green = sharpen({ width: 1, height: 1, data: new Uint8ClampedArray([0, 255, 0, 255]) });
  expect(greys(green)).toEqual([149]);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { seal } from "./seal";

interface Vector {
  publicKey: string;
  svg: string;
}

const vector = JSON.parse(readFileSync("testdata/seal.json", "utf8")) as Vector;

test("the seal equals the vector shared with Go", async () => {
  const key = Uint8Array.from(Buffer.from(vector.publicKey, "hex"));
  expect(await seal(key)).toBe(vector.svg);
});

test("another key has another seal", async () => {
  const key = Uint8Array.from(Buffer.from(vector.publicKey, "hex"));
  key[key.length - 1] = (key[key.length - 1] ?? 0) ^ 1;
  expect(await seal(key)).not.toBe(vector.svg);
});

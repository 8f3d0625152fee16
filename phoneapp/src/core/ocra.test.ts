// The vectors of offline codes that the Go code runs as well: testdata/protocol. A missing file fails.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { b64u, fromB64u, type Bytes } from "./bytes";
import { hmacKey } from "./derive";
import { digestOf } from "./jws";
import { codeMessage, codeOf, codePin, codeSession, isChallenge, suites } from "./ocra";

function file(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../testdata/protocol/${name}`, import.meta.url), "utf8"));
}

const unhex = (text: string): Bytes => new Uint8Array(Buffer.from(text, "hex"));
const hex = (bytes: Bytes): string => Buffer.from(bytes).toString("hex");

interface OcraCase {
  readonly name: string;
  readonly suite: string;
  readonly key: string;
  readonly question: string;
  readonly v: string;
  readonly pin?: string;
  readonly session?: string;
  readonly message: string;
  readonly response: string;
}

describe("ocra.json", () => {
  const { vectors, refused } = file("ocra.json") as { vectors: OcraCase[]; refused: OcraCase[] };

  test("has both suites", () => {
    expect(new Set(vectors.map((one) => one.suite))).toEqual(new Set([suites.typed, suites.scanned]));
  });

  test.each(vectors)("$name", async (one) => {
    const pin = await codePin(unhex(one.v));
    expect(hex(pin)).toBe(one.pin);
    const input = { challenge: one.question, pin, ...(one.session === undefined ? {} : { session: one.session }) };
    expect(hex(codeMessage(input))).toBe(one.message);
    expect(await codeOf(await hmacKey(unhex(one.key)), input)).toBe(one.response);
  });

  // Suites and keys are no input here: there are two suites, and a key is 32 bytes from HKDF.
  const asked = refused.filter((one) => one.suite === suites.typed || one.suite === suites.scanned)
    .filter((one) => one.key.length === 64 && (one.suite === suites.scanned) === (one.session !== undefined));
  test.each(asked)("refuses: $name", (one) => {
    const input = { challenge: one.question, pin: unhex(one.pin ?? ""), ...(one.session === undefined ? {} : { session: one.session }) };
    expect(() => codeMessage(input)).toThrow(TypeError);
  });

  test("enough is refused", () => {
    expect(asked.length).toBeGreaterThanOrEqual(7);
  });
});

interface OfflineCase {
  readonly why: string;
  readonly k: string;
  readonly v: string;
  readonly challenge: string;
  readonly statement: string;
  readonly p: string;
  readonly s: string;
  readonly scanned: string;
  readonly typed: string;
}

describe("offline.json", () => {
  const { cases } = file("offline.json") as { cases: OfflineCase[] };

  test.each(cases)("$why", async (one) => {
    const key = await hmacKey(fromB64u(one.k, 32));
    const pin = await codePin(fromB64u(one.v, 32));
    const session = codeSession(await digestOf(one.statement));
    expect([b64u(pin), session]).toEqual([one.p, one.s]);
    expect(await codeOf(key, { challenge: one.challenge, pin, session })).toBe(one.scanned);
    expect(await codeOf(key, { challenge: one.challenge, pin })).toBe(one.typed);
  });

  test("is not empty", () => {
    expect(cases.length).toBeGreaterThan(3);
  });
});

test.each(["", "31415", "3141592", "31415a", "３１４１５９", " 31415", "-31415", "1e5   "])("%j is no challenge", (text) => {
  expect(isChallenge(text)).toBe(false);
});

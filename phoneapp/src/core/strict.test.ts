import { describe, expect, test } from "vitest";
import { Members, parseJson, parseJsonBytes, ShapeError } from "./strict";

describe("strict JSON", () => {
  test.each([
    '{"a":1,"b":[true,false,null,"x"],"c":{"d":-1.5e3}}',
    " [ ] ",
    "{}",
    '"\\u00e9\\ud83d\\ude00 \\" \\\\ \\/"',
    "0",
    '{"":0}',
  ])("reads %s as JSON.parse does", (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  test.each([
    "", " ", "{", "}", "[1,]", '{"a":1,}', '{"a" 1}', "{a:1}", "'x'", "01", "1.", ".5", "+1", "NaN", "tru", "nullx",
    '"\u0001"', '"\\x"', '"\\u12"', "[1 2]", "[1]]", "{} {}", "\ufeff{}", '"open', '{"a":}', "[,1]", "// x\n1",
  ])("refuses %j", (text) => {
    expect(() => parseJson(text)).toThrow(ShapeError);
  });

  test.each(['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"a":1,"A":2}', '{"x":{"a":1,"b":2,"a":3}}', '[{"a":1,"a":1}]'])(
    "refuses a member twice: %s",
    (text) => {
      expect(() => parseJson(text)).toThrow("twice");
    },
  );

  test.each(['"\\ud83d"', '"\\ude00\\ud83d"', '{"\\ud83d":1}'])("refuses half a surrogate pair: %s", (text) => {
    expect(() => parseJson(text)).toThrow("surrogate");
  });

  test("refuses what is nested too deeply, and does not mind what is not", () => {
    expect(() => parseJson("[".repeat(17) + "]".repeat(17))).toThrow("deep");
    expect(parseJson("[".repeat(16) + "]".repeat(16))).toBeDefined();
  });

  test("refuses more than 64 KiB, counted in bytes", () => {
    expect(parseJson(JSON.stringify("x".repeat(65_534)))).toHaveLength(65_534);
    expect(() => parseJson(JSON.stringify("x".repeat(65_535)))).toThrow("large");
    expect(() => parseJson(JSON.stringify("ß".repeat(40_000)))).toThrow("large");
  });

  test("refuses bytes that are no UTF-8, and a byte order mark", () => {
    expect(() => parseJsonBytes(new Uint8Array([0x22, 0xff, 0x22]))).toThrow(ShapeError);
    expect(() => parseJsonBytes(new Uint8Array([0xef, 0xbb, 0xbf, 0x31]))).toThrow(ShapeError);
  });

  test("never differs from JSON.parse on what both read", () => {
    const pieces = ["{", "}", "[", "]", '"a"', '"b"', ":", ",", "1", "-2e1", "true", "null", " ", '"\\n"'];
    let seed = 1;
    const next = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: 1 + next(9) }, () => pieces[next(pieces.length)] ?? "").join("");
      let strict: unknown;
      try {
        strict = parseJson(text);
      } catch {
        continue;
      }
      expect(JSON.stringify(strict)).toBe(JSON.stringify(JSON.parse(text)));
    }
  });
});

describe("members", () => {
  const of = (text: string): Members => Members.of(parseJson(text), "it");

  test("of an object's prototype are not members", () => {
    for (const name of ["toString", "constructor", "__proto__"]) expect(of("{}").has(name)).toBe(false);
    expect(() => of('{"__proto__":1}').done()).toThrow("not known");
  });

  test("that nobody took are refused", () => {
    const it = of('{"a":"x","b":1}');
    expect(it.string("a")).toBe("x");
    expect(() => it.done()).toThrow("not known");
    expect(it.integer("b")).toBe(1);
    it.done();
  });

  test.each<[string, (it: Members) => unknown]>([
    ['{"a":1}', (it) => it.string("a")],
    ['{"a":null}', (it) => it.optionalString("a")],
    ['{"a":"1"}', (it) => it.integer("a")],
    ['{"a":1.5}', (it) => it.integer("a")],
    ['{"a":1e300}', (it) => it.integer("a")],
    ['{"a":0}', (it) => it.boolean("a")],
    ['{"a":["x",1]}', (it) => it.strings("a")],
    ['{"a":[]}', (it) => it.inner("a")],
    ['{"a":"c"}', (it) => it.oneOf("a", ["a", "b"])],
    ['{"a":"AB"}', (it) => it.bytes("a")],
    ['{"a":"AA"}', (it) => it.bytes("a", 2)],
    ['{"a":"AA"}', (it) => it.point("a")],
    ["{}", (it) => it.string("a")],
    ["[]", (it) => it],
  ])("of another kind are refused: %s", (text, take) => {
    expect(() => take(of(text))).toThrow(ShapeError);
  });
});

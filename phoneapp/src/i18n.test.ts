import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import errors from "../../i18n/errors.en.json";
import phone from "../../i18n/phone.en.json";
import time from "../../i18n/time.en.json";
import { Texts, chooseLanguage, clockLeft, loadTexts } from "./i18n";
import { explainFault } from "./screens/faults";

const source = import.meta.dirname;

/** Everything that may name a sentence: the app's own sources, its page and its build. */
function sources(): string {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tsx?|html)$/.test(name) && !name.includes(".test.") && !name.includes("preview"))
    .map((name) => join(source, name));
  return [...files, join(source, "../build.mjs")].map((name) => readFileSync(name, "utf8")).join("\n");
}

/** Quoted words that look like a key of ours. */
function quoted(text: string): Set<string> {
  return new Set(Array.from(text.matchAll(/["`]([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)["`]/g), (match) => match[1] ?? ""));
}

describe("catalogues", () => {
  const used = quoted(sources());

  test("no sentence of the phone is unused", () => {
    const unused = Object.keys(phone).filter((key) => !used.has(key) && key !== "continue");
    expect(unused).toEqual([]);
    expect(used.has("continue")).toBe(true);
  });

  test("every key with a part has all four parts", () => {
    const known = new Set(Object.keys(errors));
    for (const key of known) {
      const base = /^(.*)\.happened$/.exec(key)?.[1];
      if (base === undefined) continue;
      expect([...["title", "safe", "next"].filter((part) => !known.has(`${base}.${part}`))], base).toEqual([]);
    }
  });

  test("every key that a fault can have is told", () => {
    const thrown = Array.from(sources().matchAll(/PhoneFault\("([a-z._]+)"/g), (match) => match[1] ?? "");
    expect(thrown.length).toBeGreaterThan(5);
    for (const key of thrown) {
      expect(key in errors || `${key}.title` in errors, key).toBe(true);
    }
  });

  test("keys are sorted, no key stands in two files, and nothing says please, oops or invalid", () => {
    const all = [phone, errors, time].flatMap((catalogue) => Object.keys(catalogue));
    expect(new Set(all).size).toBe(all.length);
    for (const catalogue of [phone, errors]) expect(Object.keys(catalogue)).toEqual(Object.keys(catalogue).sort());
    for (const [key, entry] of Object.entries({ ...phone, ...errors })) {
      expect(JSON.stringify(entry), key).not.toMatch(/\b(please|oops|invalid|error)\b|n't\b/i);
    }
  });
});

describe("texts", () => {
  const texts = new Texts("en", { a: "Hello {{.Name}}, {{.Name}}!", b: { one: "{{.Count}} try", other: "{{.Count}} tries" }, ...time }, "UTC");
  const t = texts.t.bind(texts) as (key: string, args?: Record<string, string | number>) => string;

  test("fill placeholders and choose the plural by Count", () => {
    expect(t("a", { Name: "Mara" })).toBe("Hello Mara, Mara!");
    expect(t("b", { Count: 1 })).toBe("1 try");
    expect(t("b", { Count: 0 })).toBe("0 tries");
  });

  test("take elements for placeholders", () => {
    expect((texts.rich as (key: string, args: Record<string, unknown>) => unknown[])("a", { Name: 7 })).toEqual(["Hello ", 7, ", ", 7, "!"]);
  });

  test("a placeholder is never read from a value", () => {
    expect(t("a", { Name: "{{.Name}}" })).toBe("Hello {{.Name}}, {{.Name}}!");
  });

  test("say today, yesterday and the day in the reader's zone", () => {
    const now = Date.UTC(2026, 10, 21, 0, 30);
    expect(texts.when(now - 60_000, now)).toBe("today, 00:29");
    expect(texts.when(now - 3_600_000, now)).toBe("yesterday, 23:30");
    expect(texts.moment(now - 7 * 86_400_000, now)).toBe("14 November 2026, 00:30");
    expect(texts.when(now, now, true)).toBe("today, 00:30:00");
    expect(texts.moment(now - 4 * 86_400_000, now)).toBe("Tue, 00:30");
  });

  test("choose the first wish that has a catalogue", async () => {
    expect(chooseLanguage(["fr-FR", "EN-us"])).toBe("en");
    expect(chooseLanguage(["xx"])).toBe("en");
    expect(chooseLanguage(["fr", "de-AT", "ja"])).toBe("de");
    expect(chooseLanguage(["ja-JP"])).toBe("ja");
    expect((await loadTexts("en")).t("first.line1")).toBe("You sign in.");
  });

  test("German and Japanese write times, lists and sentences their own way", async () => {
    const [de, ja] = await Promise.all([loadTexts("de", "UTC"), loadTexts("ja", "UTC")]);
    const now = Date.UTC(2026, 10, 21, 3, 17);
    expect([de.moment(now, now), ja.moment(now, now)]).toEqual(["Heute, 03:17", "今日 3:17"]);
    expect([de.moment(now - 3 * 86_400_000, now), ja.moment(now - 3 * 86_400_000, now)]).toEqual(["Mi, 03:17", "水曜 3:17"]);
    expect([de.date(now), ja.date(now)]).toEqual(["21. November 2026", "2026年11月21日"]);
    expect([de.list([1, 2, 4]), ja.list([1, 2, 4])]).toEqual(["1, 2 und 4", "1、2、4"]);
    expect([de.join("A.", "B."), ja.join("A。", "B。"), de.join("A.", "")]).toEqual(["A. B.", "A。B。", "A."]);
    expect([de.language, ja.language]).toEqual(["de", "ja"]);
  });

  test("a phone that is full says so in every language, with the number it holds", async () => {
    for (const language of ["en", "de", "ja"] as const) {
      const told = explainFault(await loadTexts(language), "users.limit", { limit: 32 });
      expect(told.happened).toContain("32");
      expect([told.title, told.happened, told.safe, told.next].join()).not.toMatch(/users\.limit|\{\{/);
      expect(told.step).toBe("home");
    }
  });

  test("time left is told in minutes and seconds, and never below zero", () => {
    expect(clockLeft(160_500)).toBe("2:41");
    expect(clockLeft(-5)).toBe("0:00");
  });
});

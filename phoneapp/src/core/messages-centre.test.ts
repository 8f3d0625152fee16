import { describe, expect, test } from "vitest";
import { Clock } from "./clock";
import type { Block } from "./contract";
import { keptText, readPage, readPart, readUnread } from "./messages-centre";
import { maxLongBody, Members, parseJson, type Json } from "./strict";

const clock = new Clock(() => 5_000);
clock.skew = 1_000;

const message = {
  reference: "2026-0412", kind: "ticket", status: "answered", priority: "normal", subject: "About it", language: "en", createdAt: 2_000, updatedAt: 3_000, unread: true,
};
const entry = { number: 1, at: 2_000, author: "operator", language: "en", text: "Hello." };
const part = { now: 6_000, message, languages: [], canReply: true, entries: [entry] };
const page = { now: 6_000, unread: 1, messages: [message] };

/** As it comes over the wire. */
function members(value: unknown): Members {
  return Members.of(parseJson(JSON.stringify(value), maxLongBody), "answer");
}

function read<T>(take: (members: Members) => T, value: unknown): T {
  const all = members(value);
  const taken = take(all);
  all.done();
  return taken;
}
const readsPage = (value: unknown): unknown => read((all) => readPage(all, clock), value);
const readsPart = (value: unknown): ReturnType<typeof readPart> => read((all) => readPart(all, clock), value);

describe("a page", () => {
  test("has its messages, with times of this phone", () => {
    expect(readsPage({ ...page, next: "1.2.x" })).toEqual({ unread: 1, next: "1.2.x", messages: [{ ...message, createdAt: 1_000, updatedAt: 2_000, damaged: false }] });
  });

  test.each<[string, unknown]>([
    ["no count", { ...page, unread: undefined }],
    ["a count below nothing", { ...page, unread: -1 }],
    ["a count beyond what is counted", { ...page, unread: 101 }],
    ["a count in words", { ...page, unread: "3" }],
    ["messages that are no list", { ...page, messages: message }],
    ["null in the list", { ...page, messages: [null] }],
    ["a member that is not known", { ...page, html: "<b>" }],
    ["a next that is no text", { ...page, next: 3 }],
    ...([
      ["reference", "0412"], ["reference", "2026-0412/../1"], ["reference", 2026], ["kind", "mail"], ["status", "read"], ["priority", "highest"], ["subject", null], ["subject", { html: "x" }],
      ["language", ""], ["language", "en\" onload=\"x"], ["createdAt", "today"], ["updatedAt", 1.5], ["unread", 1], ["damaged", false], ["body", "x"],
    ] as const).map(([name, value]) => [`a message whose ${name} is ${JSON.stringify(value)}`, { ...page, messages: [{ ...message, [name]: value }] }] as [string, unknown]),
  ])("is refused with %s", (_, value) => {
    expect(() => readsPage(value)).toThrow();
  });

  test("loses the characters by which a subject could read as another", () => {
    const read = readsPage({ ...page, messages: [{ ...message, subject: "<img src=x onerror=alert(1)> \u202egnp.exe\u0000\nnext" }] }) as { messages: { subject: string }[] };
    expect(read.messages[0]?.subject).toBe("<img src=x onerror=alert(1)> gnp.exe next");
  });
});

describe("what is unread", () => {
  const reads = (value: unknown): ReadonlyMap<string, number> => read((all) => readUnread(all, ["a", "b"]), value);

  test("is told by key", () => {
    expect([...reads({ now: 1, unread: { a: 3, b: 0 } })]).toEqual([["a", 3], ["b", 0]]);
    expect([...reads({ now: 1, unread: {} })]).toEqual([]);
  });

  test.each([{ now: 1, unread: { c: 1 } }, { now: 1, unread: { a: "1" } }, { now: 1, unread: [1] }, { now: 1 }, { unread: { a: 1 } }, { now: 1, unread: { a: 101 } }])("is refused in %j", (value) => {
    expect(() => reads(value)).toThrow();
  });
});

describe("a message", () => {
  test("has its entries and files", () => {
    const file = { name: "terms.pdf", type: "application/pdf", size: 91_823 };
    const { thread, next } = readsPart({ ...part, entries: [entry, { ...entry, number: 2, author: "user", name: undefined, signed: true, files: [file] }], next: 3 });
    expect(next).toBe(3);
    expect(thread.entries).toEqual([
      { number: 1, at: 1_000, author: "operator", language: "en", signed: false, text: "Hello.", files: [], damaged: false },
      { number: 2, at: 1_000, author: "user", language: "en", signed: true, text: "Hello.", files: [file], damaged: false },
    ]);
  });

  test("that is a notice has its sentences", () => {
    const notice = { happened: "A thing happened.", next: "Do this.", at: 3_000, from: "203.0.113.24", place: "Hamburg, Germany", with: "Firefox", phone: "Pixel\u202e 8" };
    expect(readsPart({ ...part, notice, entries: [] }).thread.notice).toEqual({ ...notice, at: 2_000, phone: "Pixel 8" });
  });

  test.each<[string, unknown]>([
    ["entries out of order", { ...part, entries: [{ ...entry, number: 2 }, entry] }],
    ["an entry twice", { ...part, entries: [entry, entry] }],
    ["a next that leads back", { ...part, next: 1 }],
    ["a language that is no tag", { ...part, languages: ["en", "<b>"] }],
    ["canReply in words", { ...part, canReply: "yes" }],
    ["a notice with a part too many", { ...part, notice: { happened: "x", next: "y", at: 1, html: "z" } }],
    ["a notice without a time", { ...part, notice: { happened: "x", next: "y" } }],
    ...([
      ["author", "admin"], ["number", "1"], ["text", 7], ["text", { html: "x" }], ["signed", false], ["blocks", "x"], ["blocks", []], ["files", [{ name: "a", type: "b", size: -1 }]],
      ["files", [{ name: "a", type: "b", size: 1, href: "https://x.example" }]], ["html", "x"],
    ] as const).map(([name, value]) => [`an entry whose ${name} is ${JSON.stringify(value)}`, { ...part, entries: [{ ...entry, [name]: value }] }] as [string, unknown]),
  ])("is refused with %s", (_, value) => {
    expect(() => readsPart(value)).toThrow();
  });
});

describe("blocks", () => {
  const blocksOf = (blocks: unknown): readonly Block[] | undefined => readsPart({ ...part, entries: [{ ...entry, text: undefined, blocks }] }).thread.entries[0]?.blocks;
  const p = (text: string, more: object = {}): unknown => ({ kind: "p", runs: [{ text, ...more }] });
  const plain = { strong: false, em: false, code: false };

  test("are read through lists and quotes", () => {
    const list = { kind: "ul", items: [[p("a"), { kind: "ol", items: [[p("b", { strong: true })]] }], []] };
    expect(blocksOf([{ kind: "h", runs: [] }, { kind: "quote", blocks: [list] }, { kind: "rule" }, { kind: "code" }])).toEqual([
      { kind: "h", runs: [] },
      {
        kind: "quote",
        blocks: [{
          kind: "ul",
          items: [[{ kind: "p", runs: [{ text: "a", ...plain }] }, { kind: "ol", items: [[{ kind: "p", runs: [{ text: "b", ...plain, strong: true }] }]] }], []],
        }],
      },
      { kind: "rule" },
      { kind: "code", runs: [] },
    ]);
  });

  test("a table has its head, and as many cells in each row", () => {
    const cell = (text: string): unknown => ({ kind: "p", runs: [{ text, ...plain }] });
    const table = { kind: "table", items: [[p("a"), p("b")], [p("c"), { kind: "p" }]], align: ["", "right"] };
    const runs = (text: string): unknown => (cell(text) as { runs: unknown }).runs;
    expect(blocksOf([table])).toEqual([{ kind: "table", head: [runs("a"), runs("b")], rows: [[runs("c"), []]], align: ["", "right"] }]);
    for (const wrong of [
      { ...table, items: [] }, { ...table, items: [[p("a"), p("b")], [p("c")]] }, { ...table, align: ["right"] }, { ...table, align: ["", "top"] },
      { ...table, items: [[p("a"), { kind: "rule" }]] }, { ...table, items: [Array.from({ length: 21 }, () => p("a"))], align: undefined },
    ]) expect(() => blocksOf([wrong])).toThrow();
  });

  test.each([
    ["https://help.example/a?b#c", { href: "https://help.example/a?b#c", to: "help.example" }],
    ["https://xn--80ak6aa92e.example:8443/", { href: "https://xn--80ak6aa92e.example:8443/", to: "xn--80ak6aa92e.example:8443" }],
    ["https://аррlе.example/", { href: "https://xn--l-7sbq6ba.example/", to: "xn--l-7sbq6ba.example" }],
    ["mailto:desk@help.example", { href: "mailto:desk@help.example", to: "desk@help.example" }],
  ])("a link to %s says where it leads", (href, link) => {
    expect(blocksOf([p("x", { href })])).toEqual([{ kind: "p", runs: [{ text: "x", ...plain, link }] }]);
  });

  test.each([
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>", "http://help.example/", "//help.example", "/local", "file:///etc/passwd",
    "blob:https://phone.example/x", "https://bank.example@evil.example/", "https://:x@evil.example/", "https://", "mailto:", "tel:+49", "intent://x#Intent;end", "\u0000https://x.example",
  ])("of a link to %j the words stay and the link goes", (href) => {
    expect(blocksOf([p("x", { href })])).toEqual([{ kind: "p", runs: [{ text: "x", ...plain }] }]);
  });

  test("so deep as the desk can write are read, deeper ones refused", () => {
    const deep = (levels: number): unknown => (levels === 0 ? p("x") : { kind: "ul", items: [[deep(levels - 1)]] });
    expect(blocksOf([deep(9)])).toHaveLength(1);
    expect(() => blocksOf([deep(12)])).toThrow();
    const text = `${'{"a":'.repeat(60)}1${"}".repeat(60)}`;
    expect(() => parseJson(text, maxLongBody)).toThrow("nested too deeply");
    expect(() => parseJson(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`)).toThrow("nested too deeply");
  });

  test.each<[string, Json]>([
    ["a kind that is not known", [{ kind: "html", runs: [{ text: "x" }] }]],
    ["items that are no lists", [{ kind: "ul", items: [{ kind: "p" }] }]],
    ["items that are words", [{ kind: "ul", items: "x" }]],
    ["blocks in a paragraph", [{ kind: "p", blocks: [] }]],
    ["a run with a member too many", [{ kind: "p", runs: [{ text: "x", onclick: "y" }] }]],
    ["a run without a text", [{ kind: "p", runs: [{ strong: true }] }]],
    ["null", [null]],
  ])("are refused with %s", (_, blocks) => {
    expect(() => blocksOf(blocks)).toThrow();
  });
});

describe("an answer's text", () => {
  test.each([
    ["  a\r\nb\rc\u2028d\u2029e \u3000", "a\nb\nc\nd\ne"],
    ["\ufeffa\u200bb\u00adc\u202ed\u0007e\u0085", "abcde"],
    ["\ta\tb", "a\tb"],
    ["👩\u200d💻 نمی\u200cخواهم", "👩\u200d💻 نمی\u200cخواهم"],
    ["a\ud800b", "a\ufffdb"],
    ["\u00a0\u2003\u1680x\u202f\u205f", "x"],
  ])("%j is kept as %j", (typed, kept) => {
    expect(keptText(typed)).toBe(kept);
  });

  test("is refused when nothing is left, or too much", () => {
    expect(() => keptText(" \u200b\n\u202e")).toThrow("message.text");
    expect(keptText("𠮷".repeat(20_000))).toHaveLength(40_000);
    expect(() => keptText("x".repeat(20_001))).toThrow("message.text_long");
  });
});

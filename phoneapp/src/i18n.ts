// Sentences come from the catalogues that Go reads too: flat JSON in go-i18n's form, {{.Name}} placeholders, plural forms as objects.
import type { ComponentChildren } from "preact";
import errorsEn from "../../i18n/errors.en.json";
import phoneEn from "../../i18n/phone.en.json";
import timeEn from "../../i18n/time.en.json";

export type PhoneKey = keyof typeof phoneEn;
export type ErrorKey = keyof typeof errorsEn;
export type Key = PhoneKey | ErrorKey | keyof typeof timeEn;
export type Args = Readonly<Record<string, string | number>>;

type Entry = string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
export type Catalogue = Readonly<Record<string, Entry>>;

/** Languages that have catalogues, with their own names. The first is what an unknown language falls back to. */
export const languages = { en: "English", de: "Deutsch", ja: "日本語" } as const;
export type Language = keyof typeof languages;

const english: Catalogue = { ...timeEn, ...phoneEn, ...errorsEn };

/** English is part of the bundle; each further language is a chunk of its own, loaded when it is chosen and kept by the service worker. */
const loaders: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: () => Promise.resolve(english),
  de: async () => (await import("./texts.de")).default,
  ja: async () => (await import("./texts.ja")).default,
};

/** Weekdays by the English names that the reader's zone is asked with. */
const weekdays = { Sun: "time.sun", Mon: "time.mon", Tue: "time.tue", Wed: "time.wed", Thu: "time.thu", Fri: "time.fri", Sat: "time.sat" } as const;
const dayMs = 86_400_000;

/** The first of the wished languages (BCP 47, best first) that has catalogues. */
export function chooseLanguage(wished: readonly string[]): Language {
  for (const wish of wished) {
    const base = wish.toLowerCase().split("-", 1)[0] ?? "";
    if (Object.hasOwn(languages, base)) return base as Language;
  }
  return "en";
}

/** The texts of a language; English where its chunk cannot be had, as in a first visit that went offline. */
export async function loadTexts(language: Language, timeZone?: string): Promise<Texts> {
  try {
    return new Texts(language, await loaders[language](), timeZone);
  } catch (cause) {
    if (language === "en") throw cause;
    console.warn(cause);
    return loadTexts("en", timeZone);
  }
}

const placeholder = /\{\{\.(\w+)\}\}/;

/** One language's sentences, dates and numbers. */
export class Texts {
  readonly #plural: Intl.PluralRules;
  readonly #list: Intl.ListFormat;
  readonly #tenths: Intl.NumberFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #seconds: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #weekday: Intl.DateTimeFormat;
  /** What stands between two sentences: Japanese has no space there. */
  readonly gap: string;

  constructor(
    readonly language: string,
    private readonly catalogue: Catalogue,
    timeZone?: string,
  ) {
    // Plain "en" would write dates the American way; these texts are British.
    const locale = language === "en" ? "en-GB" : language;
    const zone = timeZone === undefined ? {} : { timeZone };
    // 3:17 in Japanese, 03:17 elsewhere.
    const hour = language === "ja" ? "numeric" : "2-digit";
    this.gap = language === "ja" ? "" : " ";
    this.#plural = new Intl.PluralRules(locale);
    this.#tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.#list = new Intl.ListFormat(locale, { type: "conjunction" });
    this.#time = new Intl.DateTimeFormat(locale, { hour, minute: "2-digit", hourCycle: "h23", ...zone });
    this.#seconds = new Intl.DateTimeFormat(locale, { hour, minute: "2-digit", second: "2-digit", hourCycle: "h23", ...zone });
    this.#date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", ...zone });
    this.#day = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", ...zone });
    this.#weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", ...zone });
  }

  /** True when the catalogue has a sentence for this key, which may have come from a server newer than this app. */
  has(key: string): key is Key {
    return Object.hasOwn(this.catalogue, key);
  }

  /** The sentence with its placeholders filled. */
  t(key: Key, args: Args = {}): string {
    return this.#pattern(key, args)
      .split(placeholder)
      .map((part, i) => (i % 2 === 0 ? part : String(args[part] ?? "")))
      .join("");
  }

  /** The same with elements for placeholders: a name in bold, a number in mono. */
  rich(key: Key, args: Readonly<Record<string, ComponentChildren>>): ComponentChildren[] {
    return this.#pattern(key, {})
      .split(placeholder)
      .map((part, i) => (i % 2 === 0 ? part : args[part]));
  }

  /** "1 and 2", "1, 2 and 4". */
  list(items: readonly (string | number)[]): string {
    return this.#list.format(items.map(String));
  }

  /** Milliseconds as seconds with one digit behind the point: "1.3". */
  seconds(ms: number): string {
    return this.#tenths.format(ms / 1000);
  }

  /** A number with one digit behind the point: "1.3". */
  tenths(value: number): string {
    return this.#tenths.format(value);
  }

  /** Sentences one after the other. */
  join(...sentences: readonly string[]): string {
    return sentences.filter((sentence) => sentence !== "").join(this.gap);
  }

  /** "today, 14:32", fit to stand within a sentence; with seconds where the moment itself is the news. */
  when(at: number, now: number, seconds = false): string {
    return this.#moment(at, now, (seconds ? this.#seconds : this.#time).format(at), "time.today_within", "time.yesterday_within");
  }

  /** "Today, 14:32", fit to begin a line. */
  moment(at: number, now: number): string {
    return this.#moment(at, now, this.#time.format(at), "time.today", "time.yesterday");
  }

  /** "14:32" */
  time(at: number): string {
    return this.#time.format(at);
  }

  /** "21 November 2026" */
  date(at: number): string {
    return this.#date.format(at);
  }

  #moment(at: number, now: number, Time: string, today: Key, yesterday: Key): string {
    const day = this.#day.format(at);
    if (day === this.#day.format(now)) return this.t(today, { Time });
    if (day === this.#day.format(now - dayMs)) return this.t(yesterday, { Time });
    // Days of the calendar apart, counted in the reader's zone, as the portal does.
    const days = (Date.parse(this.#day.format(now)) - Date.parse(day)) / dayMs;
    if (days > 1 && days <= 6) {
      const key = weekdays[this.#weekday.format(at) as keyof typeof weekdays];
      return this.t("time.weekday", { Weekday: this.t(key), Time });
    }
    return this.t("time.day", { Date: this.#date.format(at), Time });
  }

  #pattern(key: Key, args: Args): string {
    const entry = this.catalogue[key];
    if (entry === undefined) return key;
    if (typeof entry === "string") return entry;
    const count = args["Count"];
    return (typeof count === "number" ? entry[this.#plural.select(count)] : undefined) ?? entry.other ?? key;
  }
}

/** Remaining milliseconds as "2:41". */
export function clockLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

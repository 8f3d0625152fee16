// JSON read so that no two readers can understand it differently (docs/protocol.md §1), and the shapes of members.

import { fromB64u, type Bytes } from "./bytes";

/** Longest JSON text either side reads, in bytes; and that of a message with its texts (§10). */
export const maxBody = 64 * 1024;
export const maxLongBody = 256 * 1024;
const maxDepth = 16;
/** Blocks of a text stand in blocks. */
const maxLongDepth = 48;

/** Not what the protocol says. The message names a place, never a value. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/**
 * Reads one JSON text (RFC 8259). Throws ShapeError for what is no JSON, members that occur twice (also in another letter
 * case), lone surrogates, anything after the value, nesting beyond 16, and more than 64 KiB; of a long one (at most maxLongBody)
 * beyond 48, and more bytes than that.
 */
export function parseJson(text: string, most = maxBody): Json {
  if (text.length > most || new TextEncoder().encode(text).length > most) throw new ShapeError("too large");
  return new Reader(text, most > maxBody ? maxLongDepth : maxDepth).all();
}

/** The same from bytes, which must be UTF-8 without a byte order mark. */
export function parseJsonBytes(bytes: Uint8Array): Json {
  if (bytes.length > maxBody) throw new ShapeError("too large");
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw cause instanceof ShapeError ? cause : new ShapeError("not UTF-8", { cause });
  }
}

const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)/y;
// eslint-disable-next-line no-control-regex -- JSON forbids exactly these in a string
const quoted = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** A recursive descent that leaves strings and numbers to JSON.parse. */
class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly deepest: number,
  ) {}

  all(): Json {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) throw new ShapeError("something after the value");
    return value;
  }

  private value(depth: number): Json {
    this.space();
    const opens = this.text[this.at] === "{" || this.text[this.at] === "[";
    if (opens && depth === this.deepest) throw new ShapeError("nested too deeply");
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth + 1);
      case "[":
        return this.array(depth + 1);
      case '"':
        return this.string();
      default:
        return JSON.parse(this.match(scalar)) as Json;
    }
  }

  private object(depth: number): JsonObject {
    const members: Record<string, Json> = Object.create(null) as Record<string, Json>;
    const seen = new Set<string>();
    for (let more = this.open("}"); more; more = this.next("}")) {
      this.space();
      const name = this.string();
      const folded = name.toLowerCase();
      if (seen.has(folded)) throw new ShapeError("a member twice in one object");
      seen.add(folded);
      this.space();
      this.take(":");
      members[name] = this.value(depth);
    }
    return members;
  }

  private array(depth: number): Json[] {
    const items: Json[] = [];
    for (let more = this.open("]"); more; more = this.next("]")) items.push(this.value(depth));
    return items;
  }

  private string(): string {
    const text = JSON.parse(this.match(quoted)) as string;
    if (/[\uD800-\uDFFF]/u.test(text)) throw new ShapeError("half a surrogate pair");
    return text;
  }

  /** After the opening bracket: is there anything inside? */
  private open(close: string): boolean {
    this.at++;
    this.space();
    if (this.text[this.at] !== close) return true;
    this.at++;
    return false;
  }

  private next(close: string): boolean {
    this.space();
    if (this.text[this.at] === ",") {
      this.at++;
      return true;
    }
    this.take(close);
    return false;
  }

  private take(char: string): void {
    if (this.text[this.at] !== char) throw new ShapeError("not JSON");
    this.at++;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw new ShapeError("not JSON");
    this.at += found.length;
    return found;
  }

  private space(): void {
    while (this.at < this.text.length && " \t\n\r".includes(this.text.charAt(this.at))) this.at++;
  }
}

/**
 * One object's members, taken out one by one by kind; done() refuses what is left. Every getter throws ShapeError when the
 * member is absent or of another kind; an absent optional member is undefined, never null.
 */
export class Members {
  private readonly left: Set<string>;

  constructor(
    private readonly object: JsonObject,
    private readonly where: string,
  ) {
    this.left = new Set(Object.keys(object));
  }

  static of(value: Json | undefined, where: string): Members {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ShapeError(`${where}: not an object`);
    return new Members(value as JsonObject, where);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name);
  }

  string(name: string): string {
    const value = this.take(name);
    return typeof value === "string" ? value : this.wrong(name);
  }

  optionalString(name: string): string | undefined {
    return this.has(name) ? this.string(name) : undefined;
  }

  boolean(name: string): boolean {
    const value = this.take(name);
    return typeof value === "boolean" ? value : this.wrong(name);
  }

  integer(name: string): number {
    const value = this.take(name);
    return Number.isSafeInteger(value) ? (value as number) : this.wrong(name);
  }

  optionalInteger(name: string): number | undefined {
    return this.has(name) ? this.integer(name) : undefined;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.take(name);
    return values.find((known) => known === value) ?? this.wrong(name);
  }

  strings(name: string): string[] {
    const value = this.take(name);
    if (!Array.isArray(value)) return this.wrong(name);
    return value.map((item: Json) => (typeof item === "string" ? item : this.wrong(name)));
  }

  /** base64url that decodes strictly; the length is in bytes. Gives the text. */
  bytes(name: string, length?: number): string {
    const text = this.string(name);
    this.decoded(name, text, length);
    return text;
  }

  /** An uncompressed point's base64url. Whether it lies on the curve shows when it is imported. */
  point(name: string): string {
    const text = this.string(name);
    return this.decoded(name, text, 65)[0] === 4 ? text : this.wrong(name);
  }

  inner(name: string): Members {
    return Members.of(this.take(name), `${this.where}.${name}`);
  }

  /** Objects in a row. */
  objects(name: string): Members[] {
    const value = this.take(name);
    if (!Array.isArray(value)) return this.wrong(name);
    return value.map((item: Json, i) => Members.of(item, `${this.where}.${name}[${i}]`));
  }

  /** A member that this version has no use for, of any kind. */
  any(name: string): Json | undefined {
    return this.has(name) ? this.take(name) : undefined;
  }

  /** Refuses members that nobody took. */
  done(): void {
    if (this.left.size > 0) throw new ShapeError(`${this.where}: a member that is not known`);
  }

  private take(name: string): Json | undefined {
    this.left.delete(name);
    return this.has(name) ? this.object[name] : undefined;
  }

  private decoded(name: string, text: string, length: number | undefined): Bytes {
    try {
      return fromB64u(text, length);
    } catch {
      return this.wrong(name);
    }
  }

  private wrong(name: string): never {
    throw new ShapeError(`${this.where}.${name}: absent or of another kind`);
  }
}

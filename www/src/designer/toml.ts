/**
 * As much of TOML as a cluster file needs, to draw what is written. Whether the file means anything is for the core to
 * say; this only reads what it accepts, and throws a sentence for what it does not know.
 */

export type Value = string | number | boolean | Value[] | Table;
export interface Table { [key: string]: Value }

class Scanner {
  private at = 0;
  constructor(private readonly text: string) {}

  get over(): boolean {
    return this.at >= this.text.length;
  }

  get line(): number {
    return this.text.slice(0, this.at).split("\n").length;
  }

  fail(expected: string): never {
    throw new Error(`line ${this.line}: expected ${expected}`);
  }

  /** Blanks; with `lines`, also line breaks and comments. */
  blank(lines: boolean): void {
    const pattern = lines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /[ \t]*/y;
    this.take(pattern);
  }

  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  eat(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  need(token: string): void {
    if (!this.eat(token)) this.fail(token);
  }

  endOfLine(): void {
    this.take(/[ \t]*(#[^\n]*)?/y);
    if (!this.over && this.take(/\r?\n/y) === null) this.fail("the end of the line");
  }

  /** A string of one line. */
  short(): string | null {
    const basic = this.take(/"(?:[^"\\\n]|\\.)*"/y);
    if (basic !== null) return unescaped(basic.slice(1, -1));
    const literal = this.take(/'[^'\n]*'/y);
    return literal === null ? null : literal.slice(1, -1);
  }

  /** A string of one line or more; a line break right at its beginning is none of it. */
  private long(): string | null {
    const basic = this.take(/"""(?:[^"\\]|\\[^]|""?(?!"))*"{3,5}/y);
    if (basic !== null) return unescaped(basic.slice(3, -3).replace(/^\r?\n/, ""));
    const literal = this.take(/'''(?:[^']|''?(?!'))*'{3,5}/y);
    return literal === null ? this.short() : literal.slice(3, -3).replace(/^\r?\n/, "");
  }

  key(): string[] {
    const parts: string[] = [];
    do {
      this.blank(false);
      const part = this.take(/[A-Za-z0-9_-]+/y) ?? this.short();
      if (part === null) this.fail("a key");
      parts.push(part);
      this.blank(false);
    } while (this.eat("."));
    return parts;
  }

  value(): Value {
    const text = this.long();
    if (text !== null) return text;
    const word = this.take(/true|false/y);
    if (word !== null) return word === "true";
    const number = this.take(/0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|[+-]?[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9_]+)?/y);
    if (number !== null) return Number(number.replaceAll("_", ""));
    if (this.eat("[")) return this.list();
    if (this.eat("{")) return this.inline();
    this.fail("a value");
  }

  private list(): Value[] {
    const values: Value[] = [];
    for (;;) {
      this.blank(true);
      if (this.eat("]")) return values;
      values.push(this.value());
      this.blank(true);
      if (!this.eat(",")) {
        this.need("]");
        return values;
      }
    }
  }

  private inline(): Table {
    const table: Table = {};
    for (;;) {
      this.blank(true);
      if (this.eat("}")) return table;
      const key = this.key();
      this.need("=");
      this.blank(true);
      put(table, key, this.value());
      this.blank(true);
      if (!this.eat(",")) {
        this.need("}");
        return table;
      }
    }
  }
}

function unescaped(text: string): string {
  const plain: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", e: "\u001b", '"': '"', "\\": "\\" };
  // A line that ends with a backslash goes on with the next thing written.
  const escape = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[ \t]*\r?\n[ \t\r\n]*|(.))/g;
  return text.replace(escape, (_, two?: string, four?: string, eight?: string, one?: string) => {
    const code = two ?? four ?? eight;
    if (code !== undefined) return String.fromCodePoint(Math.min(0x10ffff, parseInt(code, 16)));
    return one === undefined ? "" : (plain[one] ?? one);
  });
}

/** The table at a path, made where there is none; of an array of tables the last one. */
function into(root: Table, path: string[]): Table {
  let table = root;
  for (const key of path) {
    const found = Object.hasOwn(table, key) ? table[key] : undefined;
    const last: Value | undefined = Array.isArray(found) ? found.at(-1) : found;
    if (last === undefined) table = own(table, key, {}) as Table;
    else if (typeof last === "object" && !Array.isArray(last)) table = last;
    else throw new Error(`${key} is not a table`);
  }
  return table;
}

/** Sets a key of its own, whatever it is called. */
function own(table: Table, key: string, value: Value): Value {
  Object.defineProperty(table, key, { value, enumerable: true, writable: true, configurable: true });
  return value;
}

function put(root: Table, path: string[], value: Value): void {
  own(into(root, path.slice(0, -1)), path.at(-1)!, value);
}

export function parse(text: string): Table {
  const scanner = new Scanner(text.replace(/^\ufeff/, ""));
  const root: Table = {};
  let here = root;
  for (;;) {
    scanner.blank(true);
    if (scanner.over) return root;
    if (scanner.eat("[[")) {
      const path = scanner.key();
      scanner.need("]]");
      const parent = into(root, path.slice(0, -1));
      const name = path.at(-1)!;
      const found = Object.hasOwn(parent, name) ? parent[name] : own(parent, name, []);
      if (!Array.isArray(found)) throw new Error(`${name} is not an array of tables`);
      found.push((here = {}));
    } else if (scanner.eat("[")) {
      const path = scanner.key();
      scanner.need("]");
      here = into(root, path);
    } else {
      const path = scanner.key();
      scanner.need("=");
      scanner.blank(false);
      put(here, path, scanner.value());
    }
    scanner.endOfLine();
  }
}

export const quoted = (text: string): string => JSON.stringify(text).replaceAll("\u007f", "\\u007f");
export const bare = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key));

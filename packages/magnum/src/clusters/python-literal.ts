/**
 * Reads a Python literal made of dicts, lists, texts, numbers, `True`, `False` and `None`, or the same in JSON:
 * older clients send labels as what Python's `str()` makes of a dict.
 *
 * @returns undefined if it is neither
 */
export function parseLiteral(text: string): { readonly value: unknown } | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    reader.end();
    return { value };
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class NotALiteral extends Error {
  override readonly name = 'NotALiteral';
}

const MAX_DEPTH = 20;

const WORDS: Readonly<Record<string, unknown>> = {
  True: true,
  true: true,
  False: false,
  false: false,
  None: null,
  null: null,
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '\n': '' };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw new NotALiteral();
  }

  value(depth: number): unknown {
    this.#space();
    if (depth > MAX_DEPTH) throw new NotALiteral();
    // As Python 2 writes texts.
    this.#match(/u(?=['"])/iy);
    const start = this.#text[this.#at];
    if (start === '{') return this.#dict(depth);
    if (start === '[' || start === '(') return this.#list(depth, start === '[' ? ']' : ')');
    if (start === "'" || start === '"') return this.#string(start);
    const word = this.#match(/[A-Za-z]+/y);
    if (word !== undefined && Object.hasOwn(WORDS, word)) return WORDS[word];
    const number = word === undefined ? this.#match(/[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/iy) : undefined;
    if (number === undefined) throw new NotALiteral();
    const value = Number(number);
    if (Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))) return value;
    // A number that would lose digits keeps them as text, which is what labels are.
    if (/^[+-]?\d+$/.test(number)) return number.replace(/^\+/, '');
    throw new NotALiteral();
  }

  #dict(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#at += 1;
    while (!this.#take('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' || !this.#take(':')) throw new NotALiteral();
      entries.push([key, this.value(depth + 1)]);
      this.#comma('}');
    }
    return Object.fromEntries(entries);
  }

  #list(depth: number, end: string): unknown[] {
    const items: unknown[] = [];
    this.#at += 1;
    while (!this.#take(end)) {
      items.push(this.value(depth + 1));
      this.#comma(end);
    }
    return items;
  }

  #string(quote: string): string {
    let text = '';
    for (this.#at += 1; ; this.#at += 1) {
      const character = this.#text[this.#at];
      if (character === undefined) throw new NotALiteral();
      if (character === quote) break;
      text += character === '\\' ? this.#escape() : character;
    }
    this.#at += 1;
    return text;
  }

  /** Leaves the position on the escape's last character. */
  #escape(): string {
    this.#at += 1;
    const kind = this.#text[this.#at];
    if (kind === undefined) throw new NotALiteral();
    const digits = kind === 'u' ? 4 : kind === 'x' ? 2 : kind === 'U' ? 8 : 0;
    if (digits === 0) return ESCAPES[kind] ?? kind;
    const hex = this.#text.slice(this.#at + 1, this.#at + 1 + digits);
    const code = /^[0-9a-f]+$/i.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : Infinity;
    if (code > 0x10_ffff) throw new NotALiteral();
    this.#at += digits;
    return String.fromCodePoint(code);
  }

  #comma(end: string): void {
    if (this.#take(',')) return;
    this.#space();
    if (this.#text[this.#at] !== end) throw new NotALiteral();
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }
}

import {
  allOf,
  anyOf,
  attribute,
  everybody,
  literal,
  nobody,
  not,
  otherRule,
  role,
  template,
  type Check,
  type Template,
} from './check.ts';
import { RuleSyntaxError } from './policy-error.ts';

export interface ParsedRule {
  readonly check: Check;
  /** The rules it names by `rule:`. */
  readonly refersTo: readonly string[];
}

/** How deep parentheses and `not` may be nested. */
const MAX_DEPTH = 100;

/**
 * Parses a rule in oslo.policy's language: checks `kind:match` joined by `not`, `and`, `or` (which bind in this
 * order) and parentheses; `@` and the empty text let everybody through, `!` nobody. The older form, a list (one
 * of which must hold) of lists (all of which must hold) of checks, is understood as well.
 *
 * The original lets a rule that it doesn't understand deny everything, and says so in its log only.
 *
 * @throws RuleSyntaxError
 */
export function parseRule(rule: unknown): ParsedRule {
  if (typeof rule === 'string') return parseText(rule);
  if (Array.isArray(rule)) return parseLists(rule);
  throw new RuleSyntaxError("it is neither a text nor a list; '' or '@' lets everybody through, '!' nobody");
}

function parseText(text: string): ParsedRule {
  const parser = new Parser(tokensOf(text));
  if (parser.atEnd) return { check: everybody, refersTo: [] };
  const check = parser.alternatives(0);
  if (!parser.atEnd) throw new RuleSyntaxError(`'${parser.next()}' is one too many`);
  return { check, refersTo: parser.refersTo };
}

function parseLists(lists: readonly unknown[]): ParsedRule {
  if (lists.length === 0) return { check: everybody, refersTo: [] };
  const refersTo: string[] = [];
  const alternatives: Check[] = [];
  for (const inner of lists) {
    const checks: unknown[] = Array.isArray(inner) ? inner : [inner];
    if (checks.length === 0) continue;
    const all = checks.map((check) => {
      if (typeof check !== 'string') throw new RuleSyntaxError('its lists must consist of texts');
      return parseCheck(check, refersTo);
    });
    alternatives.push(allOf(all));
  }
  return { check: alternatives.length === 0 ? nobody : anyOf(alternatives), refersTo };
}

/** Words are divided by spaces; parentheses count where they begin or end a word, as in `(rule:a)`. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (const word of text.split(/\s+/)) {
    const opened = /^\(*/.exec(word)?.[0].length ?? 0;
    const rest = word.slice(opened);
    const inner = rest.replace(/\)+$/, '');
    for (let count = 0; count < opened; count += 1) tokens.push('(');
    if (inner !== '') tokens.push(inner);
    for (let count = inner.length; count < rest.length; count += 1) tokens.push(')');
  }
  return tokens;
}

class Parser {
  readonly refersTo: string[] = [];
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new RuleSyntaxError('it ends too early');
    this.#at += 1;
    return token;
  }

  alternatives(depth: number): Check {
    const checks = [this.#together(depth)];
    while (this.#skip('or')) checks.push(this.#together(depth));
    return anyOf(checks);
  }

  #together(depth: number): Check {
    const checks = [this.#single(depth)];
    while (this.#skip('and')) checks.push(this.#single(depth));
    return allOf(checks);
  }

  #single(depth: number): Check {
    if (depth > MAX_DEPTH) throw new RuleSyntaxError('it is nested too deep');
    const token = this.next();
    const word = token.toLowerCase();
    if (word === 'not') return not(this.#single(depth + 1));
    if (word === '(') {
      const inner = this.alternatives(depth + 1);
      if (!this.#skip(')')) throw new RuleSyntaxError("a ')' is missing");
      return inner;
    }
    if (word === ')' || word === 'and' || word === 'or') {
      throw new RuleSyntaxError(`a check is expected instead of '${token}'`);
    }
    return parseCheck(token, this.refersTo);
  }

  #skip(word: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }
}

function parseCheck(text: string, refersTo: string[]): Check {
  if (text === '@') return everybody;
  if (text === '!') return nobody;
  const colon = text.indexOf(':');
  if (colon < 0) throw new RuleSyntaxError(`'${text}' is no check of the form kind:match`);
  const kind = text.slice(0, colon);
  const match = text.slice(colon + 1);
  switch (kind) {
    case 'rule':
      refersTo.push(match);
      return otherRule(match);
    case 'role':
      return role(parseTemplate(match));
    case 'http':
    case 'https':
      throw new RuleSyntaxError(
        `'${text}' asks a remote server, which is not supported: a request would wait for it`,
      );
    default:
      return comparison(kind, parseTemplate(match));
  }
}

function comparison(kind: string, match: Template): Check {
  if (kind === '') throw new RuleSyntaxError("nothing stands before the ':'");
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(kind);
  if (quoted) return literal(quoted[1] ?? quoted[2] ?? '', match);
  if (/^(True|False|None|-?(0|[1-9]\d*)(\.\d+)?)$/.test(kind)) return literal(kind, match);
  return attribute(kind.split('.'), match);
}

/** `%(name)s` stands for an attribute of the target, `%%` for a percent sign. */
function parseTemplate(text: string): Template {
  const parts: (string | { attribute: string })[] = [];
  let end = 0;
  for (const found of text.matchAll(/%(?:%|\(([^)]*)\)s)?/g)) {
    const name = found[1];
    if (found[0] === '%') throw new RuleSyntaxError(`after the '%' in '${text}', (name)s must follow`);
    parts.push(text.slice(end, found.index), name === undefined ? '%' : { attribute: name });
    end = found.index + found[0].length;
  }
  return template([...parts, text.slice(end)]);
}

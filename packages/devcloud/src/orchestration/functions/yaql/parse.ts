import { valueError } from '../../errors.ts';

/** One node of a YAQL expression. */
export type Node =
  | { kind: 'literal'; value: unknown }
  | { kind: 'variable'; name: string }
  | { kind: 'list'; items: readonly Node[] }
  | { kind: 'dict'; entries: readonly { key: Node; value: Node }[] }
  | { kind: 'attribute'; target: Node; name: string; safe: boolean }
  | { kind: 'index'; target: Node; index: Node }
  | { kind: 'call'; target: Node | undefined; name: string; args: readonly Argument[]; safe: boolean }
  | { kind: 'unary'; operator: string; operand: Node }
  | { kind: 'binary'; operator: string; left: Node; right: Node };

/** An argument of a call; `name` where it is written `name => value`. */
export interface Argument {
  readonly key: Node | undefined;
  readonly value: Node;
}

interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'variable' | 'operator' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s*(?:(?<number>\d+\.\d+(?:[eE][-+]?\d+)?|\d+)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|\$(?<variable>[A-Za-z_]\w*|\d*)|(?<name>[A-Za-z_]\w*)|(?<operator>=>|->|=~|!~|!=|<=|>=|\?\.|[-+*/<>=.,()[\]{}]))/y;

/** How tightly the operators bind, loosest first. */
const BINDING: readonly (readonly string[])[] = [
  ['->'],
  ['or'],
  ['and'],
  ['=', '!=', '<', '>', '<=', '>=', 'in', '=~', '!~', 'is'],
  ['+', '-'],
  ['*', '/', 'mod'],
];
const NOT_LEVEL = 3;

/** @throws HeatError ValueError that shows the expression and the place */
export function parseYaql(source: string): Node {
  const tokens = tokenize(source);
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: 'end', text: '', at: source.length };
  const fail = (token: Token): Error =>
    valueError(
      `Bad expression ${source}: ${token.kind === 'end' ? 'unexpected end' : `unexpected "${token.text}" at position ${token.at}`}.`,
    );
  const is = (text: string): boolean => {
    const token = peek();
    return (token.kind === 'operator' || token.kind === 'name') && token.text === text;
  };
  const take = (text: string): void => {
    if (!is(text)) throw fail(peek());
    at++;
  };

  function level(depth: number): Node {
    if (depth >= BINDING.length) return unary();
    if (depth === NOT_LEVEL && is('not')) {
      at++;
      return { kind: 'unary', operator: 'not', operand: level(depth) };
    }
    let left = level(depth + 1);
    for (;;) {
      const operator = BINDING[depth]?.find(is);
      if (operator === undefined) return left;
      at++;
      left = { kind: 'binary', operator, left, right: level(depth + 1) };
    }
  }

  function unary(): Node {
    for (const operator of ['-', '+']) {
      if (!is(operator)) continue;
      at++;
      return { kind: 'unary', operator, operand: unary() };
    }
    return postfix();
  }

  function postfix(): Node {
    let node = primary();
    for (;;) {
      if (is('.') || is('?.')) {
        const safe = is('?.');
        at++;
        const name = peek();
        if (name.kind !== 'name') throw fail(name);
        at++;
        node = is('(')
          ? { kind: 'call', target: node, name: name.text, args: args(), safe }
          : { kind: 'attribute', target: node, name: name.text, safe };
      } else if (is('[')) {
        at++;
        const index = level(0);
        take(']');
        node = { kind: 'index', target: node, index };
      } else return node;
    }
  }

  function args(): Argument[] {
    take('(');
    const found: Argument[] = [];
    while (!is(')')) {
      const first = level(0);
      if (is('=>')) {
        at++;
        found.push({ key: first, value: level(0) });
      } else found.push({ key: undefined, value: first });
      if (!is(')')) take(',');
    }
    take(')');
    return found;
  }

  function primary(): Node {
    const token = peek();
    at++;
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.kind === 'string') return { kind: 'literal', value: unquote(token.text) };
    if (token.kind === 'variable') return { kind: 'variable', name: token.text };
    if (token.kind === 'name') {
      if (is('(')) return { kind: 'call', target: undefined, name: token.text, args: args(), safe: false };
      if (token.text === 'true') return { kind: 'literal', value: true };
      if (token.text === 'false') return { kind: 'literal', value: false };
      if (token.text === 'null') return { kind: 'literal', value: null };
      // A bare word is a name of an argument: dict(a => 1), or text.
      return { kind: 'literal', value: token.text };
    }
    if (token.text === '(') {
      const node = level(0);
      take(')');
      return node;
    }
    if (token.text === '[') {
      const items: Node[] = [];
      while (!is(']')) {
        items.push(level(0));
        if (!is(']')) take(',');
      }
      take(']');
      return { kind: 'list', items };
    }
    if (token.text === '{') {
      const entries: { key: Node; value: Node }[] = [];
      while (!is('}')) {
        const key = level(0);
        take('=>');
        entries.push({ key, value: level(0) });
        if (!is('}')) take(',');
      }
      take('}');
      return { kind: 'dict', entries };
    }
    throw fail(token);
  }

  const node = level(0);
  if (peek().kind !== 'end') throw fail(peek());
  return node;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (source.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match?.groups) throw valueError(`Bad expression ${source}: unexpected character at position ${at}.`);
    for (const kind of ['number', 'string', 'variable', 'name', 'operator'] as const) {
      const text = match.groups[kind];
      if (text !== undefined) tokens.push({ kind, text, at });
    }
    at = TOKEN.lastIndex;
  }
  return tokens;
}

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return inner;
  return inner.replaceAll(/\\(.)/g, (_, char: string) => ({ n: '\n', t: '\t', r: '\r' })[char] ?? char);
}

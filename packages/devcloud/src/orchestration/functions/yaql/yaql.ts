import { valueError } from '../../errors.ts';
import { isDict, same, text } from '../../values.ts';
import { compare, truthy } from './compare.ts';
import { LAZY, PLAIN_CALLS, type Lambda } from './library.ts';
import { parseYaql, type Argument, type Node } from './parse.ts';

type Variables = Readonly<Record<string, unknown>>;

/**
 * Evaluates a YAQL expression: the part of the language that templates use. What is beyond it is refused
 * by name, never answered wrongly.
 *
 * @param data what `$` is
 * @throws HeatError ValueError
 */
export function runYaql(expression: string, data: unknown): unknown {
  return evaluate(parseYaql(expression), { '': data });
}

function evaluate(node: Node, variables: Variables): unknown {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'variable':
      return variables[node.name] ?? (node.name === '1' ? variables[''] : null) ?? null;
    case 'list':
      return node.items.map((item) => evaluate(item, variables));
    case 'dict':
      return Object.fromEntries(
        node.entries.map(({ key, value }) => [text(evaluate(key, variables)), evaluate(value, variables)]),
      );
    case 'attribute':
      return attribute(evaluate(node.target, variables), node.name, node.safe);
    case 'index':
      return index(evaluate(node.target, variables), node.index, variables);
    case 'unary':
      return unary(node.operator, evaluate(node.operand, variables));
    case 'binary':
      return binary(node, variables);
    case 'call':
      return call(node, variables);
  }
}

function attribute(target: unknown, name: string, safe: boolean): unknown {
  if (target === null || target === undefined) {
    if (safe) return null;
    throw valueError(`Unknown function "#property#${name}" for receiver None`);
  }
  // An attribute of a list is the list of the attributes of its items.
  if (Array.isArray(target)) return target.map((item: unknown) => attribute(item, name, safe));
  if (isDict(target)) {
    if (Object.hasOwn(target, name)) return target[name];
    if (safe) return null;
    throw valueError(`'${name}'`);
  }
  throw valueError(`Unknown function "#property#${name}"`);
}

function index(target: unknown, by: Node, variables: Variables): unknown {
  if (Array.isArray(target)) {
    if (speaksOfItem(by)) {
      return target.filter((item: unknown) => truthy(evaluate(by, { ...variables, '': item })));
    }
    const at = Number(evaluate(by, variables));
    if (!Number.isInteger(at) || at >= target.length || at < -target.length) {
      throw valueError('list index out of range');
    }
    return target.at(at) as unknown;
  }
  if (isDict(target)) {
    const key = text(evaluate(by, variables));
    if (Object.hasOwn(target, key)) return target[key];
    throw valueError(`'${key}'`);
  }
  if (typeof target === 'string') return target.at(Number(evaluate(by, variables))) ?? '';
  throw valueError(`Unknown function "#indexer" for ${text(target)}`);
}

/** In `list[…]` an expression about `$` chooses items; any other is a position. */
function speaksOfItem(node: Node): boolean {
  switch (node.kind) {
    case 'variable':
      return node.name === '';
    case 'literal':
      return false;
    case 'list':
      return node.items.some(speaksOfItem);
    case 'dict':
      return node.entries.some(({ key, value }) => speaksOfItem(key) || speaksOfItem(value));
    case 'attribute':
      return speaksOfItem(node.target);
    case 'index':
      return speaksOfItem(node.target) || speaksOfItem(node.index);
    case 'unary':
      return speaksOfItem(node.operand);
    case 'binary':
      return speaksOfItem(node.left) || speaksOfItem(node.right);
    case 'call':
      return (
        (node.target ? speaksOfItem(node.target) : false) ||
        node.args.some(({ value }) => speaksOfItem(value))
      );
  }
}

function unary(operator: string, value: unknown): unknown {
  if (operator === 'not') return !truthy(value);
  if (typeof value !== 'number') throw valueError(`bad operand for ${operator}: ${text(value)}`);
  return operator === '-' ? -value : value;
}

function binary(node: Extract<Node, { kind: 'binary' }>, variables: Variables): unknown {
  const { operator } = node;
  const left = evaluate(node.left, variables);
  if (operator === 'and') return truthy(left) ? evaluate(node.right, variables) : left;
  if (operator === 'or') return truthy(left) ? left : evaluate(node.right, variables);
  if (operator === '->')
    return evaluate(node.right, { ...variables, ...(isContext(left) ? left.variables : { '': left }) });
  const right = evaluate(node.right, variables);
  switch (operator) {
    case '=':
      return same(left, right);
    case '!=':
      return !same(left, right);
    case 'in':
      return isIn(left, right);
    case '=~':
    case '!~': {
      const matches = new RegExp(text(right)).test(text(left));
      return operator === '=~' ? matches : !matches;
    }
    case '<':
      return compare(left, right) < 0;
    case '>':
      return compare(left, right) > 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>=':
      return compare(left, right) >= 0;
    case '+':
      return add(left, right);
    default:
      return arithmetic(operator, left, right);
  }
}

function isIn(left: unknown, right: unknown): boolean {
  if (typeof right === 'string') return typeof left === 'string' && right.includes(left);
  if (Array.isArray(right)) return right.some((item) => same(item, left));
  if (isDict(right)) return Object.hasOwn(right, text(left));
  throw valueError(`"in" needs a list, a map or text on its right, not ${text(right)}`);
}

function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return [...(left as unknown[]), ...(right as unknown[])];
  if (isDict(left) && isDict(right)) return { ...left, ...right };
  return arithmetic('+', left, right);
}

function arithmetic(operator: string, left: unknown, right: unknown): number | string {
  if (operator === '*' && typeof left === 'string' && typeof right === 'number') return left.repeat(right);
  if (typeof left !== 'number' || typeof right !== 'number') {
    throw valueError(`bad operands for ${operator}: ${text(left)} and ${text(right)}`);
  }
  const whole = Number.isInteger(left) && Number.isInteger(right);
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) throw valueError('division by zero');
      return whole ? Math.floor(left / right) : left / right;
    case 'mod':
      if (right === 0) throw valueError('modulo by zero');
      return ((left % right) + right) % right;
    default:
      throw valueError(`YAQL operator "${operator}" is not supported by this cloud`);
  }
}

/** What `let(…)` gives: names for the expression after `->`. */
class Context {
  readonly variables: Variables;

  constructor(variables: Variables) {
    this.variables = variables;
  }
}

function isContext(value: unknown): value is Context {
  return value instanceof Context;
}

function call(node: Extract<Node, { kind: 'call' }>, variables: Variables): unknown {
  if (node.name === 'let') {
    return new Context(
      Object.fromEntries(
        node.args.map(({ key, value }, position) => [
          key ? nameOf(key, variables) : String(position + 1),
          evaluate(value, variables),
        ]),
      ),
    );
  }
  if (node.name === 'switch') {
    const match = node.args.find(({ key }) => key && truthy(evaluate(key, variables)));
    return match ? evaluate(match.value, variables) : null;
  }
  if (node.name === 'dict' && !node.target && node.args.some(({ key }) => key)) {
    return Object.fromEntries(
      node.args.map(({ key, value }) => [key ? nameOf(key, variables) : '', evaluate(value, variables)]),
    );
  }
  if (node.name === 'coalesce') {
    for (const { value } of node.args) {
      const found = evaluate(value, variables);
      if (found !== null && found !== undefined) return found;
    }
    return null;
  }
  const named = node.args.find(({ key }) => key);
  if (named) throw valueError(`YAQL function "${node.name}": this cloud takes no arguments by name for it`);
  const target = node.target ? evaluate(node.target, variables) : undefined;
  if (node.target && node.safe && (target === null || target === undefined)) return null;
  return invoke(node.name, target, node.target !== undefined, node.args, variables);
}

function invoke(
  name: string,
  target: unknown,
  isMethod: boolean,
  args: readonly Argument[],
  variables: Variables,
): unknown {
  const lambda =
    (body: Node): Lambda =>
    (...values) =>
      evaluate(body, {
        ...variables,
        '': values[0],
        ...Object.fromEntries(values.map((v, i) => [String(i + 1), v])),
      });
  const lazy = LAZY[name];
  if (lazy && (isMethod || args.length > 0)) {
    // As a function, its first argument is what the method would be called on.
    const [first, ...others] = args;
    const receiver = isMethod || !first ? target : evaluate(first.value, variables);
    return lazy(
      receiver,
      (isMethod ? args : others).map(({ value }) => lambda(value)),
    );
  }
  const plain = PLAIN_CALLS[name];
  if (!plain) throw valueError(`YAQL function "${name}" is not supported by this cloud`);
  const values = args.map(({ value }) => evaluate(value, variables));
  return isMethod ? plain(target, ...values) : plain(...values);
}

function nameOf(key: Node, variables: Variables): string {
  return text(evaluate(key, variables));
}

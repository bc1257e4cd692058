import { badRequest, unsupportedMediaType } from '../../clusters/errors.ts';

/** How deep a request's JSON may go; nothing of the API needs more than four levels. */
const MAX_DEPTH = 32;

/**
 * Parses the body of a request.
 *
 * @returns undefined if there is none
 * @throws MagnumError 415 for another type than JSON, 400 for what can't be read
 */
export function parseBody(bytes: Uint8Array | undefined, contentType: string | undefined): unknown {
  if (bytes === undefined || bytes.length === 0) return undefined;
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type !== undefined && type !== 'application/json') {
    throw unsupportedMediaType(`Unknown mimetype: ${type}`);
  }
  if (type === undefined)
    throw badRequest('Unknown argument: the body needs the Content-Type application/json');
  const text = decode(bytes);
  const body = parse(text);
  checkStructure(text);
  return body;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw notJson('it is not UTF-8', error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(error instanceof Error ? error.message : String(error), error);
  }
}

/** An object or a list that isn't closed yet, and where in it we are. */
interface Open {
  /** The keys so far; undefined for a list. */
  readonly keys: Set<string> | undefined;
  key: string;
  index: number;
  /** A text that comes now is a key. */
  atKey: boolean;
}

/**
 * Refuses what JSON.parse takes and would change in silence: of two fields of the same name it keeps one, and it
 * rounds numbers that a float does not hold. Also what is nested too deep.
 *
 * @param text known to be JSON
 */
function checkStructure(text: string): void {
  const open: Open[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|-?\d[\d.eE+-]*/g)) {
    const inner = open.at(-1);
    if (token === '{' || token === '[') {
      const keys = token === '{' ? new Set<string>() : undefined;
      open.push({ keys, key: '', index: 0, atKey: keys !== undefined });
      if (open.length > MAX_DEPTH) throw notJson(`it is nested too deep, at ${pathTo(open)}`);
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ',' && inner) {
      inner.index += 1;
      inner.atKey = inner.keys !== undefined;
    } else if (token === ':' && inner) {
      inner.atKey = false;
    } else if (token.startsWith('"')) {
      if (inner?.keys && inner.atKey) addKey(inner, String(JSON.parse(token)), open);
    } else if (losesDigits(token)) {
      throw badRequest(
        `Invalid input for field/attribute ${pathTo(open)}. Value: '${token.slice(0, 200)}'. ` +
          'Value should be a number of at most 15 digits; a longer one can be given as text.',
      );
    }
  }
}

function addKey(inner: Open, key: string, open: readonly Open[]): void {
  inner.key = key;
  if (inner.keys?.has(key) === true) throw notJson(`the field ${pathTo(open)} is given twice`);
  inner.keys?.add(key);
}

function losesDigits(token: string): boolean {
  const value = Number(token);
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
}

/** `labels.a`, `2.path`; `body` for the outermost. */
function pathTo(open: readonly Open[]): string {
  const names = open.map(({ keys, key, index }) => (keys ? key : String(index)));
  const path = names.filter((name) => name !== '').join('.');
  return path === '' ? 'body' : path.slice(0, 200);
}

function notJson(why: string, cause?: unknown) {
  return badRequest(`Request is not in valid JSON format: ${why}`, cause);
}

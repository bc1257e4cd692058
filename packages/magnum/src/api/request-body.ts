import { badRequest, unsupportedMediaType } from '../clusters/errors.ts';

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
  const body = parse(bytes);
  if (depthExceeds(body, MAX_DEPTH))
    throw badRequest('Request is not in valid JSON format: it is nested too deep');
  return body;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw badRequest(`Request is not in valid JSON format: ${why}`, error);
  }
}

function depthExceeds(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => depthExceeds(inner, depth - 1));
}

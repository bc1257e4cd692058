import { KuryrError } from '../driver/errors.ts';

/**
 * The body of one of Docker's requests. As Go reads JSON, keys are found whatever their case, unknown ones don't
 * matter, and null is the same as absent.
 */
export class Message {
  readonly #fields = new Map<string, unknown>();
  readonly #path: string;

  constructor(value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new KuryrError('bad-request', `${path === '' ? 'the body' : path} must be a JSON object`);
    }
    for (const [key, field] of Object.entries(value)) this.#fields.set(key.toLowerCase(), field);
    this.#path = path;
  }

  /** Empty if absent. */
  text(key: string): string {
    const value = this.#fields.get(key.toLowerCase()) ?? '';
    if (typeof value !== 'string') throw this.#wrong(key, 'a string');
    return value;
  }

  /** A Docker id: of any length, but nothing that could mean something in a query or a tag. */
  id(key: string): string {
    const value = this.text(key);
    if (!/^[0-9A-Za-z_-]{1,128}$/.test(value)) throw this.#wrong(key, 'an id of Docker');
    return value;
  }

  flag(key: string): boolean {
    const value = this.#fields.get(key.toLowerCase()) ?? false;
    if (typeof value !== 'boolean') throw this.#wrong(key, 'true or false');
    return value;
  }

  /** An object whose keys are taken as they are: options. */
  map(key: string): Readonly<Record<string, unknown>> {
    const value = this.#fields.get(key.toLowerCase()) ?? {};
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.#wrong(key, 'an object');
    return value as Record<string, unknown>;
  }

  part(key: string): Message {
    return new Message(this.map(key), this.#at(key));
  }

  parts(key: string): Message[] {
    const value = this.#fields.get(key.toLowerCase()) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(key, 'a list');
    return value.map((item, index) => new Message(item, `${this.#at(key)}[${index}]`));
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  #wrong(key: string, expected: string): KuryrError {
    return new KuryrError('bad-request', `${this.#at(key)} must be ${expected}`);
  }
}

/**
 * Reads a body. Docker repeats a request whose answer it lost, but with nothing in it, so an empty body is refused by
 * every method that needs one. Source: moby, pkg/plugins/client.go.
 */
export function readMessage(body: string): Message {
  if (body.trim() === '') {
    throw new KuryrError(
      'bad-request',
      'the request has no body: Docker lost its first answer, so start the command again',
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new KuryrError('bad-request', 'the body is not JSON');
  }
  return new Message(value);
}

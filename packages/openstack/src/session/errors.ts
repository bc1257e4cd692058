/** Something a neighbour service did not do. `message` says in one line what was asked and what came back. */
export class OpenStackError extends Error {
  override readonly name: string = 'OpenStackError';
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** What the service itself said, or the transport's reason. */
  readonly reason: string;
  readonly method: string;
  readonly url: string;
  /** The service's own request id, for its logs. */
  readonly requestId: string | undefined;

  constructor(details: ErrorDetails, options?: ErrorOptions) {
    const outcome = details.status === 0 ? 'no answer' : String(details.status);
    super(`${details.method} ${details.url}: ${outcome}: ${details.reason}`, options);
    this.status = details.status;
    this.reason = details.reason;
    this.method = details.method;
    this.url = details.url;
    this.requestId = details.requestId;
  }

  /** The service did not do it now and may do it later: no answer, 429, 502, 503 or 504. */
  get transient(): boolean {
    return [0, 429, 502, 503, 504].includes(this.status);
  }
}

export interface ErrorDetails {
  readonly status: number;
  readonly reason: string;
  readonly method: string;
  readonly url: string;
  readonly requestId?: string | undefined;
}

/** The service was not reached, broke off, or was too slow. Whether it did what was asked is unknown. */
export class NoAnswer extends OpenStackError {
  override readonly name = 'NoAnswer';
}

/** The catalog has no endpoint of that kind. */
export class EndpointNotFound extends Error {
  override readonly name = 'EndpointNotFound';
}

export function isNotFound(error: unknown): error is OpenStackError {
  return error instanceof OpenStackError && error.status === 404;
}

export function isConflict(error: unknown): error is OpenStackError {
  return error instanceof OpenStackError && error.status === 409;
}

/** Gives undefined where the service says 404, and passes on every other failure. */
export async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The text in an OpenStack error body, whichever service wrote it. */
export function reasonIn(body: unknown, fallback: string): string {
  if (typeof body === 'string') return body.trim() === '' ? fallback : textOfHtml(body);
  if (typeof body !== 'object' || body === null) return fallback;
  const fields = body as Record<string, unknown>;
  const [first] = Array.isArray(fields['errors']) ? (fields['errors'] as unknown[]) : [];
  for (const candidate of [first, ...Object.values(fields), body]) {
    if (typeof candidate !== 'object' || candidate === null) continue;
    const inner = candidate as Record<string, unknown>;
    for (const key of ['detail', 'message', 'faultstring', 'Err']) {
      const text = inner[key];
      if (typeof text === 'string' && text !== '') return text;
    }
  }
  return typeof fields['NeutronError'] === 'string' ? fields['NeutronError'] : fallback;
}

function textOfHtml(body: string): string {
  return body
    .replaceAll(/<head>[\s\S]*?<\/head>|<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 500);
}

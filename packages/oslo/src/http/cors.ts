import { boolean, integer, list } from '../config/option.ts';

/** Group `[cors]`; names and defaults are oslo.middleware's, with the headers of a service in between. */
export function corsOptions(headers: {
  readonly allow: readonly string[];
  readonly expose: readonly string[];
}) {
  return {
    allowed_origin: list({ help: 'pages of these origins may use the API, * being all' }),
    allow_credentials: boolean({ default: true }),
    expose_headers: list({ default: headers.expose }),
    max_age: integer({ default: 3600, help: 'seconds for which a browser remembers' }),
    allow_methods: list({ default: ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] }),
    allow_headers: list({ default: headers.allow }),
  } as const;
}

export interface CorsSettings {
  readonly allowed_origin: readonly string[];
  readonly allow_credentials: boolean;
  readonly expose_headers: readonly string[];
  /** Seconds. */
  readonly max_age: number;
  readonly allow_methods: readonly string[];
  readonly allow_headers: readonly string[];
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers that browsers send without asking. */
const SIMPLE = [
  'accept',
  'accept-language',
  'content-type',
  'cache-control',
  'content-language',
  'expires',
  'last-modified',
  'pragma',
];

/**
 * The answer to a browser that asks whether it may send a request: its headers, to go with status 200.
 *
 * @returns undefined if the request asks no such thing or the origin is not allowed: then the service answers
 */
export function preflight(
  settings: CorsSettings,
  method: string,
  headers: Headers,
): Record<string, string> | undefined {
  const origin = allowedOrigin(settings, headers);
  const wanted = one(headers['access-control-request-method']);
  if (method !== 'OPTIONS' || origin === undefined || wanted === undefined) return undefined;
  const asked = (one(headers['access-control-request-headers']) ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const known = [...SIMPLE, ...settings.allow_headers.map((name) => name.toLowerCase())];
  // As the original answers: without the headers, and the browser refuses by itself.
  if (!settings.allow_methods.includes(wanted)) return {};
  if (asked.some((name) => !known.includes(name.toLowerCase()))) return {};
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    ...(settings.allow_credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(settings.max_age > 0 ? { 'access-control-max-age': String(settings.max_age) } : {}),
    'access-control-allow-methods': wanted,
    ...(asked.length > 0 ? { 'access-control-allow-headers': asked.join(',') } : {}),
  };
}

/** Headers to add to any other answer. @param vary what the answer's `Vary` says already */
export function corsHeaders(
  settings: CorsSettings,
  headers: Headers,
  vary: string | undefined,
): Record<string, string> {
  const origin = allowedOrigin(settings, headers);
  if (origin === undefined) return {};
  return {
    vary: vary === undefined ? 'Origin' : `${vary},Origin`,
    'access-control-allow-origin': origin,
    ...(settings.allow_credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(settings.expose_headers.length > 0
      ? { 'access-control-expose-headers': settings.expose_headers.join(',') }
      : {}),
  };
}

function allowedOrigin({ allowed_origin: allowed }: CorsSettings, headers: Headers): string | undefined {
  const origin = one(headers['origin']);
  if (origin === undefined) return undefined;
  if (allowed.includes(origin)) return origin;
  return allowed.includes('*') ? '*' : undefined;
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

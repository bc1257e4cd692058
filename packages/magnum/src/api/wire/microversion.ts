/** A version of the API. Majors other than 1 don't exist. */
export interface Microversion {
  readonly major: number;
  readonly minor: number;
}

export const MIN_VERSION: Microversion = { major: 1, minor: 1 };
export const MAX_VERSION: Microversion = { major: 1, minor: 14 };

/** Releases that know this version have no bays and baymodels any more. */
export const BAYS_GONE: Microversion = { major: 1, minor: 11 };
export const CREDENTIALS_SINCE: Microversion = { major: 1, minor: 12 };

/** The name of the service in version headers that clients of all ages understand. */
const SERVICE = 'container-infra';
const SERVICES = ['container-infra', 'container-infrastructure', 'container-infrastructure-management'];

const HELP = 'http://docs.openstack.org/api-guide/compute/microversions.html';

export type Negotiated =
  | { readonly version: Microversion }
  | { readonly refusal: object; readonly headers: Readonly<Record<string, string>> };

/**
 * Which version a request is to be answered in.
 *
 * @param header `OpenStack-API-Version`; without it the oldest version
 * @param max the newest that is offered
 */
export function negotiate(header: string | undefined, max: Microversion = MAX_VERSION): Negotiated {
  if (header === undefined || header.trim() === '') return { version: MIN_VERSION };
  const [service = '', value = '', ...rest] = header.trim().split(/\s+/);
  if (!SERVICES.includes(service)) return malformed('Invalid service type for OpenStack-API-Version header');
  if (value.toLowerCase() === 'latest' && rest.length === 0) return { version: max };
  const version = versionIn(value);
  if (!version || rest.length > 0) return malformed('Invalid value for OpenStack-API-Version header');
  const asked = `Version ${written(version)} was requested but the minor version is not supported by this service.`;
  if (version.major !== MIN_VERSION.major) {
    const exclusive = `Mutually exclusive versions requested. Version ${written(version)} requested but not supported by this service.`;
    return unsupported(exclusive, max);
  }
  return atLeast(version, MIN_VERSION) && atLeast(max, version) ? { version } : unsupported(asked, max);
}

export function atLeast(version: Microversion, other: Microversion): boolean {
  return version.major > other.major || (version.major === other.major && version.minor >= other.minor);
}

/** `1.14` */
export function written(version: Microversion): string {
  return `${version.major}.${version.minor}`;
}

/** The version that a text names: `1.10`. */
export function versionIn(text: string): Microversion | undefined {
  const found = /^(\d{1,9})\.(\d{1,9})$/.exec(text);
  return found ? { major: Number(found[1]), minor: Number(found[2]) } : undefined;
}

/** Headers of every answer below `/v1`. */
export function versionHeaders(
  version: Microversion | undefined,
  max: Microversion = MAX_VERSION,
): Record<string, string> {
  return {
    'openstack-api-minimum-version': `${SERVICE} ${written(MIN_VERSION)}`,
    'openstack-api-maximum-version': `${SERVICE} ${written(max)}`,
    ...(version === undefined ? {} : { 'openstack-api-version': `${SERVICE} ${written(version)}` }),
    vary: 'OpenStack-API-Version',
  };
}

/** The route exists, but not in the version asked for. */
export function notInVersion(version: Microversion, method: string): string {
  return `Version ${written(version)} was requested but the requested API ${method} is not supported for this version.`;
}

function malformed(detail: string): Negotiated {
  const error = { request_id: '', code: '', status: 406, title: 'Not Acceptable', detail, links: [] };
  return { refusal: { errors: [error] }, headers: {} };
}

function unsupported(what: string, max: Microversion): Negotiated {
  const range = `[${SERVICE} ${written(MIN_VERSION)}, ${SERVICE} ${written(max)}]`;
  const error = {
    request_id: '',
    code: 'magnum.microversion-unsupported',
    title: 'Requested microversion is unsupported',
    description: `${what} The supported version range is: ${range}.`,
    max_version: written(max),
    min_version: written(MIN_VERSION),
    links: [{ rel: 'help', href: HELP }],
  };
  return { refusal: { errors: [error] }, headers: versionHeaders(undefined, max) };
}

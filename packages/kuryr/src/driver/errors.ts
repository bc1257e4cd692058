import { EndpointNotFound, OpenStackError } from '@gantry/openstack';

/** Why a request of Docker's was not carried out. */
export type Fault =
  /** The request itself is wrong, and would be again. */
  | 'bad-request'
  /** It names something that is not there. */
  | 'not-found'
  /** It wants what somebody else has. */
  | 'conflict'
  /** A neighbour did not answer, or not in time; the same request may succeed later. */
  | 'unavailable'
  /** Something on this host failed. */
  | 'host';

const STATUS: Readonly<Record<Fault, number>> = {
  'bad-request': 400,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
  host: 500,
};

/** A failure whose message is for whoever typed the docker command: one line, with what to do. */
export class KuryrError extends Error {
  override readonly name = 'KuryrError';
  readonly fault: Fault;

  constructor(fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** What Docker is answered: a status from 400 on, and the text of its `Err`. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** Turns whatever was thrown into an answer. What it does not know, it does not tell: that is for the log. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof KuryrError) return { status: STATUS[error.fault], text: error.message };
  if (error instanceof OpenStackError) return refusalOfOpenStack(error);
  if (error instanceof EndpointNotFound) {
    const text = `${error.message}: check [neutron] region_name and endpoint_type in kuryr.conf`;
    return { status: 503, text };
  }
  if (isAbort(error)) {
    return { status: 503, text: 'Neutron did not answer in time; try again when it is less busy' };
  }
  if (isDiskFull(error))
    return { status: 500, text: 'the disk with the state of Kuryr is full: free some space' };
  return { status: 500, text: 'Kuryr failed at something unforeseen; its log says at what' };
}

function refusalOfOpenStack(error: OpenStackError): Refusal {
  const who = error.url.includes('/auth/tokens') ? 'Keystone' : 'Neutron';
  const id = error.requestId === undefined ? '' : ` (${error.requestId})`;
  switch (error.status) {
    case 0:
      return { status: 503, text: `${who} can't be reached at ${origin(error.url)}: ${error.reason}` };
    case 401:
      return {
        status: 500,
        text: `${who} refuses Kuryr's credentials: check user, password and project in [neutron] of kuryr.conf`,
      };
    case 403:
      return {
        status: 403,
        text: `Neutron does not allow it: ${error.reason}${id}; Kuryr's user needs the role admin or service`,
      };
    default:
      return {
        status: error.status >= 500 ? 503 : error.status,
        text: `${who}: ${error.reason}${id}${error.transient ? '; try again' : ''}`,
      };
  }
}

/** Neutron did not do it now, but may do it later; or it is not known whether it did. */
export function isTransient(error: unknown): boolean {
  if (error instanceof OpenStackError) return error.transient;
  return isAbort(error);
}

/** The request's deadline passed. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

/** SQLite's SQLITE_FULL, or ENOSPC of the file system. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('errcode' in error && error.errcode === 13) || ('code' in error && error.code === 'ENOSPC');
}

/** One line for a log or a message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function origin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

/**
 * Everything Magnum refuses, in one list: a status, a text for the user, and where it helps a cause for the log.
 * The statuses are those of the original's exceptions, which clients rely on; the texts say what to do.
 */
export class MagnumError extends Error {
  override readonly name = 'MagnumError';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

const refuse =
  (status: number) =>
  (message: string, cause?: unknown): MagnumError =>
    new MagnumError(status, message, cause === undefined ? undefined : { cause });

export const badRequest = refuse(400);
export const forbidden = refuse(403);
export const notFound = refuse(404);
export const methodNotAllowed = refuse(405);
export const conflict = refuse(409);
export const unsupportedMediaType = refuse(415);
export const unavailable = refuse(503);

/** A field of a request holds what it can't. The first half of the message is what clients of the original know. */
export function invalidField(field: string, value: unknown, why: string): MagnumError {
  return badRequest(`Invalid input for field/attribute ${field}. Value: '${shown(value)}'. ${why}`);
}

export function clusterNotFound(ident: string): MagnumError {
  return notFound(`Cluster ${ident} could not be found.`);
}

export function templateNotFound(ident: string): MagnumError {
  return notFound(`ClusterTemplate ${ident} could not be found.`);
}

export function ambiguousCluster(): MagnumError {
  return conflict('Multiple clusters exist with same name. Please use the cluster uuid instead.');
}

export function ambiguousTemplate(): MagnumError {
  return conflict(
    'Multiple ClusterTemplates exist with same name. Please use the ClusterTemplate uuid instead.',
  );
}

export function templateReferenced(uuid: string): MagnumError {
  return badRequest(`ClusterTemplate ${uuid} is referenced by one or multiple clusters.`);
}

export function policyDenied(rule: string): MagnumError {
  return forbidden(`Policy doesn't allow ${rule} to be performed.`);
}

export function quotaExceeded(limit: number): MagnumError {
  return forbidden(
    `Resource limit exceeded: You have reached the maximum clusters per project, ${limit}. ` +
      'You may delete a cluster to make room for a new one.',
  );
}

export function clusterTypeNotSupported(serverType: string, os: string, coe: string): MagnumError {
  return badRequest(`Cluster type (${serverType}, ${os}, ${coe}) not supported.`);
}

export function driverNotSupported(name: string): MagnumError {
  return badRequest(`Cluster driver (${name}) not supported.`);
}

/** A value as it is repeated in a message: not longer than a line. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'None';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'None');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

import { statusTitle } from '../http/status-title.ts';

/** What the identity API answers instead of a result, in Keystone's words where clients look at them. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
  readonly code: number;
  /** What goes into the body beside code, message and title. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(code: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }
}

/** The body of an error answer. */
export function errorBody(error: IdentityError): unknown {
  const title = statusTitle(error.code);
  return { error: { code: error.code, message: error.message, title, ...error.more } };
}

export function badRequest(message: string): IdentityError {
  return new IdentityError(400, message);
}

/** Something that must be in the request is not there. */
export function missing(attribute: string, target: string): IdentityError {
  return badRequest(
    `Expecting to find ${attribute} in ${target}. The server could not comply with the request since it is ` +
      'either malformed or otherwise incorrect. The client is assumed to be in error.',
  );
}

/** A field of the body is not what it may be. `path` is as `name` or `roles/0/id`. */
export function invalidField(path: string, reason: string): IdentityError {
  return badRequest(`Invalid input for field '${path}': ${reason}`);
}

/** No token or none that holds, a wrong password, an unknown user: told apart in the log only. */
export function unauthorized(message = 'The request you have made requires authentication.'): IdentityError {
  return new IdentityError(401, message);
}

export function forbidden(
  message = 'You are not authorized to perform the requested action.',
): IdentityError {
  return new IdentityError(403, message);
}

/** `action` is the policy's name, as `identity:create_user`, or a sentence that says what is not allowed. */
export function forbiddenAction(action: string): IdentityError {
  return forbidden(`You are not authorized to perform the requested action: ${action}.`);
}

export function notFound(what: string, id: string): IdentityError {
  return new IdentityError(404, `Could not find ${what}: ${id}.`);
}

export function conflict(type: string, details: string): IdentityError {
  return new IdentityError(409, `Conflict occurred attempting to store ${type} - ${details}.`);
}

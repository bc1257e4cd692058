/**
 * What Heat's API says went wrong: its class name (clients read it in `error.type`), the text for the
 * user, and the HTTP status that Heat's fault middleware gives this class.
 */
export class HeatError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(type: string, status: number, message: string) {
    super(message);
    this.name = type;
    this.status = status;
  }
}

/** A fault with the place in the template where it lies: `Property error: resources.a.properties.b: …`. */
export class ValidationFailed extends HeatError {
  readonly error: string;
  readonly path: readonly (string | number)[];
  /** The text without error and path. */
  readonly reason: string;

  constructor(reason: string, path: readonly (string | number)[] = [], error = '') {
    super('StackValidationFailed', 400, placed(error, path, reason));
    this.error = error;
    this.path = path;
    this.reason = reason;
  }

  /** The same fault, seen from further outside. */
  under(...prefix: (string | number)[]): ValidationFailed {
    return new ValidationFailed(this.reason, [...prefix, ...this.path], this.error);
  }
}

export function placed(error: string, path: readonly (string | number)[], reason: string): string {
  const place = path.reduce<string>(
    (text, step) =>
      /^\d+$/.test(String(step)) ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${step}`,
    '',
  );
  return [error, place, reason].filter((part) => part !== '').join(': ');
}

export const badRequest = (message: string): HeatError => new HeatError('HTTPBadRequest', 400, message);
export const valueError = (message: string): HeatError => new HeatError('ValueError', 400, message);
export const forbidden = (action: string): HeatError =>
  new HeatError('Forbidden', 403, `You are not authorized to use ${action}.`);
export const notFound = (entity: string, name: string): HeatError =>
  new HeatError('EntityNotFound', 404, `The ${entity} (${name}) could not be found.`);
export const resourceNotFound = (resource: string, stack: string): HeatError =>
  new HeatError('ResourceNotFound', 404, `The Resource (${resource}) could not be found in Stack ${stack}.`);
export const resourceNotAvailable = (resource: string): HeatError =>
  new HeatError('ResourceNotAvailable', 404, `The Resource (${resource}) is not available.`);
export const stackExists = (name: string): HeatError =>
  new HeatError('StackExists', 409, `The Stack (${name}) already exists.`);
export const actionInProgress = (name: string, action: string): HeatError =>
  new HeatError('ActionInProgress', 409, `Stack ${name} already has an action (${action}) in progress.`);
export const notSupported = (feature: string): HeatError =>
  new HeatError('NotSupported', 400, `${feature} is not supported.`);
export const invalidVersion = (explanation: string): HeatError =>
  new HeatError('InvalidTemplateVersion', 400, `The template version is invalid: ${explanation}`);
export const invalidSection = (section: string): HeatError =>
  new HeatError('InvalidTemplateSection', 400, `The template section is invalid: ${section}`);
export const invalidReference = (resource: unknown, key: string): HeatError =>
  new HeatError(
    'InvalidTemplateReference',
    400,
    `The specified reference "${String(resource)}" (in ${key}) is incorrect.`,
  );
export const invalidAttribute = (resource: string, attribute: string): HeatError =>
  new HeatError(
    'InvalidTemplateAttribute',
    400,
    `The Referenced Attribute (${resource} ${attribute}) is incorrect.`,
  );
export const parameterMissing = (name: string): HeatError =>
  new HeatError('UserParameterMissing', 400, `The Parameter (${name}) was not provided.`);
export const unknownParameter = (name: string): HeatError =>
  new HeatError('UnknownUserParameter', 400, `The Parameter (${name}) was not defined in template.`);
export const invalidSchema = (message: string): HeatError =>
  new HeatError('InvalidSchemaError', 400, message);

/** What any thrown thing says to a user. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

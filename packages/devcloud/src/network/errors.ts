/**
 * An answer Neutron refuses with: an HTTP status, the exception's type as clients match on it, and its
 * text. The body is `{"NeutronError": {"type", "message", "detail"}}`. The list below is closed: handlers
 * throw these and never build a body.
 */
export class NeutronError extends Error {
  override readonly name = 'NeutronError';
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

const error = (status: number, type: string, message: string): NeutronError =>
  new NeutronError(status, type, message);

/** The generic 400 of the API layer: malformed bodies, unknown attributes, values of the wrong kind. */
export const httpBadRequest = (message: string): NeutronError => error(400, 'HTTPBadRequest', message);
export const badRequest = (resource: string, message: string): NeutronError =>
  error(400, 'BadRequest', `Bad ${resource} request: ${message}.`);
export const invalidInput = (message: string): NeutronError =>
  error(400, 'InvalidInput', `Invalid input for operation: ${message}.`);
/** Subclasses of InvalidInput whose own text replaces the prefix. */
export const invalid = (type: string, message: string): NeutronError => error(400, type, message);
/** What a caller may not even know to exist. */
export const httpNotFound = (): NeutronError =>
  error(404, 'HTTPNotFound', 'The resource could not be found.');
export const forbidden = (rule: string): NeutronError =>
  error(403, 'PolicyNotAuthorized', `${rule} is disallowed by policy`);
export const adminRequired = (reason: string): NeutronError =>
  error(403, 'AdminRequired', `User does not have admin privileges: ${reason}.`);
export const conflict = (type: string, message: string): NeutronError => error(409, type, message);
export const revisionMismatch = (expected: number, current: number): NeutronError =>
  error(
    412,
    'RevisionNumberConstraintFailed',
    `Constrained to ${expected}, but current revision is ${current}`,
  );

export const networkNotFound = (id: string): NeutronError =>
  error(404, 'NetworkNotFound', `Network ${id} could not be found.`);
export const subnetNotFound = (id: string): NeutronError =>
  error(404, 'SubnetNotFound', `Subnet ${id} could not be found.`);
export const subnetPoolNotFound = (id: string): NeutronError =>
  error(404, 'SubnetPoolNotFound', `Subnet pool ${id} could not be found.`);
export const portNotFound = (id: string): NeutronError =>
  error(404, 'PortNotFound', `Port ${id} could not be found.`);
export const routerNotFound = (id: string): NeutronError =>
  error(404, 'RouterNotFound', `Router ${id} could not be found`);
export const floatingIpNotFound = (id: string): NeutronError =>
  error(404, 'FloatingIPNotFound', `Floating IP ${id} could not be found`);
export const securityGroupNotFound = (id: string): NeutronError =>
  error(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`);
export const securityGroupRuleNotFound = (id: string): NeutronError =>
  error(404, 'SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`);
export const agentNotFound = (id: string): NeutronError =>
  error(404, 'AgentNotFound', `Agent ${id} could not be found.`);
export const availabilityZoneNotFound = (zone: string): NeutronError =>
  error(404, 'AvailabilityZoneNotFound', `AvailabilityZone ${zone} could not be found.`);
export const tagNotFound = (tag: string): NeutronError =>
  error(404, 'TagNotFound', `Tag ${tag} could not be found.`);

export const networkInUse = (id: string): NeutronError =>
  conflict(
    'NetworkInUse',
    `Unable to complete operation on network ${id}. There are one or more ports still in use on the network.`,
  );
export const subnetInUse = (id: string, reason: string): NeutronError =>
  conflict('SubnetInUse', `Unable to complete operation on subnet ${id}: ${reason}.`);
export const macAddressInUse = (networkId: string, mac: string): NeutronError =>
  conflict(
    'MacAddressInUse',
    `Unable to complete operation for network ${networkId}. The mac address ${mac} is in use.`,
  );
export const ipAlreadyAllocated = (ip: string, subnetId: string): NeutronError =>
  conflict('IpAddressAlreadyAllocated', `IP address ${ip} already allocated in subnet ${subnetId}`);
export const noMoreAddresses = (networkId: string): NeutronError =>
  conflict('IpAddressGenerationFailure', `No more IP addresses available on network ${networkId}.`);
export const overQuota = (resources: readonly string[]): NeutronError =>
  conflict('OverQuota', `Quota exceeded for resources: ${pythonList(resources)}.`);

/** A list as Python prints it, since Neutron's messages do: `['a', 'b']`. */
export function pythonList(items: readonly string[]): string {
  return `[${items.map((item) => `'${item}'`).join(', ')}]`;
}

/** A JSON value as Python's `%s` prints it. */
export function pythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  return pythonRepr(value);
}

function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, item]) => `'${key}': ${pythonRepr(item)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

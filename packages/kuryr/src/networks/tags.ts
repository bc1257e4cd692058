/**
 * Names and tags on Neutron's objects: those of kuryr-libnetwork, to the letter, so that networks made by one are
 * served by the other. Docker's ids are cut in two because Neutron's tags were once limited to 60 characters.
 */
export const EXISTING_PORT = 'kuryr.port.existing';
export const EXISTING_POOL = 'kuryr.subnetpool.existing';
export const DEVICE_OWNER = 'compute:kuryr';
export const UNBOUND_PORT = 'kuryr-unbound-port';
export const SUBNET_PREFIX = 'kuryr-subnet-';

const LOWER = 'kuryr.net.uuid.lh:';
const UPPER = 'kuryr.net.uuid.uh:';

export function networkName(networkId: string): string {
  return `kuryr-net-${networkId.slice(0, 8)}`;
}

export function subnetName(cidr: string): string {
  return SUBNET_PREFIX + cidr;
}

export function poolName(prefix: string, cidr: string): string {
  return `${prefix}-${cidr}`;
}

/** Tags of a network or, oddly but compatibly, of a port, by Docker's network or endpoint id. */
export function idTags(dockerId: string): string[] {
  const upper = dockerId.slice(32, 64);
  return [LOWER + dockerId.slice(0, 32), ...(upper === '' ? [] : [UPPER + upper])];
}

export function existingNetworkTag(networkId: string): string {
  return `kuryr.net.existing:${networkId.slice(0, 12)}`;
}

/** Docker's id in the tags; undefined if there is none, or more than one, whose halves can't be matched then. */
export function idInTags(tags: readonly string[]): string | undefined {
  const lower = tags.filter((tag) => tag.startsWith(LOWER));
  const upper = tags.filter((tag) => tag.startsWith(UPPER));
  if (lower.length !== 1 || upper.length > 1) return undefined;
  return `${lower[0]?.slice(LOWER.length) ?? ''}${upper[0]?.slice(UPPER.length) ?? ''}`;
}

/** Some Docker network or endpoint stands in the tags. */
export function hasIdTag(tags: readonly string[]): boolean {
  return tags.some((tag) => tag.startsWith(LOWER));
}

export function isIdTag(tag: string): boolean {
  return tag.startsWith(LOWER) || tag.startsWith(UPPER);
}

/**
 * What stands in the description of networks and subnets made for a Docker network: the one thing that Neutron takes
 * along with their creation, so that they are found again when the answer to it was lost.
 */
export function descriptionFor(networkId: string): string {
  return `Docker network ${networkId}`;
}

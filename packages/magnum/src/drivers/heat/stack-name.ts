import { createHash } from 'node:crypto';

/**
 * Name of a cluster's stack, in the original's form: what Heat allows of the first 30 characters of the
 * cluster's name, and twelve more. The original draws these at random; here they follow from the UUID, so
 * that a stack whose creation nobody lived to write down can be found again.
 */
export function stackName(cluster: { readonly name: string; readonly uuid: string }): string {
  return `${allowed(cluster.name.slice(0, 30))}-${shortId(cluster.uuid)}`.toLowerCase();
}

/** Name of the stack of a node group that was added: of both names a part, and the group's own twelve letters. */
export function groupStackName(
  cluster: { readonly name: string },
  group: { readonly name: string; readonly uuid: string },
): string {
  const names = allowed(`${cluster.name.slice(0, 20)}-${group.name.slice(0, 9)}`);
  return `${names}-${shortId(group.uuid)}`.toLowerCase();
}

function allowed(name: string): string {
  return name.replaceAll(/[_.]/g, '-').replaceAll(/[^A-Za-z0-9-]/g, '');
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

function shortId(uuid: string): string {
  const bytes = createHash('sha256').update(uuid).digest();
  return [...bytes.subarray(0, 12)].map((byte) => LETTERS[byte % 32]).join('');
}

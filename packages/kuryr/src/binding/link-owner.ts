import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { hostLinks, type Links } from './links.ts';

/** What stands on links that a Kuryr has made: the same as long as it keeps its journal in the same folder. */
export function linkOwner(stateDir: string): string {
  return `kuryr-${createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 12)}`;
}

/**
 * Removes all links of a Kuryr that doesn't run, those of running containers too.
 *
 * @returns how many pairs there were
 */
export async function removeLinks(stateDir: string, links: Links = hostLinks()): Promise<number> {
  const names = await links.owned(linkOwner(stateDir));
  for (const name of names) await links.remove(name);
  return names.length;
}

import type { Store } from '../../cloud/store.ts';
import { openAgentState } from './agent-state.ts';
import { cloudsWithRules, replaceRules } from './host-uplink.ts';
import { linuxLinks, type Links } from './links.ts';
import { aliasOf } from './names.ts';
import { RouterNamespaces } from './router-namespaces.ts';

export interface Removed {
  readonly links: readonly string[];
  readonly routers: readonly string[];
  /** How many rules of the host's packet filter. */
  readonly rules: number;
}

/**
 * Takes everything from this machine that a cloud's data plane has made: bridges, routers, host addresses
 * and rules. What is not there any more is passed over, so it can be run again. The cloud must not run.
 *
 * @param target the cloud's state, or, where that is lost, its id as the alias of its interfaces says it
 * @throws LinkError if something can't be removed
 */
export async function removeDataPlane(
  target: { readonly store: Store } | { readonly cloudId: string },
  links: Links = linuxLinks(),
): Promise<Removed> {
  const state = 'store' in target ? openAgentState(target) : { ...target, forwardedBefore: undefined };
  const { cloudId } = state;
  const routers = new RouterNamespaces(links, cloudId);
  const ours = await routers.ours();
  for (const id of ours) await routers.remove(id);
  const names = links.names().filter((name) => links.find(name)?.alias === aliasOf(cloudId));
  const failures = await links.attempt(names.map((name) => `link del dev ${name}`));
  // A veth goes with its router's namespace, perhaps between looking and removing.
  const failure = failures.find((error) => !/Cannot find device/.test(error.message));
  if (failure) throw failure;
  const rules = await replaceRules(links, cloudId, []);
  // Somebody else may have come to rely on forwarding: it is switched off only if no bridge is left at all.
  const isAlone = !links.names().some((name) => links.isBridge(name));
  if (state.forwardedBefore === false && isAlone) await links.sysctl(['net/ipv4/ip_forward=0']);
  return { links: names, routers: ours, rules };
}

/** Ids of the clouds, running or not, that have interfaces or packet filter rules on this machine. */
export async function cloudsOnThisMachine(links: Links = linuxLinks()): Promise<string[]> {
  const prefix = aliasOf('');
  const found = links.names().flatMap((name) => {
    const alias = links.find(name)?.alias;
    return alias?.startsWith(prefix) ? [alias.slice(prefix.length)] : [];
  });
  // Without iptables there are no rules of ours.
  const ruled = await cloudsWithRules(links).catch(() => []);
  return [...new Set([...found, ...ruled])];
}

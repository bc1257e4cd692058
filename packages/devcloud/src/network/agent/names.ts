import { createHash } from 'node:crypto';
import { NAME_PART } from '../model/tables.ts';

/** Names as Neutron's linuxbridge and L3 agents give them: other tools and people know them. */
export const bridgeName = (networkId: string): string => `brq${networkId.slice(0, NAME_PART)}`;
export const tapName = (portId: string): string => `tap${portId.slice(0, NAME_PART)}`;
export const interfaceLeg = (portId: string): string => `qr-${portId.slice(0, NAME_PART)}`;
export const gatewayLeg = (portId: string): string => `qg-${portId.slice(0, NAME_PART)}`;
export const routerNamespace = (routerId: string): string => `qrouter-${routerId}`;

/** The part of a port's id in the name of its interface; undefined if it is none of ours. */
export function tapPart(name: string): string | undefined {
  return name.startsWith('tap') && name.length === 3 + NAME_PART ? name.slice(3) : undefined;
}

/** What everything that a cloud makes is marked with, so that it can be found without the cloud's state. */
export const aliasOf = (cloudId: string): string => `gantry:${cloudId}`;

/**
 * The interface groups of a cloud's bridges: rules of the host's packet filter go by group, so that they
 * need not change with every network. The lowest bit is set for networks that the host has no address on.
 */
export function interfaceGroups(cloudId: string): { readonly external: number; readonly internal: number } {
  const hash = createHash('sha256').update(cloudId).digest().readUInt32BE(0);
  const base = ((hash >>> 2) | 0x0100_0000) & 0x3fff_fffe;
  return { external: base, internal: base + 1 };
}

/** A locally administered MAC for a bridge, always the same: without one it changes with the bridge's members. */
export function bridgeMac(networkId: string): string {
  const hash = createHash('sha256').update(networkId).digest('hex');
  return `02:${hash.slice(0, 10).replace(/(..)(?=.)/g, '$1:')}`;
}

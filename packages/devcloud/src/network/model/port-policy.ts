import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { PortGiven } from '../api/resources.ts';
import { forbidden, httpNotFound } from '../errors.ts';
import type { NetworkRow, PortRow } from './rows.ts';

/** Neutron's own ports are not filtered. */
export function isTrusted(deviceOwner: string): boolean {
  return deviceOwner.startsWith('network:');
}

/** On a network of somebody else a caller may put a port, but not choose who it seems to be. */
export function checkCreatePolicy(caller: Caller, network: NetworkRow, given: PortGiven): void {
  if (privileged(caller) || network.project_id === caller.projectId) return;
  if (!network.shared) throw httpNotFound();
  const kept = ownersOnly(given);
  if (given.fixed_ips?.some((ip) => ip.ip_address !== undefined)) kept.push('fixed_ips:ip_address');
  if (kept.length > 0) throw forbidden(ruleText('create_port', kept));
}

export function checkUpdatePolicy(
  caller: Caller,
  network: NetworkRow,
  port: PortRow,
  given: PortGiven,
): void {
  if (privileged(caller)) return;
  if (port.project_id !== caller.projectId) throw forbidden('rule:update_port');
  const kept = network.project_id === caller.projectId ? [] : ownersOnly(given);
  if (network.project_id !== caller.projectId && given.fixed_ips) kept.push('fixed_ips');
  const newMac = given.mac_address !== undefined && !caller.roles.includes('manager');
  if (newMac && !kept.includes('mac_address')) kept.push('mac_address');
  if (kept.length > 0) throw forbidden(ruleText('update_port', kept));
}

function ownersOnly(given: PortGiven): string[] {
  const kept: string[] = [];
  if (given.device_owner !== undefined && isTrusted(given.device_owner)) kept.push('device_owner');
  if (given.mac_address !== undefined) kept.push('mac_address');
  if (given.port_security_enabled !== undefined) kept.push('port_security_enabled');
  if (given.allowed_address_pairs && given.allowed_address_pairs.length > 0)
    kept.push('allowed_address_pairs');
  return kept;
}

function ruleText(action: string, attributes: readonly string[]): string {
  return attributes.reduce((sofar, name) => `(${sofar} and rule:${action}:${name})`, `rule:${action}`);
}

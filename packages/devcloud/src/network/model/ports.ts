import { randomInt } from 'node:crypto';
import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import type { WantedPair } from '../api/parse.ts';
import type { PortGiven } from '../api/resources.ts';
import { badRequest, conflict, invalid, macAddressInUse, NeutronError, portNotFound } from '../errors.ts';
import { parseIp } from './addresses.ts';
import { defined, newRow, revise, type Context } from './context.ts';
import { assignAddresses, reassignAddresses } from './ipam.ts';
import { networkFor } from './network-access.ts';
import { checkQuota } from './quotas.ts';
import {
  DEVICE_OWNER,
  type AddressPair,
  type FixedIp,
  type FloatingIpRow,
  type NetworkRow,
  type PortRow,
} from './rows.ts';
import { checkCreatePolicy, checkUpdatePolicy, isTrusted } from './port-policy.ts';
import { checkGroups, ensureDefaultGroup } from './security-groups.ts';

/** A port is seen by its project and by the owner of its network. */
export function portVisible(context: Context, caller: Caller, port: PortRow): boolean {
  if (privileged(caller) || (port.project_id !== '' && port.project_id === caller.projectId)) return true;
  return context.tables.networks.get(port.network_id)?.project_id === caller.projectId;
}

export function portFor(context: Context, caller: Caller, id: string): PortRow {
  const port = context.tables.ports.get(id);
  if (!port || !portVisible(context, caller, port)) throw portNotFound(id);
  return port;
}

export function createPort(context: Context, caller: Caller, projectId: string, given: PortGiven): PortRow {
  const network = networkFor(context, caller, given.network_id ?? '');
  checkCreatePolicy(caller, network, given);
  checkQuota(context, projectId, 'port');
  return addPort(context, caller, network, projectId, given);
}

/** Makes a port without asking for policy and quota: for routers and floating IPs. */
export function addPort(
  context: Context,
  caller: Caller,
  network: NetworkRow,
  projectId: string,
  given: PortGiven,
): PortRow {
  const { tables } = context;
  const deviceOwner = given.device_owner ?? '';
  const mac = given.mac_address ?? freeMac(context, network.id);
  if (given.mac_address) checkMacFree(context, network.id, mac);
  const secured = given.port_security_enabled ?? (network.port_security_enabled && !isTrusted(deviceOwner));
  const fixedIps = assignAddresses(context, network, { mac, deviceOwner }, given.fixed_ips);
  const pairs = pairsOf(given.allowed_address_pairs ?? [], mac);
  checkSecurity(secured, given.security_groups ?? [], pairs);
  if (given.security_groups) checkGroups(context, caller, projectId, given.security_groups);
  const hostId = given['binding:host_id'] ?? '';
  const port: PortRow = {
    ...newRow(context, projectId, given),
    name: given.name ?? '',
    network_id: network.id,
    mac_address: mac,
    admin_state_up: given.admin_state_up ?? true,
    status: 'DOWN',
    device_id: given.device_id ?? '',
    device_owner: deviceOwner,
    fixed_ips: fixedIps,
    allowed_address_pairs: pairs,
    security_groups: given.security_groups ?? defaultGroups(context, projectId, secured, deviceOwner),
    port_security_enabled: secured,
    'binding:vnic_type': given['binding:vnic_type'] ?? 'normal',
    'binding:host_id': hostId,
    'binding:profile': given['binding:profile'] ?? {},
    ...binding(context, hostId, given['binding:vnic_type'] ?? 'normal'),
    revision_number: 1,
  };
  context.changed({ kind: 'port', id: port.id });
  return tables.ports.put({ ...port, status: firstStatus(context, port) });
}

/** Where nobody watches interfaces, a port that is bound is as good as plugged in. */
function firstStatus(context: Context, port: PortRow): PortRow['status'] {
  if (port.device_owner === DEVICE_OWNER.floatingIp) return 'N/A';
  const isUp = port.admin_state_up && port['binding:vif_type'] === 'bridge';
  return context.settings.dataPlane === 'simulated' && isUp ? 'ACTIVE' : 'DOWN';
}

export function updatePort(context: Context, caller: Caller, port: PortRow, given: PortGiven): PortRow {
  const { tables } = context;
  const network = tables.networks.get(port.network_id);
  if (!network) throw new Error(`port ${port.id} is on network ${port.network_id}, which is not there`);
  checkUpdatePolicy(caller, network, port, given);
  const mac = given.mac_address ?? port.mac_address;
  if (mac !== port.mac_address) checkMacChange(context, port, mac);
  const fixedIps = changedAddresses(context, network, port, given, mac);
  const pairs = given.allowed_address_pairs
    ? pairsOf(given.allowed_address_pairs, mac)
    : port.allowed_address_pairs;
  const secured = given.port_security_enabled ?? port.port_security_enabled;
  const groups = given.security_groups === undefined ? port.security_groups : (given.security_groups ?? []);
  if (
    !secured &&
    given.port_security_enabled === false &&
    given.security_groups === undefined &&
    groups.length > 0
  ) {
    throw conflict(
      'PortSecurityPortHasSecurityGroup',
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
    );
  }
  checkSecurity(secured, groups, pairs);
  if (given.security_groups) checkGroups(context, caller, port.project_id, given.security_groups);
  const hostId =
    given['binding:host_id'] === undefined ? port['binding:host_id'] : (given['binding:host_id'] ?? '');
  const vnic = given['binding:vnic_type'] ?? port['binding:vnic_type'];
  const rebound = hostId !== port['binding:host_id'] || vnic !== port['binding:vnic_type'];
  const changes: Partial<PortRow> = defined({
    ...given,
    'binding:host_id': hostId,
    mac_address: mac,
    fixed_ips: fixedIps,
    allowed_address_pairs: pairs,
    security_groups: groups,
    ...(rebound ? { ...binding(context, hostId, vnic), status: 'DOWN' as const } : {}),
  });
  const next = revise<PortRow>(context, port, changes);
  const looksAnew = rebound || next.admin_state_up !== port.admin_state_up;
  const status =
    looksAnew && context.settings.dataPlane === 'simulated' ? firstStatus(context, next) : next.status;
  context.changed({ kind: 'port', id: port.id });
  return tables.ports.put({ ...next, status });
}

/**
 * Removes a port on a caller's request. A port of a router or a floating IP goes with its owner only.
 *
 * @throws NeutronError 409 ServicePortInUse
 */
export function deletePort(context: Context, port: PortRow): void {
  const { tables } = context;
  const held =
    (port.device_owner === DEVICE_OWNER.floatingIp && tables.floatingIps.get(port.device_id)) ||
    ((port.device_owner === DEVICE_OWNER.routerInterface ||
      port.device_owner === DEVICE_OWNER.routerGateway) &&
      tables.routers.get(port.device_id));
  if (held) {
    throw conflict(
      'ServicePortInUse',
      `Port ${port.id} cannot be deleted directly via the port API: has device owner ${port.device_owner}.`,
    );
  }
  removePort(context, port);
}

/** Removes a port and lets go of the floating IPs that lead to it. */
export function removePort(context: Context, port: PortRow): void {
  for (const floating of context.tables.floatingIps.by('port', port.id)) release(context, floating);
  context.tables.ports.delete(port.id);
  context.changed({ kind: 'port', id: port.id });
}

/** A floating IP without a port; which one it was is forgotten. */
export function release(context: Context, floating: FloatingIpRow): FloatingIpRow {
  if (floating.router_id !== null) context.changed({ kind: 'router', id: floating.router_id });
  return context.tables.floatingIps.put(
    revise<FloatingIpRow>(context, floating, {
      port_id: null,
      fixed_ip_address: null,
      router_id: null,
      status: 'DOWN',
    }),
  );
}

function defaultGroups(context: Context, projectId: string, secured: boolean, deviceOwner: string): string[] {
  const group = ensureDefaultGroup(context, projectId);
  return group && secured && !isTrusted(deviceOwner) ? [group.id] : [];
}

type Binding = Pick<PortRow, 'binding:vif_type' | 'binding:vif_details'>;

/** As ML2's linuxbridge mechanism binds: a plain NIC on a host that has an agent. */
function binding(context: Context, hostId: string, vnicType: string): Binding {
  if (hostId === '') return { 'binding:vif_type': 'unbound', 'binding:vif_details': {} };
  if (vnicType === 'normal' && context.settings.hosts.includes(hostId)) {
    const details = { connectivity: 'l2', port_filter: context.settings.filters };
    return { 'binding:vif_type': 'bridge', 'binding:vif_details': details };
  }
  return { 'binding:vif_type': 'binding_failed', 'binding:vif_details': {} };
}

function freeMac(context: Context, networkId: string): string {
  for (let attempt = 0; attempt < 64; attempt += 1) {
    const tail = Array.from({ length: 3 }, () => randomInt(256).toString(16).padStart(2, '0'));
    const mac = `fa:16:3e:${tail.join(':')}`;
    if (context.tables.ports.by('mac', `${networkId} ${mac}`).length === 0) return mac;
  }
  throw new NeutronError(
    503,
    'NetworkMacAddressGenerationFailure',
    `Unable to generate unique mac on network ${networkId}.`,
  );
}

function checkMacFree(context: Context, networkId: string, mac: string): void {
  if (context.tables.ports.by('mac', `${networkId} ${mac}`).length > 0) throw macAddressInUse(networkId, mac);
}

/** An interface that is plugged in under one MAC can't be given another: whoever made it must let go first. */
function checkMacChange(context: Context, port: PortRow, mac: string): void {
  if (isTrusted(port.device_owner)) {
    throw conflict(
      'UnsupportedPortDeviceOwner',
      `Operation mac address update is not supported for device_owner ${port.device_owner} on port ${port.id}.`,
    );
  }
  if (port['binding:vif_type'] === 'bridge') {
    throw conflict(
      'PortBound',
      `Unable to complete operation on port ${port.id}, port is already bound, port type: bridge, old_mac ${port.mac_address}, new_mac ${mac}.`,
    );
  }
  checkMacFree(context, port.network_id, mac);
}

function changedAddresses(
  context: Context,
  network: NetworkRow,
  port: PortRow,
  given: PortGiven,
  mac: string,
): readonly FixedIp[] {
  const deviceOwner = given.device_owner ?? port.device_owner;
  if (!given.fixed_ips && mac === port.mac_address) return port.fixed_ips;
  const wanted = given.fixed_ips ?? port.fixed_ips;
  const next = reassignAddresses(context, network, { mac, deviceOwner }, port.fixed_ips, wanted);
  if (!given.fixed_ips) return next;
  const isGone = (ip: FixedIp): boolean => !next.some((other) => other.ip_address === ip.ip_address);
  if (port.device_owner === DEVICE_OWNER.routerInterface) {
    const moved = [...port.fixed_ips.filter(isGone), ...next.filter((ip) => !port.fixed_ips.includes(ip))];
    if (moved.some((ip) => parseIp(ip.ip_address)?.version === 4)) {
      throw invalid('IPAddressChangeNotAllowed', `IP updates for port ${port.id} are not allowed`);
    }
  }
  const floating = context.tables.floatingIps.by('port', port.id)[0];
  if (floating && !next.some((ip) => ip.ip_address === floating.fixed_ip_address)) {
    throw badRequest(
      'port',
      `Cannot update the fixed_ips of the port ${port.id}, because its original fixed_ip has been associated to a floating ip`,
    );
  }
  return next;
}

function pairsOf(wanted: readonly WantedPair[], mac: string): AddressPair[] {
  return wanted.map((pair) => ({ ip_address: pair.ip_address, mac_address: pair.mac_address ?? mac }));
}

function checkSecurity(secured: boolean, groups: readonly string[], pairs: readonly AddressPair[]): void {
  if (secured) return;
  if (groups.length > 0) {
    throw invalid(
      'PortSecurityAndIPRequiredForSecurityGroups',
      'Port security must be enabled and port must have an IP address in order to use security groups.',
    );
  }
  if (pairs.length > 0) {
    throw conflict(
      'AddressPairAndPortSecurityRequired',
      'Port Security must be enabled in order to have allowed address pairs on a port.',
    );
  }
}

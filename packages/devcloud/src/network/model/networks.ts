import type { NetworkGiven } from '../api/resources.ts';
import { availabilityZoneNotFound, conflict, httpBadRequest, invalidInput, networkInUse } from '../errors.ts';
import { defined, newRow, revise, type Context } from './context.ts';
import { removePort } from './ports.ts';
import { checkQuota } from './quotas.ts';
import { DEVICE_OWNER, type NetworkRow } from './rows.ts';
import { ensureDefaultGroup } from './security-groups.ts';

export function createNetwork(context: Context, projectId: string, given: NetworkGiven): NetworkRow {
  checkQuota(context, projectId, 'network');
  ensureDefaultGroup(context, projectId);
  checkZoneHints(context, given.availability_zone_hints);
  if (given.is_default && !given['router:external']) {
    throw httpBadRequest(
      'Invalid input for is_default. Reason: only an external network can be the default.',
    );
  }
  const network: NetworkRow = {
    ...newRow(context, projectId, given),
    name: given.name ?? '',
    admin_state_up: given.admin_state_up ?? true,
    shared: given.shared ?? false,
    'router:external': given['router:external'] ?? false,
    is_default: given.is_default ?? false,
    mtu: networkMtu(context, given.mtu),
    port_security_enabled: given.port_security_enabled ?? true,
    availability_zone_hints: given.availability_zone_hints ?? [],
    ...provider(context, given),
  };
  context.changed({ kind: 'network', id: network.id });
  return context.tables.networks.put({ ...network, revision_number: 1 });
}

export function updateNetwork(context: Context, network: NetworkRow, given: NetworkGiven): NetworkRow {
  const { tables } = context;
  if (given['provider:network_type'] !== undefined || given['provider:segmentation_id'] !== undefined) {
    throw invalidInput('Plugin does not support updating provider attributes');
  }
  if (given.shared === false && network.shared) {
    const others = tables.ports
      .by('network', network.id)
      .some((port) => port.project_id !== '' && port.project_id !== network.project_id);
    if (others) {
      throw conflict(
        'InvalidSharedSetting',
        `Unable to reconfigure sharing settings for network ${network.name}. Multiple projects are using it.`,
      );
    }
  }
  if (given['router:external'] === false && network['router:external']) {
    const gateways = tables.ports
      .by('network', network.id)
      .some((port) => port.device_owner === DEVICE_OWNER.routerGateway);
    if (gateways) {
      throw conflict(
        'ExternalNetworkInUse',
        `External network ${network.id} cannot be updated to be made non-external, since it has existing gateway ports.`,
      );
    }
  }
  checkZoneHints(context, given.availability_zone_hints);
  const mtu = given.mtu === undefined ? undefined : networkMtu(context, given.mtu);
  context.changed({ kind: 'network', id: network.id });
  return tables.networks.put(revise<NetworkRow>(context, network, defined({ ...given, mtu })));
}

/**
 * Removes a network with its subnets and with Neutron's own DHCP ports on it.
 *
 * @throws NeutronError 409 NetworkInUse if any other port is left
 */
export function deleteNetwork(context: Context, network: NetworkRow): void {
  const { tables } = context;
  const ports = tables.ports.by('network', network.id);
  if (ports.some((port) => port.device_owner !== DEVICE_OWNER.dhcp)) throw networkInUse(network.id);
  for (const port of ports) removePort(context, port);
  for (const subnet of tables.subnets.by('network', network.id)) tables.subnets.delete(subnet.id);
  tables.networks.delete(network.id);
  context.changed({ kind: 'network', id: network.id });
}

function networkMtu(context: Context, given: number | undefined): number {
  const most = context.settings.mtu;
  if (given === undefined || given === 0) return most;
  if (given > most) throw invalidInput(`Requested MTU is too big, maximum is ${most}`);
  if (given < 68)
    throw httpBadRequest(`Invalid input for mtu. Reason: '${given}' is too small - must be at least '68'.`);
  return given;
}

export function checkZoneHints(context: Context, hints: readonly string[] | undefined): void {
  const unknown = hints?.find((hint) => hint !== context.settings.availabilityZone);
  if (unknown !== undefined) throw availabilityZoneNotFound(unknown);
}

type Provider = Pick<
  NetworkRow,
  'provider:network_type' | 'provider:physical_network' | 'provider:segmentation_id'
>;

/**
 * Provider attributes. All traffic stays on this machine, so that a network is `local` unless an admin says
 * otherwise; `flat`, `vlan` and `vxlan` are kept, and their clashes refused, as the ML2 plug-in does.
 */
function provider(context: Context, given: NetworkGiven): Provider {
  const type = given['provider:network_type'];
  const physical = given['provider:physical_network'] ?? null;
  const segment = given['provider:segmentation_id'] ?? null;
  if (type === undefined) {
    if (physical !== null || segment !== null) throw invalidInput('network_type required');
    return keep('local', null, null);
  }
  const same = context.tables.networks
    .all()
    .filter(
      (other) => other['provider:network_type'] === type && other['provider:physical_network'] === physical,
    );
  const taken = (id: number): boolean => same.some((other) => other['provider:segmentation_id'] === id);
  if (type === 'local' || type === 'vxlan') {
    if (physical !== null) throw invalidInput(`provider:physical_network specified for ${type} network`);
  } else if (physical === null) {
    throw invalidInput(`physical_network required for ${type} provider network`);
  }
  if (type === 'local' || type === 'flat') {
    if (segment !== null) throw invalidInput(`segmentation_id specified for ${type} network`);
    if (type === 'flat' && same.length > 0) {
      throw conflict(
        'FlatNetworkInUse',
        `Unable to create the flat network. Physical network ${physical} is in use.`,
      );
    }
    return keep(type, physical, null);
  }
  const most = type === 'vlan' ? 4094 : 16_777_215;
  if (segment !== null && (segment < 1 || segment > most)) {
    throw invalidInput(`segmentation_id out of range (1 through ${most})`);
  }
  if (segment !== null && taken(segment)) {
    throw type === 'vlan'
      ? conflict(
          'VlanIdInUse',
          `Unable to create the network. The VLAN ${segment} on physical network ${physical} is in use.`,
        )
      : conflict('TunnelIdInUse', `Unable to create the network. The tunnel ID ${segment} is in use.`);
  }
  let free = segment ?? 1;
  while (taken(free)) free += 1;
  return keep(type, physical, free);
}

function keep(type: string, physical: string | null, segment: number | null): Provider {
  return {
    'provider:network_type': type,
    'provider:physical_network': physical,
    'provider:segmentation_id': segment,
  };
}

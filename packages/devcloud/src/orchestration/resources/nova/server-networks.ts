import { isDict, listAt, same, stringAt, text, walk, type Dict } from '../../values.ts';
import { given } from '../lookup.ts';
import { idFor } from '../neutron/neutron-type.ts';
import { ignoreMissing, type ResourceContext } from '../resource-type.ts';
import { serverPath } from './server-view.ts';

/**
 * What the compute service is told about networks. Where a subnet or more is asked for than it can be told,
 * a port is made first; such ports are the server's own and go with it.
 */
export async function networkRequests(context: ResourceContext): Promise<unknown> {
  const items = listAt(context.properties, 'networks').filter(isDict);
  if (!('networks' in context.properties) || items.length === 0) return undefined;
  const allocate = items
    .map((item) => stringAt(item, 'allocate_network'))
    .find((value) => value !== undefined);
  if (allocate !== undefined) return allocate;
  const requests: Dict[] = [];
  for (const [index, item] of items.entries()) requests.push(await networkRequest(context, item, index));
  return requests;
}

async function networkRequest(context: ResourceContext, item: Dict, index: number): Promise<Dict> {
  const tag = stringAt(item, 'tag');
  const port = stringAt(item, 'port');
  const own =
    item['subnet'] || item['port_extra_properties'] ? await internalPort(context, item, index) : undefined;
  if (own !== undefined) return given({ port: own, tag });
  if (port) return given({ port: await idFor(context, 'port', port), tag });
  return given({
    uuid: await idFor(context, 'network', stringAt(item, 'network') || stringAt(item, 'uuid')),
    fixed_ip: stringAt(item, 'fixed_ip') || undefined,
    tag,
  });
}

/** Makes the port for one network of the server, or finds the one made before a crash by its name. */
async function internalPort(context: ResourceContext, item: Dict, index: number): Promise<string> {
  const name = `${context.physicalName}-port-${index}`;
  const found = listAt(
    await context.call('network', 'GET', `/v2.0/ports?name=${encodeURIComponent(name)}`),
    'ports',
  )[0];
  const known = stringAt(found, 'id');
  if (known !== undefined) return known;
  const subnetId = await idFor(context, 'subnet', item['subnet']);
  const named = await idFor(context, 'network', stringAt(item, 'network') || stringAt(item, 'uuid'));
  const networkId =
    named ??
    walk(await context.call('network', 'GET', `/v2.0/subnets/${subnetId ?? ''}`), ['subnet', 'network_id']);
  const address = stringAt(item, 'fixed_ip');
  const ip = given({ subnet_id: subnetId, ip_address: address || undefined });
  const groups = await Promise.all(
    listAt(context.properties, 'security_groups').map((group) => idFor(context, 'security_group', group)),
  );
  const extra = isDict(item['port_extra_properties']) ? item['port_extra_properties'] : {};
  const body = {
    port: given({
      name,
      network_id: networkId,
      fixed_ips: Object.keys(ip).length > 0 ? [ip] : undefined,
      security_groups: groups.length > 0 ? groups : undefined,
      ...extra,
    }),
  };
  return text(walk(await context.call('network', 'POST', '/v2.0/ports', body), ['port', 'id']));
}

/** Deletes the ports that {@link networkRequests} made. */
export async function removeInternalPorts(context: ResourceContext): Promise<void> {
  const own = listAt(context.properties, 'networks').some(
    (item) => isDict(item) && (item['subnet'] || item['port_extra_properties']),
  );
  if (!own) return;
  for (const index of listAt(context.properties, 'networks').keys()) {
    const name = encodeURIComponent(`${context.physicalName}-port-${index}`);
    for (const row of listAt(await context.call('network', 'GET', `/v2.0/ports?name=${name}`), 'ports')) {
      const id = stringAt(row, 'id') ?? '';
      await context.call('network', 'DELETE', `/v2.0/ports/${id}`).catch(ignoreMissing);
    }
  }
}

/** Plugs and unplugs what differs between the networks a server had and those it is to have. */
export async function updateNetworks(context: ResourceContext, before: Dict): Promise<void> {
  const path = `${serverPath(context)}/os-interface`;
  const attached = listAt(await context.call('compute', 'GET', path), 'interfaceAttachments').filter(isDict);
  const was = listAt(before, 'networks').filter(isDict);
  const now = listAt(context.properties, 'networks').filter(isDict);
  const gone = was.filter((item) => !now.some((other) => same(item, other)));
  const fresh = now.filter((item) => !was.some((other) => same(item, other)));
  for (const item of gone) {
    const match = await attachmentOf(context, item, attached);
    if (match === undefined) continue;
    await context.call('compute', 'DELETE', `${path}/${match}`).catch(ignoreMissing);
  }
  for (const item of fresh) {
    const request = await networkRequest(context, item, now.indexOf(item));
    const port = stringAt(request, 'port');
    // Attached before a crash already.
    if (port !== undefined && attached.some((row) => row['port_id'] === port)) continue;
    const address = stringAt(request, 'fixed_ip');
    await context.call('compute', 'POST', path, {
      interfaceAttachment: given({
        port_id: port,
        net_id: port === undefined ? request['uuid'] : undefined,
        fixed_ips: address ? [{ ip_address: address }] : undefined,
      }),
    });
  }
}

async function attachmentOf(
  context: ResourceContext,
  item: Dict,
  attached: readonly Dict[],
): Promise<string | undefined> {
  const port = stringAt(item, 'port');
  if (port) return idFor(context, 'port', port).catch(ignoreMissing);
  const network = await idFor(context, 'network', stringAt(item, 'network') || stringAt(item, 'uuid')).catch(
    ignoreMissing,
  );
  const address = stringAt(item, 'fixed_ip');
  const row = attached.find(
    (candidate) =>
      candidate['net_id'] === network &&
      (!address || listAt(candidate, 'fixed_ips').some((ip) => stringAt(ip, 'ip_address') === address)),
  );
  return stringAt(row, 'port_id');
}

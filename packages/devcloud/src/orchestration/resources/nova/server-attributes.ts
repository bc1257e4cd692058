import { isDict, listAt, stringAt, text, type Dict } from '../../values.ts';
import { signedMetadataUrl } from '../heat/signal-url.ts';
import type { ResourceContext } from '../resource-type.ts';
import { readServer, serverPath } from './server-view.ts';

/** One attribute of a server, as it is now. */
export async function serverAttribute(context: ResourceContext, name: string): Promise<unknown> {
  if (context.row.physicalId === null) return null;
  if (name === 'os_collect_config') return { request: { metadata_url: signedMetadataUrl(context) } };
  const row = await readServer(context);
  switch (name) {
    case 'show':
      return row;
    case 'instance_name':
      return row['OS-EXT-SRV-ATTR:instance_name'] ?? null;
    case 'networks':
      return namedNetworks(row);
    case 'first_address':
      return Object.values(namedNetworks(row)).flat()[0] ?? '';
    case 'addresses':
      return withPorts(context, row);
    case 'tags':
      return tagsOf(context);
    case 'console_urls':
      return {};
    default:
      return row[name] ?? null;
  }
}

function namedNetworks(row: Dict): Readonly<Record<string, string[]>> {
  const addresses = isDict(row['addresses']) ? row['addresses'] : {};
  return Object.fromEntries(
    Object.entries(addresses).map(([network, list]) => [
      network,
      Array.isArray(list) ? list.map((item: unknown) => stringAt(item, 'addr') ?? '') : [],
    ]),
  );
}

/** Addresses with the id of the port each is on, under the name of the network and under its id. */
async function withPorts(context: ResourceContext, row: Dict): Promise<Dict> {
  const addresses = isDict(row['addresses']) ? row['addresses'] : {};
  const attached = listAt(
    await context.call('compute', 'GET', `${serverPath(context)}/os-interface`),
    'interfaceAttachments',
  );
  const result: Record<string, unknown> = {};
  for (const [network, list] of Object.entries(addresses)) {
    const entries = (Array.isArray(list) ? (list as unknown[]) : []).filter(isDict).map((item) => {
      const match = attached.find(
        (candidate) => stringAt(candidate, 'mac_addr') === item['OS-EXT-IPS-MAC:mac_addr'],
      );
      return { entry: { ...item, port: stringAt(match, 'port_id') ?? null }, id: stringAt(match, 'net_id') };
    });
    result[network] = entries.map(({ entry }) => entry);
    const id = entries[0]?.id;
    if (id !== undefined) result[id] = result[network];
  }
  return result;
}

async function tagsOf(context: ResourceContext): Promise<unknown> {
  const headers = { 'OpenStack-API-Version': 'compute 2.26' };
  const body = await context.call('compute', 'GET', `${serverPath(context)}/tags`, undefined, headers);
  return listAt(body, 'tags').map(text);
}

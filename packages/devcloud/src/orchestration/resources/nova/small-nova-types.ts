import { isDict, listAt, stringAt, text, walk, type Dict } from '../../values.ts';
import { given, unclaimed } from '../lookup.ts';
import type { ResourceContext, ResourceType } from '../resource-type.ts';
import { boolean, integer, list, map, number, oneOf, range, string } from '../schema.ts';

/** The first microversion that takes soft (anti-)affinity; from 2.64 on the body has another form. */
const SOFT_POLICIES = { 'OpenStack-API-Version': 'compute 2.15' };

export const serverGroup: ResourceType = {
  name: 'OS::Nova::ServerGroup',
  description: 'Servers that are to run close to each other, or apart.',
  properties: {
    name: string(),
    policies: list(
      string({ constraints: oneOf('anti-affinity', 'affinity', 'soft-anti-affinity', 'soft-affinity') }),
      {
        default: ['affinity'],
      },
    ),
    rules: map({ max_server_per_host: number() }),
  },
  attributes: { show: 'All that the compute service says of it.' },
  async create(context) {
    await context.make(async () => {
      const body = {
        server_group: { name: nameOf(context), policies: listAt(context.properties, 'policies') },
      };
      const made = await context.call('compute', 'POST', '/v2.1/os-server-groups', body, SOFT_POLICIES);
      return text(walk(made, ['server_group', 'id']));
    });
  },
  async find(context) {
    const rows = listAt(await context.call('compute', 'GET', '/v2.1/os-server-groups'), 'server_groups');
    return unclaimed(context, rows, (row) => row['name'] === nameOf(context));
  },
  async remove(context) {
    if (context.row.physicalId === null) return;
    await context.call('compute', 'DELETE', `/v2.1/os-server-groups/${context.row.physicalId}`);
  },
  check: async (context) => void (await readGroup(context)),
  attribute: (context) => readGroup(context),
};

async function readGroup(context: ResourceContext): Promise<unknown> {
  const path = `/v2.1/os-server-groups/${context.row.physicalId ?? ''}`;
  return walk(await context.call('compute', 'GET', path), ['server_group']);
}

function nameOf(context: ResourceContext): string {
  return stringAt(context.properties, 'name') ?? context.physicalName;
}

export const keyPair: ResourceType = {
  name: 'OS::Nova::KeyPair',
  description: 'An SSH key for servers.',
  properties: {
    name: string({ required: true, constraints: [{ kind: 'length', min: 1, max: 255 }] }),
    public_key: string(),
    save_private_key: boolean({ default: false }),
    type: string({ constraints: oneOf('ssh', 'x509') }),
    user: string(),
  },
  attributes: {
    public_key: 'The public key.',
    private_key: 'The private key, if it was made here and is to be kept.',
    show: 'All that the compute service says of it.',
  },
  async create(context) {
    const { name, public_key: publicKey, type } = context.properties;
    await context.make(async () => {
      const headers = type === undefined ? undefined : { 'OpenStack-API-Version': 'compute 2.2' };
      const body = { keypair: given({ name, public_key: publicKey || undefined, type }) };
      const made = await context.call('compute', 'POST', '/v2.1/os-keypairs', body, headers);
      const secret = stringAt(made, 'keypair', 'private_key');
      if (secret !== undefined && context.properties['save_private_key'] === true)
        context.note('private_key', secret);
      return text(name);
    });
  },
  async find(context) {
    const name = text(context.properties['name']);
    // A key made here is of no use once its private half was lost with the answer.
    const rows = listAt(await context.call('compute', 'GET', '/v2.1/os-keypairs'), 'keypairs');
    const found = rows.some((row) => stringAt(row, 'keypair', 'name') === name);
    const claimed = context.tables.resources.by('physical', name).some((row) => row.id !== context.row.id);
    if (!found || claimed || !context.properties['public_key']) return undefined;
    return name;
  },
  async remove(context) {
    if (context.row.physicalId === null) return;
    await context.call(
      'compute',
      'DELETE',
      `/v2.1/os-keypairs/${encodeURIComponent(context.row.physicalId)}`,
    );
  },
  check: async (context) => void (await readKey(context)),
  async attribute(context, name) {
    if (name === 'private_key') return context.row.data['private_key'] ?? '';
    const row = await readKey(context);
    return name === 'show' ? row : row['public_key'];
  },
};

async function readKey(context: ResourceContext): Promise<Dict> {
  const path = `/v2.1/os-keypairs/${encodeURIComponent(context.row.physicalId ?? '')}`;
  const row = walk(await context.call('compute', 'GET', path), ['keypair']);
  return isDict(row) ? row : {};
}

export const flavor: ResourceType = {
  name: 'OS::Nova::Flavor',
  description: 'A size of servers; for administrators.',
  properties: {
    name: string(),
    flavorid: string(),
    ram: integer({ required: true, constraints: range(1) }),
    vcpus: integer({ required: true, constraints: range(1) }),
    disk: integer({ default: 0, constraints: range(0) }),
    swap: integer({ default: 0, constraints: range(0) }),
    ephemeral: integer({ default: 0, constraints: range(0) }),
    rxtx_factor: number({ default: 1 }),
    extra_specs: map(undefined, { update: true }),
    is_public: boolean({ default: true }),
    tenants: list(string(), { default: [], update: true }),
  },
  attributes: { is_public: 'Whether all may use it.', extra_specs: 'Its extra specs.', show: 'All of it.' },
  async create(context) {
    const { properties } = context;
    const id = await context.make(async () => {
      const made = await context.call('compute', 'POST', '/v2.1/flavors', {
        flavor: given({
          name: nameOf(context),
          id: properties['flavorid'] ?? 'auto',
          ram: properties['ram'],
          vcpus: properties['vcpus'],
          disk: properties['disk'],
          swap: properties['swap'],
          'OS-FLV-EXT-DATA:ephemeral': properties['ephemeral'],
          rxtx_factor: properties['rxtx_factor'],
          'os-flavor-access:is_public': properties['is_public'],
        }),
      });
      return text(walk(made, ['flavor', 'id']));
    });
    await setSpecs(context, id);
    for (const tenant of listAt(properties, 'tenants')) {
      await context.call('compute', 'POST', `/v2.1/flavors/${id}/action`, { addTenantAccess: { tenant } });
    }
  },
  update: async (context, _before, changed) => {
    if (changed.has('extra_specs')) await setSpecs(context, context.row.physicalId ?? '');
  },
  async find(context) {
    const rows = listAt(await context.call('compute', 'GET', '/v2.1/flavors?is_public=None'), 'flavors');
    return unclaimed(context, rows, (row) => row['name'] === nameOf(context));
  },
  async remove(context) {
    if (context.row.physicalId === null) return;
    await context.call('compute', 'DELETE', `/v2.1/flavors/${context.row.physicalId}`);
  },
  async attribute(context, name) {
    const path = `/v2.1/flavors/${context.row.physicalId ?? ''}`;
    if (name === 'extra_specs')
      return walk(await context.call('compute', 'GET', `${path}/os-extra_specs`), ['extra_specs']);
    const row = walk(await context.call('compute', 'GET', path), ['flavor']);
    return name === 'show' ? row : walk(row, ['os-flavor-access:is_public']);
  },
};

async function setSpecs(context: ResourceContext, id: string): Promise<void> {
  const specs = context.properties['extra_specs'];
  if (!isDict(specs)) return;
  await context.call('compute', 'POST', `/v2.1/flavors/${id}/os-extra_specs`, {
    extra_specs: Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, text(value)])),
  });
}

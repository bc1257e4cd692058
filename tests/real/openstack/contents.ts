import { serviceUrl, password } from './addresses.ts';
import { login, type Cloud } from './cloud.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

const authUrl = `${serviceUrl.keystone}/v3`;

export const adminLogin = async () => await login(authUrl, 'admin', password, 'admin');

/** Users of services, catalog, the domains of Heat's and Magnum's trustees, the project and user `demo`. Once and again. */
export async function makeIdentities(): Promise<void> {
  const admin = await adminLogin();
  const keystone = keystoneOf(admin);
  const adminRole = await keystone.ensure('roles', { name: 'admin' });
  const roles = new Map<string, string>();
  for (const name of ['member', 'reader', 'heat_stack_owner', 'heat_stack_user', 'service']) {
    roles.set(name, await keystone.ensure('roles', { name }));
  }
  const service = await keystone.ensure('projects', { name: 'service', domain_id: 'default' });
  await Promise.all(
    ['glance', 'placement', 'nova', 'neutron', 'heat', 'magnum'].map(async (name) => {
      const user = await keystone.ensure('users', { name, domain_id: 'default' }, { password });
      await keystone.put(`/projects/${service}/users/${user}/roles/${adminRole}`);
    }),
  );
  for (const [name, type, url] of [
    ['glance', 'image', serviceUrl.glance],
    ['placement', 'placement', serviceUrl.placement],
    ['nova', 'compute', `${serviceUrl.nova}/v2.1`],
    ['neutron', 'network', serviceUrl.neutron],
    ['heat', 'orchestration', `${serviceUrl.heat}/v1/%(project_id)s`],
    ['magnum', 'container-infra', `${serviceUrl.magnum}/v1`],
  ] as const) {
    const id = await keystone.ensure('services', { name, type });
    const present = await keystone.list('endpoints', `service_id=${id}`);
    for (const kind of ['public', 'internal', 'admin']) {
      if (present.some((endpoint) => endpoint['interface'] === kind)) continue;
      const endpoint = { service_id: id, interface: kind, url, region_id: 'RegionOne' };
      await admin.call('identity', 'POST', '/endpoints', { endpoint });
    }
  }
  for (const [name, administrator] of [
    ['heat', 'heat_domain_admin'],
    ['magnum', 'trustee_domain_admin'],
  ] as const) {
    const domain = await keystone.ensure('domains', { name });
    const user = await keystone.ensure('users', { name: administrator, domain_id: domain }, { password });
    await keystone.put(`/domains/${domain}/users/${user}/roles/${adminRole}`);
  }
  const demo = await keystone.ensure('projects', { name: 'demo', domain_id: 'default' });
  const demoUser = await keystone.ensure('users', { name: 'demo', domain_id: 'default' }, { password });
  for (const role of ['member', 'reader', 'heat_stack_owner']) {
    await keystone.put(`/projects/${demo}/users/${demoUser}/roles/${roles.get(role)}`);
  }
  await keystone.put(`/projects/${demo}/users/${admin.userId}/roles/${adminRole}`);
}

/** Flavors, an image that Magnum takes for Fedora CoreOS, an external network, a key pair of `demo` and of `admin`. */
export async function makeResources(): Promise<void> {
  const admin = await adminLogin();
  for (const [name, ram, vcpus, disk] of [
    ['m1.tiny', 512, 1, 1],
    ['m1.small', 2048, 1, 20],
    ['m1.medium', 4096, 2, 40],
    ['ds2G', 2048, 2, 10],
  ] as const) {
    await admin.call('compute', 'POST', '/flavors', { flavor: { id: name, name, ram, vcpus, disk } });
  }
  const { images } = (await admin.call('image', 'GET', '/v2/images')) as { images: readonly Named[] };
  for (const name of ['fedora-coreos-38', 'fedora-coreos-latest']) {
    if (images.some((image) => image.name === name)) continue;
    const wanted = {
      name,
      container_format: 'bare',
      disk_format: 'raw',
      visibility: 'public',
      os_distro: 'fedora-coreos',
    };
    const image = await admin.call('image', 'POST', '/v2/images', wanted);
    await admin.upload('image', `/v2/images/${String(image['id'])}/file`, new Uint8Array(65_536));
  }
  const { networks } = (await admin.call('network', 'GET', '/v2.0/networks?name=external')) as {
    networks: readonly Named[];
  };
  if (networks.length === 0) await makeExternalNetwork(admin);
}

async function makeExternalNetwork(admin: Cloud): Promise<void> {
  const provider = { 'provider:network_type': 'flat', 'provider:physical_network': 'external' };
  const made = await admin.call('network', 'POST', '/v2.0/networks', {
    network: { name: 'external', 'router:external': true, ...provider },
  });
  const { id } = made['network'] as Named;
  await admin.call('network', 'POST', '/v2.0/subnets', {
    subnet: {
      network_id: id,
      name: 'external-subnet',
      ip_version: 4,
      cidr: '172.24.4.0/22',
      gateway_ip: '172.24.4.1',
      enable_dhcp: false,
      allocation_pools: [{ start: '172.24.4.10', end: '172.24.7.250' }],
    },
  });
}

function keystoneOf(admin: Cloud) {
  const list = async (collection: string, query: string) => {
    const answer = await admin.call('identity', 'GET', `/${collection}?${query}`);
    return answer[collection] as readonly { [key: string]: string }[];
  };
  return {
    list,
    /** @returns the id of what has these properties, made with `more` if there is none */
    async ensure(collection: string, wanted: { readonly [key: string]: string }, more = {}): Promise<string> {
      const [found] = await list(collection, new URLSearchParams(wanted).toString());
      if (found?.['id'] !== undefined) return found['id'];
      const kind = collection.replace(/s$/, '');
      const made = await admin.call('identity', 'POST', `/${collection}`, { [kind]: { ...wanted, ...more } });
      return (made[kind] as Named).id;
    },
    async put(path: string): Promise<void> {
      await admin.call('identity', 'PUT', path);
    },
  };
}

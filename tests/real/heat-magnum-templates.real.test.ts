import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Session } from '@gantry/openstack';
import { cloudSession, freePort, launchGantry, type Launched } from 'gantry';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

/**
 * The templates of the original Magnum, as Debian's python3-magnum installs them and as its conductor sends
 * them, on the embedded Heat with simulated servers. Nothing runs on these, so the test plays their agents:
 * it signals the deployments.
 */
const DRIVERS = '/usr/lib/python3/dist-packages/magnum/drivers';
const ENVIRONMENTS = `${DRIVERS}/common/templates/environments`;
const SET_OF = fileURLToPath(new URL('heat-template-set.py', import.meta.url));
const run = promisify(execFile);

interface Resource {
  readonly resource_name: string;
  readonly resource_type: string;
  readonly resource_status: string;
  readonly physical_resource_id: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

interface Stack {
  readonly id: string;
  readonly stack_status: string;
  readonly stack_status_reason: string;
  readonly outputs: readonly {
    readonly output_key: string;
    readonly output_value: unknown;
    readonly output_error?: string;
  }[];
}

interface TemplateSet {
  readonly template: object;
  readonly files: Readonly<Record<string, string>>;
  readonly environment_files: readonly string[];
}

let folder: string;
let gantry: Launched;
let session: Session;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-heat-'));
  const data = join(folder, 'data');
  gantry = await launchGantry({ data, listen: `127.0.0.1:${await freePort()}`, servers: 'simulated' });
  session = cloudSession(data);
});

afterAll(async () => {
  await gantry.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the conductor makes of a template and the environments it chose. */
async function templateSet(template: string, environments: readonly string[]): Promise<TemplateSet> {
  const paths = environments.map((name) => `${ENVIRONMENTS}/${name}.yaml`);
  const { stdout } = await run('/usr/bin/python3', [SET_OF, `${DRIVERS}/${template}`, ...paths], {
    maxBuffer: 2 ** 26,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  return JSON.parse(stdout);
}

const heat = <T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> =>
  session.ask<T>('orchestration', { method, path, ...(body && { body }) });

async function create(name: string, set: TemplateSet, parameters: object): Promise<string> {
  const body = { stack_name: name, ...set, parameters, timeout_mins: 10, disable_rollback: true };
  return (await heat<{ stack: { id: string } }>('POST', '/stacks', body)).stack.id;
}

const stackAt = async (name: string, id: string): Promise<Stack> =>
  (await heat<{ stack: Stack }>('GET', `/stacks/${name}/${id}`)).stack;

const resourcesOf = async (name: string, id: string): Promise<readonly Resource[]> =>
  (await heat<{ resources: Resource[] }>('GET', `/stacks/${name}/${id}/resources?nested_depth=5`)).resources;

/** Plays the agents until the stack comes to rest; gives the names of what was signalled, in order. */
async function playAgents(
  name: string,
  id: string,
  body: object = { deploy_status_code: 0 },
): Promise<string[]> {
  const signalled: string[] = [];
  await vi.waitFor(
    async () => {
      for (const resource of await resourcesOf(name, id)) {
        const waits =
          resource.resource_status.endsWith('_IN_PROGRESS') && resource.physical_resource_id !== '';
        if (resource.resource_type !== 'OS::Heat::SoftwareDeployment' || !waits) continue;
        const self = new URL(resource.links.find(({ rel }) => rel === 'self')?.href ?? '');
        await heat('POST', `${self.pathname.replace(/^.*\/stacks/, '/stacks')}/signal`, body);
        signalled.push(resource.resource_name);
      }
      expect((await stackAt(name, id)).stack_status).not.toMatch(/IN_PROGRESS$/);
    },
    { timeout: 60_000, interval: 100 },
  );
  return [...new Set(signalled)];
}

async function removeStack(name: string, id: string): Promise<void> {
  await heat('DELETE', `/stacks/${name}/${id}`);
  await vi.waitFor(async () => expect((await stackAt(name, id)).stack_status).toBe('DELETE_COMPLETE'), {
    timeout: 60_000,
    interval: 100,
  });
}

async function count(service: string, path: string, key: string): Promise<number> {
  const rows = await session.ask<Record<string, unknown[]>>(service, { method: 'GET', path });
  return (rows[key] ?? []).length;
}

/** What is left of the project's things, by kind. */
async function leftovers(): Promise<Record<string, number>> {
  return {
    servers: await count('compute', '/servers', 'servers'),
    groups: await count('compute', '/os-server-groups', 'server_groups'),
    ports: await count('network', '/ports', 'ports'),
    routers: await count('network', '/routers', 'routers'),
    floatingIps: await count('network', '/floatingips', 'floatingips'),
    volumes: await count('volumev3', '/volumes', 'volumes'),
    configs: await count('orchestration', '/software_configs', 'software_configs'),
    deployments: await count('orchestration', '/software_deployments', 'software_deployments'),
  };
}

const NOTHING = {
  servers: 0,
  groups: 0,
  ports: 0,
  routers: 0,
  floatingIps: 0,
  volumes: 0,
  configs: 0,
  deployments: 0,
};

const KUBERNETES = {
  is_cluster_stack: true,
  external_network: 'public',
  fixed_network_name: 'private',
  master_image: 'server',
  minion_image: 'server',
  master_flavor: 'm1.small',
  minion_flavor: 'm1.small',
  number_of_masters: 1,
  number_of_minions: 2,
  ssh_public_key: 'ssh-ed25519 AAAA demo',
  boot_volume_size: 0,
  boot_volume_type: '',
  etcd_volume_type: '',
  docker_volume_type: '',
  discovery_url: 'http://127.0.0.1/discovery',
  region_name: 'RegionOne',
  username: 'demo',
  verify_ca: 'True',
  cluster_uuid: '5d12f6fd-a196-4bf0-ae4c-1f639a523a52',
  magnum_url: 'http://127.0.0.1/v1',
  trustee_domain_id: 'd',
  trustee_user_id: 'u',
  trustee_username: 'n',
  trustee_password: 'secret',
  trust_id: 't',
  auth_url: 'http://127.0.0.1/v3',
  cloud_provider_enabled: 'false',
  openstack_ca: '',
  nodes_affinity_policy: 'soft-anti-affinity',
  pods_network_cidr: '10.100.0.0/16',
  kube_service_account_key: 'key',
  kube_service_account_private_key: 'key',
  project_id: 'p',
  max_node_count: 3,
  kube_tag: 'v1.23.3-rancher1',
  master_role: 'master',
  worker_role: 'worker',
  master_nodegroup_name: 'default-master',
  worker_nodegroup_name: 'default-worker',
};

const KUBERNETES_ENVIRONMENTS = [
  'no_volume',
  'no_etcd_volume',
  'with_private_network',
  'no_master_lb',
  'enable_floating_ip',
  'disable_lb_floating_ip',
];

test('the k8s_fedora_coreos set is accepted, complete once its agents signal, resized by removing a named node, and leaves nothing', async () => {
  const set = await templateSet('k8s_fedora_coreos_v1/templates/kubecluster.yaml', KUBERNETES_ENVIRONMENTS);
  const id = await create('k8s', set, KUBERNETES);
  const signalled = await playAgents('k8s', id);
  const stack = await stackAt('k8s', id);
  expect(stack).toMatchObject({
    stack_status: 'CREATE_COMPLETE',
    stack_status_reason: 'Stack CREATE completed successfully',
  });
  expect(signalled.toSorted()).toEqual([
    'kube_cluster_deploy',
    'master_config_deployment',
    'node_config_deployment',
  ]);

  const outputs = Object.fromEntries(stack.outputs.map((output) => [output.output_key, output.output_value]));
  expect(outputs['api_address']).toMatch(/^172\.24\.\d+\.\d+$/);
  expect(outputs['kube_masters_private']).toEqual([expect.stringMatching(/^10\.0\.0\.\d+$/)]);
  expect(outputs['kube_minions']).toHaveLength(2);
  expect(outputs['registry_address']).toBe('localhost:5000');
  const resources = await resourcesOf('k8s', id);
  expect(resources.every(({ resource_status: status }) => status === 'CREATE_COMPLETE')).toBe(true);

  // Magnum names the nodes to remove by the ids of their servers, which its templates hand up as OS::stack_id.
  const [first] = resources.filter(({ resource_name: name }) => name === 'kube-minion');
  await heat('PATCH', `/stacks/k8s/${id}`, {
    parameters: { number_of_minions: 1, minions_to_remove: [first?.physical_resource_id] },
    disable_rollback: true,
  });
  await playAgents('k8s', id);
  expect(await stackAt('k8s', id)).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
  const minions = (await resourcesOf('k8s', id)).filter(({ resource_name: name }) => name === 'kube-minion');
  expect(minions).toHaveLength(1);
  expect(minions[0]?.physical_resource_id).not.toBe(first?.physical_resource_id);

  await removeStack('k8s', id);
  expect(await leftovers()).toEqual(NOTHING);
});

test('a k8s_fedora_coreos stack boots from volumes, and an agent that fails is the reason of the stack', async () => {
  const environments = KUBERNETES_ENVIRONMENTS.map((name) => (name === 'no_volume' ? 'with_volume' : name));
  const set = await templateSet('k8s_fedora_coreos_v1/templates/kubecluster.yaml', environments);
  const parameters = { ...KUBERNETES, boot_volume_size: 1, docker_volume_size: 1, number_of_minions: 1 };
  const id = await create('bfv', set, parameters);
  await playAgents('bfv', id, { deploy_status_code: 1 });
  expect(await stackAt('bfv', id)).toMatchObject({
    stack_status: 'CREATE_FAILED',
    stack_status_reason:
      'Resource CREATE failed: Error: resources.kube_masters.resources[0].resources.master_config_deployment: ' +
      'Deployment to server failed: deploy_status_code: Deployment exited with non-zero status code: 1',
  });
  await removeStack('bfv', id);
  expect(await leftovers()).toEqual(NOTHING);
});

test('the swarm_fedora_atomic set, refused as it is shipped, is complete once its simulated servers signalled', async () => {
  const set = await templateSet('swarm_fedora_atomic_v2/templates/swarmcluster.yaml', [
    'no_volume',
    'with_private_network',
    'no_master_lb',
    'enable_floating_ip',
    'disable_lb_floating_ip',
  ]);
  const parameters = {
    external_network: 'public',
    cluster_uuid: KUBERNETES.cluster_uuid,
    magnum_url: KUBERNETES.magnum_url,
    master_image: 'server',
    node_image: 'server',
    master_flavor: 'm1.small',
    node_flavor: 'm1.small',
    number_of_secondary_masters: 0,
    number_of_nodes: 2,
    docker_volume_type: '',
    auth_url: KUBERNETES.auth_url,
    verify_ca: 'True',
    openstack_ca: '',
    nodes_affinity_policy: 'soft-anti-affinity',
  };
  // Magnum 15.0.1 gave a shared template parameters that its Swarm templates don't set.
  await expect(create('swarm', set, parameters)).rejects.toThrow(
    'Property error: resources.api_lb.properties: Property allowed_cidrs not assigned',
  );
  const id = await create('swarm', withDefaults(set), parameters);
  await vi.waitFor(async () => expect((await stackAt('swarm', id)).stack_status).toBe('CREATE_COMPLETE'), {
    timeout: 60_000,
    interval: 100,
  });
  const { outputs } = await stackAt('swarm', id);
  expect(outputs.find(({ output_key: key }) => key === 'swarm_nodes')?.output_value).toHaveLength(2);
  expect(outputs.filter((output) => output.output_error !== undefined)).toEqual([]);
  await removeStack('swarm', id);
  expect(await leftovers()).toEqual(NOTHING);
});

/** The set with defaults for what the load balancers' templates want and nobody gives. */
function withDefaults(set: TemplateSet): TemplateSet {
  const defaults: Record<string, unknown> = {
    allowed_cidrs: [],
    octavia_provider: 'amphora',
    octavia_lb_algorithm: 'ROUND_ROBIN',
    octavia_lb_healthcheck: true,
  };
  const files = Object.entries(set.files).map(([name, content]) => {
    if (!/\/lb_(?:api|etcd)\.yaml$/.test(name)) return [name, content];
    const template = JSON.parse(content) as { parameters: Record<string, object> };
    for (const [key, value] of Object.entries(defaults)) {
      if (key in template.parameters)
        template.parameters[key] = { ...template.parameters[key], default: value };
    }
    return [name, JSON.stringify(template)];
  });
  return { ...set, files: Object.fromEntries(files) };
}

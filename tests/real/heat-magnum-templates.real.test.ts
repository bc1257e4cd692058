import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session } from '@gantry/openstack';
import { cloudSession, freePort, launchGantry, type Launched } from 'gantry';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  KUBERNETES,
  KUBERNETES_ENVIRONMENTS,
  originalStacks,
  templateSet,
  type OriginalStacks,
  type TemplateSet,
} from './original-stacks.ts';

/**
 * The templates of the original Magnum, as Debian's python3-magnum installs them and as its conductor sends
 * them, on the embedded Heat with simulated servers. Nothing runs on these, so the test plays their agents:
 * it signals the deployments.
 */
let folder: string;
let gantry: Launched;
let session: Session;
let stacks: OriginalStacks;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-heat-'));
  const data = join(folder, 'data');
  gantry = await launchGantry({ data, listen: `127.0.0.1:${await freePort()}`, servers: 'simulated' });
  session = cloudSession(data);
  stacks = originalStacks(session);
});

afterAll(async () => {
  await gantry.stop();
  rmSync(folder, { recursive: true, force: true });
});

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

test('the k8s_fedora_coreos set is accepted, complete once its agents signal, resized by removing a named node, and leaves nothing', async () => {
  const set = await templateSet('k8s_fedora_coreos_v1/templates/kubecluster.yaml', KUBERNETES_ENVIRONMENTS);
  const id = await stacks.create('k8s', set, KUBERNETES);
  const signalled = await stacks.playAgents('k8s', id);
  const stack = await stacks.at('k8s', id);
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
  const resources = await stacks.resources('k8s', id);
  expect(resources.every(({ resource_status: status }) => status === 'CREATE_COMPLETE')).toBe(true);

  // Magnum names the nodes to remove by the ids of their servers, which its templates hand up as OS::stack_id.
  const [first] = resources.filter(({ resource_name: name }) => name === 'kube-minion');
  await stacks.change('k8s', id, {
    number_of_minions: 1,
    minions_to_remove: [first?.physical_resource_id],
  });
  await stacks.playAgents('k8s', id);
  expect(await stacks.at('k8s', id)).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
  const minions = (await stacks.resources('k8s', id)).filter(
    ({ resource_name: name }) => name === 'kube-minion',
  );
  expect(minions).toHaveLength(1);
  expect(minions[0]?.physical_resource_id).not.toBe(first?.physical_resource_id);

  await stacks.remove('k8s', id);
  expect(await leftovers()).toEqual(NOTHING);
});

test('a k8s_fedora_coreos stack boots from volumes, and an agent that fails is the reason of the stack', async () => {
  const environments = KUBERNETES_ENVIRONMENTS.map((name) => (name === 'no_volume' ? 'with_volume' : name));
  const set = await templateSet('k8s_fedora_coreos_v1/templates/kubecluster.yaml', environments);
  const parameters = { ...KUBERNETES, boot_volume_size: 1, docker_volume_size: 1, number_of_minions: 1 };
  const id = await stacks.create('bfv', set, parameters);
  await stacks.playAgents('bfv', id, { deploy_status_code: 1 });
  expect(await stacks.at('bfv', id)).toMatchObject({
    stack_status: 'CREATE_FAILED',
    stack_status_reason:
      'Resource CREATE failed: Error: resources.kube_masters.resources[0].resources.master_config_deployment: ' +
      'Deployment to server failed: deploy_status_code: Deployment exited with non-zero status code: 1',
  });
  await stacks.remove('bfv', id);
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
  await expect(stacks.create('swarm', set, parameters)).rejects.toThrow(
    'Property error: resources.api_lb.properties: Property allowed_cidrs not assigned',
  );
  const id = await stacks.create('swarm', withDefaults(set), parameters);
  await vi.waitFor(async () => expect((await stacks.at('swarm', id)).stack_status).toBe('CREATE_COMPLETE'), {
    timeout: 60_000,
    interval: 100,
  });
  const { outputs } = await stacks.at('swarm', id);
  expect(outputs.find(({ output_key: key }) => key === 'swarm_nodes')?.output_value).toHaveLength(2);
  expect(outputs.filter((output) => output.output_error !== undefined)).toEqual([]);
  await stacks.remove('swarm', id);
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

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Session } from '@gantry/openstack';
import { expect, vi } from 'vitest';

const DRIVERS = '/usr/lib/python3/dist-packages/magnum/drivers';
const ENVIRONMENTS = `${DRIVERS}/common/templates/environments`;
const SET_OF = fileURLToPath(new URL('heat-template-set.py', import.meta.url));
const run = promisify(execFile);

export interface Resource {
  readonly resource_name: string;
  readonly resource_type: string;
  readonly resource_status: string;
  readonly physical_resource_id: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

export interface Stack {
  readonly id: string;
  readonly stack_status: string;
  readonly stack_status_reason: string;
  readonly outputs: readonly {
    readonly output_key: string;
    readonly output_value: unknown;
    readonly output_error?: string;
  }[];
}

export interface TemplateSet {
  readonly template: object;
  readonly files: Readonly<Record<string, string>>;
  readonly environment_files: readonly string[];
}

/** What the conductor makes of a template and the environments it chose. */
export async function templateSet(template: string, environments: readonly string[]): Promise<TemplateSet> {
  const paths = environments.map((name) => `${ENVIRONMENTS}/${name}.yaml`);
  const { stdout } = await run('/usr/bin/python3', [SET_OF, `${DRIVERS}/${template}`, ...paths], {
    maxBuffer: 2 ** 26,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  return JSON.parse(stdout);
}

/** The embedded Heat, and whoever plays the agents on servers in which nothing runs. */
export interface OriginalStacks {
  /** @returns id of a stack that is ordered as the original's conductor orders it */
  create(name: string, set: TemplateSet, parameters: object): Promise<string>;
  change(name: string, id: string, parameters: object): Promise<void>;
  at(name: string, id: string): Promise<Stack>;
  /** With those of nested stacks. */
  resources(name: string, id: string): Promise<readonly Resource[]>;
  /**
   * Plays the agents until the stack comes to rest.
   * @param body what they signal; that all went well, unless given
   * @returns names of what was signalled
   */
  playAgents(name: string, id: string, body?: object): Promise<string[]>;
  remove(name: string, id: string): Promise<void>;
}

export function originalStacks(session: Session): OriginalStacks {
  const heat = <T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> =>
    session.ask<T>('orchestration', { method, path, ...(body && { body }) });

  const at = async (name: string, id: string): Promise<Stack> =>
    (await heat<{ stack: Stack }>('GET', `/stacks/${name}/${id}`)).stack;

  const resources = async (name: string, id: string): Promise<readonly Resource[]> =>
    (await heat<{ resources: Resource[] }>('GET', `/stacks/${name}/${id}/resources?nested_depth=5`))
      .resources;

  return {
    at,
    resources,
    async create(name, set, parameters) {
      const body = { stack_name: name, ...set, parameters, timeout_mins: 10, disable_rollback: true };
      return (await heat<{ stack: { id: string } }>('POST', '/stacks', body)).stack.id;
    },
    change: (name, id, parameters) =>
      heat('PATCH', `/stacks/${name}/${id}`, { parameters, disable_rollback: true }),
    async playAgents(name, id, body = { deploy_status_code: 0 }) {
      const signalled = new Set<string>();
      await vi.waitFor(async () => {
        for (const resource of await resources(name, id)) {
          const waits =
            resource.resource_status.endsWith('_IN_PROGRESS') && resource.physical_resource_id !== '';
          if (resource.resource_type !== 'OS::Heat::SoftwareDeployment' || !waits) continue;
          const self = new URL(resource.links.find(({ rel }) => rel === 'self')?.href ?? '');
          await heat('POST', `${self.pathname.replace(/^.*\/stacks/, '/stacks')}/signal`, body);
          signalled.add(resource.resource_name);
        }
        expect((await at(name, id)).stack_status).not.toMatch(/IN_PROGRESS$/);
      }, patience);
      return [...signalled];
    },
    async remove(name, id) {
      await heat('DELETE', `/stacks/${name}/${id}`);
      await vi.waitFor(
        async () => expect((await at(name, id)).stack_status).toBe('DELETE_COMPLETE'),
        patience,
      );
    },
  };
}

const patience = { timeout: 60_000, interval: 100 };

/** What the original's conductor gives a stack of k8s_fedora_coreos on the embedded cloud. */
export const KUBERNETES = {
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
  kube_version: 'v1.23.3-rancher1',
  master_role: 'master',
  worker_role: 'worker',
  master_nodegroup_name: 'default-master',
  worker_nodegroup_name: 'default-worker',
};

export const KUBERNETES_ENVIRONMENTS = [
  'no_volume',
  'no_etcd_volume',
  'with_private_network',
  'no_master_lb',
  'enable_floating_ip',
  'disable_lb_floating_ip',
];

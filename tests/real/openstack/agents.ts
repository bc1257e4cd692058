import { setTimeout as delay } from 'node:timers/promises';
import { serviceUrl, password } from './addresses.ts';
import { login, type Cloud } from './cloud.ts';

interface Stack {
  readonly id: string;
  /** Its project; an administrator is shown those of others too. */
  readonly project: string;
  readonly stack_name: string;
  readonly stack_status: string;
}

interface Resource {
  readonly resource_type: string;
  readonly resource_status: string;
  readonly physical_resource_id: string | null;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

interface Named {
  readonly id: string;
  readonly name: string;
  readonly domain_id: string;
}

const authUrl = `${serviceUrl.keystone}/v3`;

/**
 * Plays the programs in the servers, which the fake Nova never boots: signals every software deployment and every wait
 * condition that a stack waits for, in all projects of people, until the signal aborts.
 */
export async function playAgents(signal: AbortSignal): Promise<void> {
  const admin = await login(authUrl, 'admin', password, 'admin');
  const clouds = new Map<string, Cloud>();
  while (!signal.aborted) {
    // Keystone is slow at times; the next sweep asks again.
    await sweepAll(admin, clouds).catch(() => undefined);
    await delay(500, undefined, { signal }).catch(() => undefined);
  }
}

async function sweepAll(admin: Cloud, clouds: Map<string, Cloud>): Promise<void> {
  const { projects } = (await admin.call('identity', 'GET', '/projects')) as { projects: readonly Named[] };
  const { roles } = (await admin.call('identity', 'GET', '/roles?name=admin')) as { roles: readonly Named[] };
  for (const { id, name, domain_id } of projects) {
    if (domain_id !== 'default' || name === 'service') continue;
    try {
      const cloud = clouds.get(id) ?? (await enter(admin, id, name, roles[0]?.id ?? ''));
      clouds.set(id, cloud);
      await sweep(cloud);
    } catch {
      // The project or a stack went meanwhile; the next sweep sees.
    }
  }
}

/** Heat lets signal only who has a role in the stack's project. */
async function enter(admin: Cloud, project: string, name: string, role: string): Promise<Cloud> {
  await admin.call('identity', 'PUT', `/projects/${project}/users/${admin.userId}/roles/${role}`);
  return await login(authUrl, 'admin', password, name);
}

async function sweep(cloud: Cloud): Promise<void> {
  const { stacks } = (await cloud.call('orchestration', 'GET', '/stacks')) as { stacks: readonly Stack[] };
  for (const stack of stacks) {
    if (stack.project !== cloud.projectId) continue;
    if (!/^(CREATE|UPDATE)_IN_PROGRESS$/.test(stack.stack_status)) continue;
    const path = `/stacks/${stack.stack_name}/${stack.id}/resources?nested_depth=5&with_detail=false`;
    const { resources } = (await cloud.call('orchestration', 'GET', path)) as {
      resources: readonly Resource[];
    };
    const waiting = resources.filter(({ resource_status: status }) => status.endsWith('_IN_PROGRESS'));
    const stacksThatWait = new Set(
      waiting.filter((resource) => isA(resource, 'WaitCondition')).map((resource) => link(resource, 'stack')),
    );
    for (const resource of resources) {
      if (resource.physical_resource_id === null) continue;
      if (isA(resource, 'SoftwareDeployment') && waiting.includes(resource)) {
        await report(cloud, resource, { deploy_status_code: 0, deploy_stdout: '', deploy_stderr: '' });
      } else if (isA(resource, 'WaitConditionHandle') && stacksThatWait.has(link(resource, 'stack'))) {
        await report(cloud, resource, { status: 'SUCCESS', reason: 'played', data: 'ok', id: 'played' });
      }
    }
  }
}

async function report(cloud: Cloud, resource: Resource, body: object): Promise<void> {
  const self = link(resource, 'self');
  await cloud.call('orchestration', 'POST', `${self.slice(self.indexOf('/stacks/'))}/signal`, body);
}

const isA = (resource: Resource, type: string) => resource.resource_type === `OS::Heat::${type}`;

const link = (resource: Resource, rel: string) => resource.links.find((each) => each.rel === rel)?.href ?? '';

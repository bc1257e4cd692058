import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud, Json } from './cloud.ts';

interface Stack {
  readonly id: string;
  readonly stack_name: string;
  readonly stack_status: string;
}

interface Resource {
  readonly resource_status: string;
  readonly physical_resource_id: string | null;
  readonly links: readonly { rel: string; href: string }[];
}

/**
 * Plays the agents in the servers, which the fake Nova never boots: signals every software deployment that waits in the
 * stacks of `cloud`'s project, until the signal aborts.
 * @param failing names of stacks whose deployments fail
 */
export async function playAgents(
  cloud: Cloud,
  signal: AbortSignal,
  failing: RegExp = /-failing-/,
): Promise<void> {
  while (!signal.aborted) {
    // A stack may go between two requests; the next sweep sees.
    await sweep(cloud, failing).catch(() => undefined);
    await delay(500, undefined, { signal }).catch(() => undefined);
  }
}

async function sweep(cloud: Cloud, failing: RegExp): Promise<void> {
  const { stacks } = (await cloud.call('orchestration', 'GET', '/stacks')) as { stacks: readonly Stack[] };
  for (const stack of stacks) {
    if (!/^(CREATE|UPDATE)_IN_PROGRESS$/.test(stack.stack_status)) continue;
    const query = 'nested_depth=5&with_detail=false&type=OS::Heat::SoftwareDeployment';
    const answer = await cloud.call(
      'orchestration',
      'GET',
      `/stacks/${stack.stack_name}/${stack.id}/resources?${query}`,
    );
    for (const resource of answer['resources'] as readonly Resource[]) {
      if (resource.physical_resource_id === null || !resource.resource_status.endsWith('_IN_PROGRESS'))
        continue;
      const self = resource.links.find((link) => link.rel === 'self')?.href ?? '';
      await cloud.call(
        'orchestration',
        'POST',
        `${self.slice(self.indexOf('/stacks/'))}/signal`,
        report(failing.test(stack.stack_name)),
      );
    }
  }
}

const report = (failed: boolean): Json => ({
  deploy_status_code: failed ? 1 : 0,
  deploy_stdout: '',
  deploy_stderr: failed ? 'played failure' : '',
});

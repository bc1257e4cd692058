import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound, type Session } from '@gantry/openstack';
import { swarmTemplate } from 'gantry';
import { withMachine } from './machine.ts';
import { median, publish, result } from './result.ts';

const ROUNDS = 3;

interface Cluster {
  readonly uuid: string;
  readonly status: string;
  readonly status_reason: string | null;
}

/** A Swarm of one manager and two workers on real servers: from the request until it is complete, and until it is gone. */
export async function benchSwarm(): Promise<void> {
  await withMachine(async ({ session }) => {
    await session.ask('container-infra', { method: 'POST', path: '/clustertemplates', body: swarmTemplate });
    const created: number[] = [];
    const deleted: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const order = {
        name: `bench-${round}`,
        cluster_template_id: swarmTemplate.name,
        master_count: 1,
        node_count: 2,
      };
      let begin = performance.now();
      const { uuid } = await session.ask<Cluster>('container-infra', {
        method: 'POST',
        path: '/clusters',
        body: order,
      });
      await until(session, uuid, 'CREATE_COMPLETE');
      created.push((performance.now() - begin) / 1000);
      begin = performance.now();
      await session.ask('container-infra', { method: 'DELETE', path: `/clusters/${uuid}` });
      await until(session, uuid, 'gone');
      deleted.push((performance.now() - begin) / 1000);
    }
    publish('swarm', 'created in under 25 s', [
      result('Swarm 1+2, request to CREATE_COMPLETE, real servers', 's', median(created)),
      result('Swarm 1+2, deletion, real servers', 's', median(deleted)),
    ]);
  });
}

async function until(session: Session, uuid: string, wanted: string): Promise<void> {
  for (;;) {
    const status = await session
      .ask<Cluster>('container-infra', { method: 'GET', path: `/clusters/${uuid}` })
      .then(
        (cluster) => {
          if (cluster.status.endsWith('_FAILED'))
            throw new Error(`${cluster.status}: ${cluster.status_reason}`);
          return cluster.status;
        },
        (error: unknown) => {
          if (isNotFound(error)) return 'gone';
          throw error;
        },
      );
    if (status === wanted) return;
    await delay(100);
  }
}

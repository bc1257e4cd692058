import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound, stacksClient, type Session, type StackResource } from '@gantry/openstack';
import { writeClusterConfig } from './cluster-config.ts';
import { typeDocker } from './type-docker.ts';
import { swarmTemplate } from '../launch/swarm-template.ts';
import { heading, note, progressBar, showCall } from '../cli/terminal.ts';

export interface SwarmStage {
  readonly session: Session;
  readonly signal: AbortSignal;
  /** Where the cluster's client files go. */
  readonly folder: string;
  /** Simulated servers have no Docker to talk to. */
  readonly real: boolean;
}

/** Fields of Magnum's cluster that are shown. Source: Container Infrastructure Management API v1. */
interface Cluster {
  readonly uuid: string;
  readonly status: string;
  readonly status_reason: string | null;
  readonly api_address: string | null;
  readonly master_addresses: readonly string[];
  readonly node_addresses: readonly string[];
  readonly stack_id: string | null;
}

const MAGNUM = 'container-infra';
/** The second journey: a Docker Swarm of one manager and two workers, made by Magnum. */
export async function swarmJourney(stage: SwarmStage): Promise<void> {
  const { session, signal } = stage;
  heading('A Docker Swarm: Magnum');
  await session.ask(MAGNUM, { method: 'POST', path: '/clustertemplates', body: swarmTemplate, signal });
  showCall(
    'POST',
    '/container-infra/v1/clustertemplates',
    'openstack coe cluster template create swarm --coe swarm-mode --image server --external-network public --flavor m1.small --master-flavor m1.small',
    Object.entries(swarmTemplate),
  );
  const order = { name: 'demo-swarm', cluster_template_id: 'swarm', master_count: 1, node_count: 2 };
  const { uuid } = await session.ask<Cluster>(MAGNUM, {
    method: 'POST',
    path: '/clusters',
    body: order,
    signal,
  });
  showCall(
    'POST',
    '/container-infra/v1/clusters',
    'openstack coe cluster create --cluster-template swarm --master-count 1 --node-count 2 demo-swarm',
    [...Object.entries(order), ['uuid', uuid]],
  );
  const cluster = await untilComplete(stage, uuid);
  showCall('GET', `/container-infra/v1/clusters/${uuid}`, 'openstack coe cluster show demo-swarm', [
    ['status', cluster.status],
    ['api_address', cluster.api_address],
    ['master_addresses', cluster.master_addresses],
    ['node_addresses', cluster.node_addresses],
  ]);
  if (!stage.real) {
    note('The servers are simulated, so there is no Docker on them to talk to.');
    return;
  }
  const folder = join(stage.folder, 'demo-swarm');
  await writeClusterConfig(session, uuid, folder);
  note(`\n# openstack coe cluster config demo-swarm --dir ${folder}   wrote ca.pem, cert.pem, key.pem`);
  const env = { DOCKER_HOST: cluster.api_address ?? '', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
  note(
    Object.entries(env)
      .map(([name, value]) => `export ${name}=${value}`)
      .join('\n'),
  );
  const docker = (line: string): Promise<string> => typeDocker(env, stage, line.split(' '));
  await docker('docker node ls');
  await docker(
    'docker service create --detach=false --quiet --no-resolve-image --name web --replicas 3 --publish mode=host,target=80 nginx',
  );
  // A node that has not loaded its copy of the image yet refuses a task; Swarm tries again.
  await docker('docker service ps --filter desired-state=running web');
}

async function untilComplete(stage: SwarmStage, uuid: string): Promise<Cluster> {
  const bar = progressBar('demo-swarm');
  try {
    for (;;) {
      const cluster = await show(stage, uuid);
      if (cluster.status.endsWith('_FAILED')) {
        throw new Error(`the cluster is ${cluster.status}: ${cluster.status_reason}`);
      }
      if (cluster.status.endsWith('_COMPLETE')) {
        bar.end(cluster.status);
        return cluster;
      }
      const { done, text } = await stackProgress(stage, cluster, 'CREATE');
      bar.update(done, text);
      await delay(300, undefined, { signal: stage.signal });
    }
  } finally {
    bar.clear();
  }
}

function show(stage: SwarmStage, uuid: string): Promise<Cluster> {
  return stage.session.ask<Cluster>(MAGNUM, {
    method: 'GET',
    path: `/clusters/${uuid}`,
    signal: stage.signal,
  });
}

/** How many of the stack's resources are there, or gone, and one of those that aren't. */
async function stackProgress(
  stage: SwarmStage,
  cluster: Cluster,
  action: 'CREATE' | 'DELETE',
): Promise<{ done: number; text: string }> {
  const resources = await resourcesOf(stage, cluster);
  if (resources.length === 0) return { done: 0, text: cluster.status };
  const complete = resources.filter(({ resource_status }) => resource_status === `${action}_COMPLETE`).length;
  const waiting = resources.findLast(({ resource_status }) => resource_status === `${action}_IN_PROGRESS`);
  const doing = action === 'CREATE' ? 'making' : 'deleting';
  return {
    done: complete / resources.length,
    text: `${complete} of ${resources.length} resources${waiting ? `, ${doing} ${waiting.resource_name}` : ''}`,
  };
}

/** None where the stack is not there yet, or any more. */
async function resourcesOf({ session, signal }: SwarmStage, { stack_id }: Cluster): Promise<StackResource[]> {
  if (stack_id === null) return [];
  try {
    return await stacksClient(session).resources(stack_id, { nestedDepth: 3, signal });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Deletes cluster and template, and looks that they are gone. */
export async function endSwarmJourney(stage: SwarmStage): Promise<void> {
  const { session, signal } = stage;
  const path = '/clusters/demo-swarm';
  const { uuid } = await session.ask<Cluster>(MAGNUM, { method: 'GET', path, signal });
  await session.ask(MAGNUM, { method: 'DELETE', path, signal });
  showCall('DELETE', `/container-infra/v1/clusters/${uuid}`, 'openstack coe cluster delete demo-swarm', [
    ['name', 'demo-swarm'],
  ]);
  await untilGone(stage, uuid);
  await session.ask(MAGNUM, { method: 'DELETE', path: '/clustertemplates/swarm', signal });
}

async function untilGone(stage: SwarmStage, uuid: string): Promise<void> {
  const bar = progressBar('demo-swarm');
  try {
    for (;;) {
      const cluster = await show(stage, uuid).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (!cluster) break;
      if (cluster.status === 'DELETE_FAILED') throw new Error(`not deleted: ${cluster.status_reason}`);
      const { done, text } = await stackProgress(stage, cluster, 'DELETE');
      bar.update(done, text);
      await delay(300, undefined, { signal: stage.signal });
    }
    bar.end('deleted');
  } finally {
    bar.clear();
  }
}

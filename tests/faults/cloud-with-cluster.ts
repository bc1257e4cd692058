import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  computeClient,
  identityClient,
  networkClient,
  OpenStackError,
  stacksClient,
  type Session,
} from '@gantry/openstack';
import { cloudSession, freePort, launchGantry, swarmTemplate, type Launched } from 'gantry';
import { vi } from 'vitest';

export const MAGNUM = 'container-infra';

export interface Cluster {
  readonly uuid: string;
  readonly name: string;
  readonly status: string;
  readonly status_reason: string | null;
}

/** An embedded cloud in a process that can be killed, with a cluster template in it. */
export interface TestCloud {
  readonly session: Session;
  readonly admin: Session;
  /** Starts the process; with `crash`, one that dies at that write once it is armed. */
  start(crash?: Crash): Promise<Launched>;
  /** Ends what still runs, and removes the data. */
  remove(): Promise<void>;
}

export interface Crash {
  /** Number of the write, from 1; negative: right after it. */
  readonly at: number;
  /** Only writes whose SQL matches count. */
  readonly sql: string;
}

const PRELOAD = fileURLToPath(new URL('crash-at-write.ts', import.meta.url));

export async function testCloud(): Promise<TestCloud> {
  const data = mkdtempSync(join(tmpdir(), 'gantry-kill-'));
  const listen = `127.0.0.1:${await freePort()}`;
  let running: Launched | undefined;
  const start = async (crash?: Crash): Promise<Launched> => {
    running = await launchGantry({
      data,
      listen,
      servers: 'simulated',
      ...(crash && {
        nodeOptions: ['--import', PRELOAD],
        env: { CRASH_AT: String(crash.at), CRASH_SQL: crash.sql },
      }),
    });
    return running;
  };
  const first = await start();
  const session = cloudSession(data);
  await session.ask(MAGNUM, { method: 'POST', path: '/clustertemplates', body: swarmTemplate });
  await first.stop();
  return {
    session,
    admin: cloudSession(data, 'gantry-admin'),
    start,
    async remove() {
      await running?.kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A cluster by name; undefined if there is none. */
export async function clusterNamed(session: Session, name: string): Promise<Cluster | undefined> {
  const { clusters } = await session.ask<{ clusters: Cluster[] }>(MAGNUM, {
    method: 'GET',
    path: '/clusters',
  });
  return clusters.find((cluster) => cluster.name === name);
}

/** Asks, from a process that may die before it answers. @returns whether it answered */
export async function answered(asking: Promise<unknown>): Promise<boolean> {
  return asking.then(
    () => true,
    (error: unknown) => {
      if (error instanceof OpenStackError && error.status === 0) return false;
      throw error;
    },
  );
}

/** Waits until `look` gives what is wanted; a process that works towards it is looked at often. */
export function eventually<T>(look: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  return vi.waitFor(
    async () => {
      const value = await look();
      if (!wanted(value)) throw new Error(`still ${JSON.stringify(value)}`);
      return value;
    },
    { timeout: 30_000, interval: 30 },
  );
}

/** How many there are of all that a cluster makes. */
export async function inventory(cloud: TestCloud): Promise<Record<string, number>> {
  const { session, admin } = cloud;
  const neutron = networkClient(session);
  const [domain] = await identityClient(admin).domains.list({ name: 'magnum' });
  const count = (things: Promise<readonly unknown[]>): Promise<number> => things.then((list) => list.length);
  const counts = {
    stacks: count(stacksClient(session).list()),
    servers: count(computeClient(session).servers.list()),
    ports: count(neutron.ports.list()),
    networks: count(neutron.networks.list({ 'router:external': false })),
    routers: count(neutron.routers.list()),
    floatingIps: count(neutron.floatingIps.list()),
    // The project's own group `default` stays.
    securityGroups: count(neutron.securityGroups.list()).then((all) => all - 1),
    trusts: count(identityClient(admin).trusts.list()),
    // The administrator of the domain is not a trustee.
    trustees: count(identityClient(admin).users.list({ domain_id: domain?.id })).then((all) => all - 1),
  };
  return Object.fromEntries(
    await Promise.all(Object.entries(counts).map(async ([name, value]) => [name, await value] as const)),
  );
}

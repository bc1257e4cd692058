import { expect } from 'vitest';
import {
  answered,
  clusterNamed,
  eventually,
  inventory,
  MAGNUM,
  type Crash,
  type TestCloud,
} from './cloud-with-cluster.ts';

/** What a Swarm of one manager and one worker has, however often its making was broken off. */
const COMPLETE = {
  stacks: 1,
  servers: 2,
  networks: 1,
  routers: 1,
  trusts: 1,
  trustees: 1,
};

const order = { name: 'c', cluster_template_id: 'swarm', master_count: 1, node_count: 1 };

/**
 * Has a process die at a point of what `ask` sets off, and another take over.
 *
 * @returns whether that point was reached; if not, everything went through undisturbed
 */
async function killDuring(
  cloud: TestCloud,
  crash: Crash,
  ask: () => Promise<unknown>,
  done: () => Promise<boolean>,
): Promise<boolean> {
  const doomed = await cloud.start(crash);
  await cloud.session.token();
  process.kill(doomed.pid, 'SIGUSR2');
  await answered(ask());
  const died = await Promise.race([
    doomed.ended.then(() => true),
    eventually(() => done().catch(() => false), Boolean).then(() => false),
  ]);
  if (!died) await doomed.stop();
  return died;
}

/**
 * Creates a cluster and deletes it, and has the process die at that write of each; the next process ends what was
 * begun. Fails where something is not there, there twice, or left.
 *
 * @returns whether that write was reached
 */
export async function createAndDelete(cloud: TestCloud, crash: Crash): Promise<boolean> {
  const { session } = cloud;
  const status = async (): Promise<string | undefined> => (await clusterNamed(session, 'c'))?.status;
  const create = (): Promise<unknown> =>
    session.ask(MAGNUM, { method: 'POST', path: '/clusters', body: order });

  const diedInCreate = await killDuring(
    cloud,
    crash,
    create,
    async () => (await status()) === 'CREATE_COMPLETE',
  );
  let gantry = await cloud.start();
  // An order that was not answered may not have been taken: then its user gives it again.
  if ((await status()) === undefined) await create();
  await eventually(status, (value) => value === 'CREATE_COMPLETE');
  expect(await inventory(cloud)).toMatchObject(COMPLETE);
  await gantry.stop();

  const remove = (): Promise<unknown> => session.ask(MAGNUM, { method: 'DELETE', path: '/clusters/c' });
  const diedInDelete = await killDuring(cloud, crash, remove, async () => (await status()) === undefined);
  gantry = await cloud.start();
  const left = await status();
  if (left === 'CREATE_COMPLETE') await remove();
  await eventually(status, (value) => value === undefined);
  const counts = await inventory(cloud);
  expect(counts).toEqual(Object.fromEntries(Object.keys(counts).map((name) => [name, 0])));
  await gantry.stop();
  return diedInCreate || diedInDelete;
}

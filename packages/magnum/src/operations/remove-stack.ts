import type { Driver, DriverContext, Observation } from '../drivers/driver.ts';
import type { NodeGroup } from '../store/rows.ts';
import { loadCluster, withDriver } from './driver-context.ts';
import { OperationFailure } from './failures.ts';
import type { StepContext } from './verb.ts';

/** Milliseconds between looks at the stack: quick at first, then ever slower. */
const FIRST_LOOK = 300;
const SLOWEST_LOOK = 10_000;

/** How often Heat is told again to delete a stack whose deletion failed; much of what is in the way goes by itself. */
const TRIES = 3;

/** Has the stack of a cluster deleted, and waits until it is gone. @throws OperationFailure if it doesn't go */
export function removeClusterStack(context: StepContext): Promise<void> {
  return removeStack(context, {
    begin: (driver, inner) => driver.delete(inner),
    observe: (driver, inner) => driver.observe(inner),
  });
}

/** The same for the stack of a node group that was added. */
export function removeGroupStack(context: StepContext, group: NodeGroup): Promise<void> {
  return removeStack(context, {
    begin: (driver, inner) => driver.deleteNodegroup(inner, group),
    observe: (driver, inner) => driver.observe(inner, { group }),
  });
}

interface Removal {
  readonly begin: (driver: Driver, context: DriverContext) => Promise<void>;
  readonly observe: (driver: Driver, context: DriverContext) => Promise<Observation>;
}

async function removeStack(context: StepContext, removal: Removal): Promise<void> {
  await act(context, removal.begin, undefined);
  let tries = 1;
  for (let look = FIRST_LOOK; ; look = Math.min(look * 1.5, SLOWEST_LOOK)) {
    const seen = await act<Observation>(context, removal.observe, { kind: 'missing' });
    if (seen.kind === 'missing') return;
    if (seen.status === 'DELETE_FAILED') {
      if (tries >= TRIES) throw notDeleted(seen.reason);
      tries += 1;
      await context.tell('warning', 'StackDeleteRetried', `the stack was not deleted: ${seen.reason ?? ''}`);
      await act(context, removal.begin, undefined);
    } else if (seen.status !== 'DELETE_IN_PROGRESS') {
      // Heat forgot, or somebody else changed the stack meanwhile.
      await act(context, removal.begin, undefined);
    }
    await context.clock.sleep(look, context.signal);
    context.signal.throwIfAborted();
  }
}

/** Any driver can remove any stack, so that none is stuck because its own isn't there. @param gone if there is no cluster */
async function act<T>(
  context: StepContext,
  work: (driver: Driver, inner: DriverContext) => Promise<T>,
  gone: T,
): Promise<T> {
  const loaded = await loadCluster(context, context.operation.cluster_uuid);
  if (!loaded) return gone;
  const driver = loaded.driver ?? context.remover;
  return withDriver(context, loaded, context.signal, (inner) => work(driver, inner));
}

function notDeleted(reason: string | undefined): OperationFailure {
  return new OperationFailure(
    `Heat could not delete the stack: ${reason ?? 'it gave no reason'}`,
    'Remove what is in the way, then delete it again.',
  );
}

import { createLogger } from '@gantry/oslo';
import { reachStore } from './assemble.ts';
import { loadMagnumConf, type ConfSources } from './conf.ts';
import { explained } from './run-magnum.ts';

/** `gantry magnum-db`: makes in the database what Gantry needs there, and says what that was. */
export async function runMagnumDb(sources: ConfSources): Promise<void> {
  await explained(async () => {
    const { values } = loadMagnumConf({ ...sources, env: process.env });
    const log = createLogger('magnum-db', {});
    const store = await reachStore(values, log);
    await store.close();
  });
  process.stdout.write('the database has all that Gantry needs\n');
}

import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { heading, note } from '../cli/terminal.ts';
import { reason } from '../up/data-folder.ts';
import { endNetworkJourney, networkJourney } from './network-journey.ts';
import { becomeTheOnlyOne } from './only-one.ts';
import { cleanUp, keepLogs, realStage, simulatedStage, type DemoStage } from './stage.ts';
import { endSwarmJourney, swarmJourney } from './swarm-journey.ts';

/** `make demo`: both journeys on this machine, by the commands that a user would type. `--exit`: then end. */
const CACHE = fileURLToPath(new URL('../../../../.cache/', import.meta.url));

/** Ctrl-C, `kill`, and the terminal being closed. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const stopping = new AbortController();
/** What a shell calls the end by the signal that came first. */
let endedBy: number | undefined;
for (const name of ENDING) {
  process.on(name, () => {
    process.stderr.write(`\n${endedBy === undefined ? '' : 'Still '}ending: a few seconds, please.\n`);
    endedBy ??= 128 + constants.signals[name];
    stopping.abort(new Error(`stopped by ${name}`));
  });
}
// Whoever reads what is printed may go, and the terminal be closed: everything is to be removed nevertheless.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await demo(process.argv.includes('--exit'), stopping.signal);

async function demo(exit: boolean, signal: AbortSignal): Promise<number> {
  let lock;
  try {
    lock = await becomeTheOnlyOne(CACHE, sayThatItWaits, signal);
  } catch (error) {
    if (signal.aborted) return endedBy ?? 1;
    process.stderr.write(`The demo can't start: ${reason(error)}\n`);
    return 1;
  }
  const status = await play(exit, signal);
  heading('Cleaning up');
  const left = await cleanUp(CACHE);
  for (const thing of left) process.stderr.write(`left behind: ${thing}\n`);
  if (left.length === 0) note('Nothing of it is left on this machine, but for the cached images in .cache.');
  lock.close();
  return left.length === 0 ? status : 1;
}

function sayThatItWaits(): void {
  note('Another `make demo` of this clone has not ended: waiting for it.');
}

async function play(exit: boolean, signal: AbortSignal): Promise<number> {
  const start = performance.now();
  try {
    const stage =
      process.getuid?.() === 0 ? await realStage(CACHE, signal) : await simulatedStage(CACHE, signal);
    await journeys(stage, signal);
    note(`\nThat took ${((performance.now() - start) / 1000).toFixed(0)} seconds.`);
    if (exit) note('`make demo` without EXIT=1 stays up for you to look around.');
    else await stayUp(stage, signal);
    return 0;
  } catch (error) {
    if (signal.aborted) return endedBy ?? 1;
    process.stderr.write(`\nThe demo broke off: ${reason(error)}\n`);
    note(`Its logs: ${keepLogs(CACHE)}`);
    return 1;
  }
}

async function journeys(stage: DemoStage, signal: AbortSignal): Promise<void> {
  const { session, docker, folder } = stage;
  const swarm = { session, signal, folder, real: docker !== undefined };
  if (docker !== undefined) await networkJourney({ docker, session, signal, folder });
  await swarmJourney(swarm);
  heading('Everything removed again');
  await endSwarmJourney(swarm);
  if (docker !== undefined) await endNetworkJourney({ docker, session, signal, folder });
}

async function stayUp(stage: DemoStage, signal: AbortSignal): Promise<void> {
  heading('Your turn');
  note(`The cloud stays up at ${stage.url} until Ctrl-C. In another shell:\n`);
  note(`  export OS_CLIENT_CONFIG_FILE=${stage.folder}/clouds.yaml OS_CLOUD=gantry`);
  note('  openstack network list        # apt-get install python3-openstackclient python3-heatclient');
  note('  openstack server create --image server --flavor m1.small --network NETWORK my-server');
  note('  openstack coe cluster list    # apt-get install python3-magnumclient');
  if (stage.docker !== undefined) {
    note(`  export DOCKER_HOST=unix://${stage.docker}`);
    note(
      '  docker network create --driver=kuryr --ipam-driver=kuryr --subnet 10.1.0.0/24 --gateway 10.1.0.1 mine',
    );
    note('  docker run --rm -it --net=mine busybox');
  }
  if (!signal.aborted) await once(signal, 'abort');
}

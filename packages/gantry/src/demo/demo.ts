import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { reason } from '../up/data-folder.ts';
import { cleanUp, realStage, simulatedStage, type DemoStage } from './stage.ts';
import { endNetworkJourney, networkJourney } from './network-journey.ts';
import { endSwarmJourney, swarmJourney } from './swarm-journey.ts';
import { heading, note } from '../cli/terminal.ts';

/** `make demo`: both journeys on this machine, by the commands that a user would type. `--exit`: then end. */
const CACHE = fileURLToPath(new URL('../../../../.cache/', import.meta.url));

const stopping = new AbortController();
const stop = (): void => stopping.abort(new Error('stopped'));
process.on('SIGINT', stop).on('SIGTERM', stop);

process.exitCode = await demo(process.argv.includes('--exit'), stopping.signal);

async function demo(exit: boolean, signal: AbortSignal): Promise<number> {
  let status = 0;
  try {
    const stage =
      process.getuid?.() === 0 ? await realStage(CACHE, signal) : await simulatedStage(CACHE, signal);
    await journeys(stage, signal);
    if (!exit) await stayUp(stage, signal);
  } catch (error) {
    if (!signal.aborted) {
      process.stderr.write(`\nThe demo broke off: ${reason(error)}\nIts log: ${CACHE}demo/data/gantry.log\n`);
      status = 1;
    }
  }
  heading('Cleaning up');
  const left = await cleanUp(CACHE);
  for (const thing of left) process.stderr.write(`left behind: ${thing}\n`);
  if (left.length === 0) note('Nothing of it is left on this machine, but for the cached images in .cache.');
  return left.length === 0 ? status : 1;
}

async function journeys(stage: DemoStage, signal: AbortSignal): Promise<void> {
  const { session, docker } = stage;
  const swarm = { session, signal, folder: stage.folder, real: docker !== undefined };
  if (docker !== undefined) await networkJourney({ docker, session, signal });
  await swarmJourney(swarm);
  heading('Everything removed again');
  await endSwarmJourney(swarm);
  if (docker !== undefined) await endNetworkJourney({ docker, session, signal });
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

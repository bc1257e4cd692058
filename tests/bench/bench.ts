import { benchDockerRun } from './docker-run.ts';
import { benchMagnumApi } from './magnum-api.ts';
import { benchStart } from './start.ts';
import { benchSwarm } from './swarm.ts';

/** `make bench`, or `make bench ONLY="start swarm"`. */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  start: benchStart,
  'magnum-api': benchMagnumApi,
  'docker-run': benchDockerRun,
  swarm: benchSwarm,
};

const wanted = process.argv.slice(2).flatMap((argument) => argument.split(' '));
for (const name of wanted.length === 0 ? Object.keys(benches) : wanted) {
  const bench = benches[name];
  if (!bench) throw new Error(`there is no bench ${name}: ${Object.keys(benches).join(', ')}`);
  await bench();
}

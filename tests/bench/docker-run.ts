import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withMachine } from './machine.ts';
import { median, percentile, publish, result, type Result } from './result.ts';

const ROUNDS = 20;
const ROUNDS_OF_TEN = 6;
const CREATE =
  'network create --driver=kuryr --ipam-driver=kuryr --subnet 10.99.0.0/16 --gateway 10.99.0.1 --ip-range 10.99.0.0/24 bar';

const NETWORKS = ['bar', 'plain'] as const;
type Times = Readonly<Record<(typeof NETWORKS)[number], number[]>>;

/**
 * `docker run` on a Kuryr network beside Docker's own bridge, turn by turn: each is as often first as second, so that
 * what one leaves to be done behind the last answer costs both alike.
 */
export async function benchDockerRun(): Promise<void> {
  await withMachine(async ({ docker }) => {
    const env = { ...process.env, DOCKER_HOST: `unix://${docker}` };
    const run = (line: string): Promise<unknown> => promisify(execFile)('docker', line.split(' '), { env });
    await run(CREATE);
    await run('network create --driver=bridge --subnet 172.31.254.0/24 plain');
    for (const network of NETWORKS) await run(`run --rm --net=${network} busybox true`);
    const single = await inTurns(ROUNDS, (network) =>
      timed(() => run(`run --rm --net=${network} busybox true`)),
    );
    const tenAtOnce = await inTurns(ROUNDS_OF_TEN, async (network) => {
      const names = Array.from({ length: 10 }, (_unused, index) => `ten-${index}`);
      const start = (name: string): Promise<unknown> =>
        run(`run -d --name ${name} --net=${network} busybox sleep 60`);
      const time = await timed(() => Promise.all(names.map(start)));
      await run(`rm -f ${names.join(' ')}`);
      return time;
    });
    for (const network of NETWORKS) await run(`network rm ${network}`);
    publish('docker-run', "not slower than on Docker's bridge", [
      ...compared('docker run --rm', single),
      ...compared('10 docker run -d at once', tenAtOnce),
    ]);
  });
}

async function inTurns(
  rounds: number,
  measure: (network: (typeof NETWORKS)[number]) => Promise<number>,
): Promise<Times> {
  const times: Times = { bar: [], plain: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const network of round % 2 === 0 ? NETWORKS : NETWORKS.toReversed()) {
      times[network].push(await measure(network));
    }
  }
  return times;
}

function compared(what: string, { bar, plain }: Times): Result[] {
  const name = (figure: string): string => `${what} on Kuryr, ${figure}; theirs: Docker's bridge`;
  return [
    result(name('median'), 'ms', median(bar), median(plain)),
    result(name('p90'), 'ms', percentile(bar, 90), percentile(plain, 90)),
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withMachine } from './machine.ts';
import { median, publish, result } from './result.ts';

const ROUNDS = 20;
const CREATE =
  'network create --driver=kuryr --ipam-driver=kuryr --subnet 10.99.0.0/16 --gateway 10.99.0.1 --ip-range 10.99.0.0/24 bar';

/** `docker run` on a Kuryr network beside Docker's own bridge, turn by turn. */
export async function benchDockerRun(): Promise<void> {
  await withMachine(async ({ docker }) => {
    const env = { ...process.env, DOCKER_HOST: `unix://${docker}` };
    const run = (line: string): Promise<unknown> => promisify(execFile)('docker', line.split(' '), { env });
    await run(CREATE);
    await run('network create --driver=bridge --subnet 172.31.254.0/24 plain');
    const times = { bar: [] as number[], plain: [] as number[] };
    const atOnce = { bar: [] as number[], plain: [] as number[] };
    const networks = ['bar', 'plain'] as const;
    for (const network of networks) await run(`run --rm --net=${network} busybox true`);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const network of round % 2 === 0 ? networks : networks.toReversed()) {
        times[network].push(await timed(() => run(`run --rm --net=${network} busybox true`)));
      }
    }
    for (let round = 0; round < 3; round += 1) {
      for (const network of networks) {
        const ten = Array.from({ length: 10 }, (_unused, index) => `ten-${index}`);
        const start = (name: string): Promise<unknown> =>
          run(`run -d --name ${name} --net=${network} busybox sleep 60`);
        atOnce[network].push(await timed(() => Promise.all(ten.map(start))));
        await run(`rm -f ${ten.join(' ')}`);
      }
    }
    await run('network rm bar');
    await run('network rm plain');
    publish('docker-run', "not slower than on Docker's bridge", [
      result(
        "docker run --rm on Kuryr; theirs: Docker's bridge",
        'ms',
        median(times.bar),
        median(times.plain),
      ),
      result(
        "10 docker run -d at once on Kuryr; theirs: Docker's bridge",
        'ms',
        median(atOnce.bar),
        median(atOnce.plain),
      ),
    ]);
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

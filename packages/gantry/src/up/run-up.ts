import { once } from 'node:events';
import { UserError } from '../cli/exit.ts';
import { dockerSocket } from './docker-socket.ts';
import { enterFolder } from './enter-folder.ts';
import type { UpOptions } from './up.ts';

/** Ctrl-C, `kill`, and the terminal being closed. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal that comes twice at once is one: npx passes on what the terminal has sent to us as well; milliseconds. */
const SAME_MOMENT = 1000;

/** `gantry up`: runs the cloud, prints where it is, and stops it when the process is told to end. */
export async function runUp(options: UpOptions): Promise<void> {
  const signal = endingSignal();
  // Whoever reads what is printed may go: `gantry up | head -1`.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);

  if (options.docker !== undefined) dockerSocket(options.docker);
  const folder = enterFolder(options.data);
  // Loading the services takes longer than finding out what is wrong with a folder.
  const { up } = await import('./up.ts');
  const gantry = await up(options, folder, signal);
  const { endpoints } = gantry;
  const width = Math.max(...endpoints.map(([name]) => name.length));
  for (const remark of gantry.remarks) process.stderr.write(`gantry: ${remark}\n`);
  process.stdout.write(
    [
      `gantry is ready in ${gantry.readyMs} ms`,
      ...endpoints.map(([name, url]) => `  ${name.padEnd(width)}  ${url}`),
      '',
      `export OS_CLIENT_CONFIG_FILE=${folder.cloudsYaml} OS_CLOUD=gantry    # or: . ${folder.openrc}`,
      'Ctrl-C stops it and keeps its data.',
      '',
    ].join('\n'),
  );
  if (!signal.aborted) await once(signal, 'abort');
  await gantry.stop();
}

/** Aborts when the process is told to end. Told once more while it stops, it ends at once. */
function endingSignal(): AbortSignal {
  const stopping = new AbortController();
  let since: number | undefined;
  for (const name of ENDING) {
    process.on(name, () => {
      if (since === undefined) {
        since = performance.now();
        stopping.abort(new UserError(`stopped by ${name} before it was ready`));
      } else if (performance.now() - since > SAME_MOMENT) {
        process.stderr.write(
          'gantry: ended before everything was stopped. Nothing is lost: gantry up goes on with it, gantry down removes it.\n',
        );
        process.exit(1);
      }
    });
  }
  return stopping.signal;
}

import { once } from 'node:events';
import { UserError } from '../cli/exit.ts';
import { up, type UpOptions } from './up.ts';

/** `gantry up`: runs the cloud, prints where it is, and stops it when the process is told to end. */
export async function runUp(options: UpOptions): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stop = (name: NodeJS.Signals): void =>
    stopping.abort(new UserError(`stopped by ${name} before it was ready`));
  process.once('SIGINT', stop).once('SIGTERM', stop);

  const gantry = await up(options, signal);
  const { endpoints, folder } = gantry;
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

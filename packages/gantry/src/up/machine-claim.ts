import { once } from 'node:events';
import { createServer } from 'node:net';
import { UserError } from '../cli/exit.ts';

/**
 * Claims what a cloud has on this machine (bridges, routers, rules, containers: all that carries its id) for this
 * process, until the returned function is called or the process ends, however that happens. The claim is an abstract
 * Unix socket, unix(7): like the bridges it is one network namespace's, and it can't be left behind.
 *
 * @throws UserError if another process has it: one with the same data folder, or with a copy of it
 */
export async function claimMachine(cloudId: string): Promise<() => void> {
  const server = createServer((connection) => connection.destroy());
  try {
    server.listen({ path: `\0gantry:${cloudId}` });
    await once(server, 'listening');
  } catch (error) {
    throw new UserError(
      `the cloud ${cloudId} runs already on this machine, from this data folder or from a copy of it: ` +
        'stop that one (Ctrl-C, or `gantry down` with its folder) and try again.',
      { cause: error },
    );
  }
  server.unref();
  return () => void server.close();
}

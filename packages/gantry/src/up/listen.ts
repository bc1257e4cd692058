import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { UserError } from '../cli/exit.ts';
import { reason } from './data-folder.ts';

/** Addresses of this machine where the APIs are. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Whether it stands for all addresses. */
export function wildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Base address for clients on this machine, without a trailing slash. */
export function urlOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(':') && !wildcard(host) ? `[${host}]` : wildcard(host) ? '127.0.0.1' : host}:${port}`;
}

/** @throws UserError if the address can't be had */
export async function listen(app: FastifyInstance, { host, port }: ListenAddress): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new UserError(`can't listen at ${host}:${port}: ${explain(error)}`, { cause: error });
  }
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const other = 'name another with --listen HOST:PORT.';
  if (code === 'EADDRINUSE') return `another program has that port. Stop it, or ${other}`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `this machine has no such address: ${other}`;
  }
  if (code === 'EACCES') return `that port is for root only: ${other}`;
  return `${reason(error)}: ${other}`;
}

/** How long the external network's bridge may take to get its address. */
const BRIDGE_PATIENCE_MS = 15_000;

/**
 * Serves the same APIs at this host's address on the external network, where the cloud's own servers reach it.
 *
 * @returns how to end that
 * @throws UserError if the address doesn't come, or the port is taken there
 */
export async function listenInside(
  app: FastifyInstance,
  { host, port }: ListenAddress,
  signal: AbortSignal,
): Promise<() => void> {
  const deadline = performance.now() + BRIDGE_PATIENCE_MS;
  const { createServer } = process.getBuiltinModule('node:http');
  for (;;) {
    const server = createServer((request, reply) => app.routing(request, reply));
    const failure = await new Promise<Error | undefined>((resolve) => {
      server.once('error', resolve).listen(port, host, () => resolve(undefined));
    });
    if (!failure) return () => server.close().closeAllConnections();
    if (!('code' in failure) || failure.code !== 'EADDRNOTAVAIL' || performance.now() > deadline) {
      throw new UserError(
        `can't listen for the cloud's servers at ${host}:${port}, the host's address on the external network: ${explain(failure)}`,
        { cause: failure },
      );
    }
    await delay(20, undefined, { signal });
  }
}

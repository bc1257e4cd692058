import { readFileSync } from 'node:fs';
import { ConfigError } from '@gantry/oslo';
import Fastify, { type FastifyInstance } from 'fastify';
import { UserError } from '../cli/exit.ts';
import { apiOf } from './api-of.ts';
import type { ConfSources, ProcessSettings } from './conf.ts';
import { closeServer, serverOptions } from './http-server.ts';
import { runMagnum, type Assembled } from './run-magnum.ts';

/** `gantry magnum-api`: the API in a process of its own, until SIGTERM; requests under way are finished first. */
export function runMagnumApi(sources: ConfSources): Promise<void> {
  return runMagnum('magnum-api', sources, async (assembled) => {
    const { settings, log } = assembled.parts;
    if (settings.api.workers !== undefined && settings.api.workers > 1) {
      log.warn('[api] workers has no effect: one process serves all; start more processes for more');
    }
    const app = await createServer(assembled);
    const { host, port } = settings.api;
    await app.listen({ host, port }).catch((error: unknown) => {
      throw new UserError(`can't listen at ${host}:${port} ([api] host and port): ${text(error)}`, {
        cause: error,
      });
    });
    log.info({ readyMs: Math.round(performance.now()) }, `magnum-api listens at ${host}:${port}`);
    return () => closeServer(app, settings.DEFAULT.graceful_shutdown_timeout);
  });
}

/** Milliseconds for a whole request to come in; bodies are small. */
const REQUEST_TIMEOUT = 60_000;

async function createServer({ parts, folders }: Assembled): Promise<FastifyInstance> {
  const common = { ...serverOptions, requestTimeout: REQUEST_TIMEOUT } as const;
  const https = tls(parts.settings);
  // The types of the two differ by the server they wrap, of which nothing here knows.
  const app = (https ? Fastify({ ...common, https }) : Fastify(common)) as unknown as FastifyInstance;
  await app.register(apiOf(parts, folders));
  return app;
}

function tls({ api }: ProcessSettings): { cert: Buffer; key: Buffer } | undefined {
  if (!api.enabled_ssl) return undefined;
  const pem = (option: 'ssl_cert_file' | 'ssl_key_file'): Buffer => {
    try {
      return readFileSync(api[option] ?? '');
    } catch (error) {
      const message =
        api[option] === undefined ? 'is needed for enabled_ssl' : `can't be read: ${text(error)}`;
      throw new ConfigError([{ group: 'api', option, message }]);
    }
  };
  const pair = { cert: pem('ssl_cert_file'), key: pem('ssl_key_file') };
  try {
    process.getBuiltinModule('node:tls').createSecureContext(pair);
  } catch (error) {
    const message = `[api] ssl_cert_file and ssl_key_file are no certificate and its key: ${text(error)}`;
    throw new ConfigError([{ message }]);
  }
  return pair;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { FastifyInstance, FastifyRequest, InjectOptions } from 'fastify';
import type { Logger } from '@gantry/oslo';
import type {
  Caller,
  Cloud,
  CloudService,
  InnerReply,
  InnerRequest,
  ServiceFactory,
  SignalTopics,
} from './service.ts';
import type { Store } from './store.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined without a valid token. */
    caller: Caller | undefined;
  }
}

export interface CloudOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly publicUrl: string;
  readonly internalUrl?: string;
  readonly region?: string;
  readonly now?: () => Date;
  /** In the order in which they are made and started; identity first. */
  readonly services: readonly ServiceFactory[];
}

export interface RunningCloud {
  readonly cloud: Cloud;
  /** Starts what the services do by themselves. Call it once the application listens. */
  start(): Promise<void>;
  /** Ends what runs; the store stays open, as requests may still be answered. */
  stop(): Promise<void>;
}

/** Mounts an embedded OpenStack on `app`, each service under a path of its own as DevStack has them. */
export function mountCloud(app: FastifyInstance, options: CloudOptions): RunningCloud {
  const services: CloudService[] = [];
  const emitter = new EventEmitter().setMaxListeners(0);
  /** Callers of requests that one service is sending to another right now. */
  const inner = new Map<string, Caller>();
  const aborter = new AbortController();

  const cloud: Cloud = {
    store: options.store,
    log: options.log,
    publicUrl: options.publicUrl,
    internalUrl: options.internalUrl ?? options.publicUrl,
    region: options.region ?? 'RegionOne',
    services,
    now: options.now ?? ((): Date => new Date()),
    uuid: randomUUID,
    authenticate: () => undefined,
    call,
    signals: {
      emit: (topic, value) => void emitter.emit(topic, value),
      on<K extends keyof SignalTopics>(topic: K, listener: (value: SignalTopics[K]) => void) {
        emitter.on(topic, listener);
        return () => emitter.off(topic, listener);
      },
    },
  };

  async function call(caller: Caller, request: InnerRequest): Promise<InnerReply> {
    const service = services.find((candidate) => candidate.type === request.service);
    if (!service) return { status: 503, body: { error: `the cloud has no ${request.service} service` } };
    const pass = `inner:${randomUUID()}`;
    inner.set(pass, caller);
    try {
      const inject: InjectOptions = {
        method: request.method,
        url: service.path + request.path,
        headers: { ...request.headers, 'x-auth-token': pass },
      };
      if (request.body !== undefined) inject.payload = request.body as object;
      const reply = await app.inject(inject);
      return { status: reply.statusCode, body: parseBody(reply.body) };
    } finally {
      inner.delete(pass);
    }
  }

  function callerOf(request: FastifyRequest): Caller | undefined {
    const token = request.headers['x-auth-token'];
    if (typeof token !== 'string') return undefined;
    return inner.get(token) ?? cloud.authenticate(token);
  }

  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request, reply) => {
    request.caller = callerOf(request);
    reply.header('x-openstack-request-id', `req-${randomUUID()}`);
  });
  for (const factory of options.services) {
    const service = factory(cloud);
    services.push(service);
    void app.register(
      (scope, _options, done) => {
        service.routes(scope);
        done();
      },
      { prefix: service.path },
    );
  }

  return {
    cloud,
    async start() {
      for (const service of services) await service.start?.(aborter.signal);
    },
    async stop() {
      aborter.abort();
      await Promise.all(services.map(async (service) => service.stop?.()));
    },
  };
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

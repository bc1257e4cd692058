import type { FastifyInstance } from 'fastify';
import type { Logger } from '@gantry/oslo';
import type { Store } from './store.ts';

/** Service types as they stand in the catalog. */
export type ServiceType = 'identity' | 'image' | 'compute' | 'network' | 'volumev3' | 'orchestration';

/**
 * One OpenStack service of the embedded cloud. Each is a folder beside this one that offers a
 * `ServiceFactory`; the cloud knows nothing else of it.
 */
export interface CloudService {
  readonly type: ServiceType;
  /** The project's name of it, as in the catalog: `keystone`, `neutron`… */
  readonly name: string;
  /** Where it is mounted: `/identity`. No trailing slash. */
  readonly path: string;
  /** What the catalog adds to `path`: `/v3`, `/v1/%(project_id)s`; `%(project_id)s` is filled in per token. */
  readonly endpoint: string;
  /** Registers its routes, without `path`: that is in front of each of them already. */
  routes(app: FastifyInstance): void;
  /**
   * Takes up work that an earlier process left, and starts what runs by itself. Called once all services
   * answer; `signal` aborts when the cloud stops.
   */
  start?(signal: AbortSignal): Promise<void>;
  /** Waits for work under way to reach a point from which the next start goes on. */
  stop?(): Promise<void>;
}

export type ServiceFactory = (cloud: Cloud) => CloudService;

/** Who asks. What Keystone says of a token, reduced to what policies look at. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  readonly userDomainId: string;
  /** The project the token is scoped to; undefined for a domain-scoped, system-scoped or unscoped token. */
  readonly projectId: string | undefined;
  readonly projectName: string | undefined;
  readonly domainId: string | undefined;
  readonly systemScope: boolean;
  /** Names, implied roles included. */
  readonly roles: readonly string[];
  readonly trustId?: string;
  /** Has the role `admin` on whatever the token is scoped to. */
  readonly isAdmin: boolean;
}

/** What the cloud gives to each of its services. */
export interface Cloud {
  readonly store: Store;
  readonly log: Logger;
  /** Base address for clients on this machine, without a trailing slash: `http://127.0.0.1:9000`. */
  readonly publicUrl: string;
  /** The same cloud as its own servers reach it: `http://172.24.4.1:9000`; equal to `publicUrl` with simulated servers. */
  readonly internalUrl: string;
  readonly region: string;
  /** Services made so far, for the catalog. */
  readonly services: readonly CloudService[];
  now(): Date;
  /** A random UUID, with dashes. */
  uuid(): string;
  /** Who holds `token`; undefined if it is unknown, expired or revoked. Set by the identity service. */
  authenticate(token: string): Caller | undefined;
  /** Sends a request from one service to another, in the name of `caller`, without a socket. Never throws for an HTTP status. */
  call(caller: Caller, request: InnerRequest): Promise<InnerReply>;
  /** What one service tells the others, in process and not kept: a hint to look again, never the truth itself. */
  readonly signals: Signals;
}

export interface InnerRequest {
  readonly service: ServiceType;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the service's path, version included: `/v2.0/ports?network_id=…`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface InnerReply {
  readonly status: number;
  /** Parsed JSON, or undefined if the answer has none. */
  readonly body: unknown;
}

/** Signals by topic and what goes with them. */
export interface SignalTopics {
  /** A port was created, updated or deleted; its id. */
  port: string;
  /** A router, its interfaces or gateway, or a floating IP changed; the router's id. */
  router: string;
  /** A server changed; its id. */
  server: string;
}

export interface Signals {
  emit<K extends keyof SignalTopics>(topic: K, value: SignalTopics[K]): void;
  /** Returns the way to stop listening. */
  on<K extends keyof SignalTopics>(topic: K, listener: (value: SignalTopics[K]) => void): () => void;
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, Cloud } from '../cloud/service.ts';
import { minorOf, type Microversions } from '../http/microversions.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { ComputeTables } from './tables.ts';

/** Microversions up to 2.90: from 2.92 on Nova no longer makes key pairs, which its users miss. */
export const COMPUTE_VERSIONS: Microversions = {
  service: 'compute',
  major: 2,
  min: 1,
  max: 90,
  legacyHeader: 'X-OpenStack-Nova-API-Version',
};

/** What every part of the compute service works with. */
export interface ComputeContext {
  readonly cloud: Cloud;
  readonly tables: ComputeTables;
  readonly hypervisor: Hypervisor;
  readonly work: ServerWork;
  /** The compute host's name, as Neutron's `binding:host_id` has it. */
  readonly host: string;
  readonly zones: readonly string[];
  readonly defaultQuota: Readonly<Record<string, number>>;
  /** Nova's own user, on the project of `projectId` if there is one: what it asks other services for, it owns. */
  readonly novaCaller: (projectId?: string) => Caller;
}

/** Carries out what the rows say is to be done, one thing at a time for each server. */
export interface ServerWork {
  /** There is something to do for a server: a job, or its deletion, which ends any job under way. */
  wake(id: string): void;
  /** Runs `work` while nothing else is done to the server. */
  alone<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Takes up what an earlier process left, and makes machines and rows agree. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function minor(request: FastifyRequest): number {
  return minorOf(request, COMPUTE_VERSIONS);
}

/** ISO 8601 with milliseconds; {@link seconds} makes it what the API shows. */
export function timestamp(cloud: Cloud): string {
  return cloud.now().toISOString();
}

/** Nova's API shows whole seconds. */
export function seconds(iso: string): string {
  return `${iso.slice(0, 19)}Z`;
}

/** The address of a resource as the client reached the service. */
export function hrefOf(request: FastifyRequest, path: string): string {
  return `${request.protocol}://${request.host}/compute/v2.1${path}`;
}

export function linksOf(request: FastifyRequest, path: string): object[] {
  return [
    { rel: 'self', href: hrefOf(request, path) },
    { rel: 'bookmark', href: `${request.protocol}://${request.host}/compute${path}` },
  ];
}

/** Query parameters, with the last value where one is repeated. */
export function queryOf(request: FastifyRequest): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, string | string[]>)) {
    query[name] = Array.isArray(value) ? (value.at(-1) ?? '') : value;
  }
  return query;
}

export function param(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string | undefined>)[name] ?? '';
}

/** Nova's answers without a body. */
export async function empty(reply: FastifyReply, status: number): Promise<FastifyReply> {
  return reply.code(status).send();
}

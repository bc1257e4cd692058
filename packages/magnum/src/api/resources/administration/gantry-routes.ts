import { Readable } from 'node:stream';
import { badRequest, notFound } from '../../../clusters/errors.ts';
import { coesWithLabels, labelSchema } from '../../../clusters/labels/label-registry.ts';
import type { Cluster, ClusterEvent, Condition, Operation } from '../../../store/rows.ts';
import { eventStream } from '../../wire/event-stream.ts';
import * as answers from './gantry-schemas.ts';
import { oneCluster, visibleBeyond } from '../lookup.ts';
import { enforce, targetOf, type PolicyName } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { timestamp } from '../../wire/timestamp.ts';
import { whatToDo } from './what-to-do.ts';

/** `/gantry/v1`: what Gantry knows and the original's API has no place for. Read-only. */
export function gantryRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function schemas({ context }: ApiRequest): Promise<ApiReply> {
    enforce(policies, 'gantry:label_schemas', context, targetOf(context));
    const byCoe = coesWithLabels.map((coe) => [coe, labelSchema(coe)] as const);
    return { status: 200, body: { label_schemas: Object.fromEntries(byCoe) } };
  }

  async function schema({ context, params }: ApiRequest): Promise<ApiReply> {
    enforce(policies, 'gantry:label_schemas', context, targetOf(context));
    const coe = coesWithLabels.find((known) => known === params['coe']);
    if (coe === undefined) throw notFound(`There are no labels for COE ${params['coe']}.`);
    const headers = { 'content-type': 'application/schema+json' };
    return { status: 200, body: Buffer.from(JSON.stringify(labelSchema(coe))), headers };
  }

  async function clusterFor(policy: PolicyName, { context, params }: ApiRequest): Promise<Cluster> {
    const visible = visibleBeyond(policies, 'cluster:get_one_all_projects', context);
    const cluster = await oneCluster(store, params['ident'] ?? '', visible);
    enforce(policies, policy, context, cluster);
    return cluster;
  }

  async function conditions(request: ApiRequest): Promise<ApiReply> {
    const cluster = await clusterFor('gantry:cluster_conditions', request);
    const found = await store.conditions.of(cluster.uuid);
    return { status: 200, body: { conditions: found.map(conditionView) } };
  }

  async function events(request: ApiRequest): Promise<ApiReply> {
    const cluster = await clusterFor('gantry:cluster_events', request);
    const found = await store.events.of(cluster.uuid, eventId('after', request.query['after']));
    return { status: 200, body: { events: found.map(eventView) } };
  }

  async function stream(request: ApiRequest): Promise<ApiReply> {
    const cluster = await clusterFor('gantry:cluster_events', request);
    const after = eventId('after', request.query['after'] ?? request.lastEventId);
    const controller = new AbortController();
    const { stopping } = services;
    const lines = eventStream({
      after,
      events: async (id) => (await store.events.of(cluster.uuid, id)).map(eventView),
      exists: async () => (await store.clusters.get(cluster.uuid)) !== undefined,
      until: request.context.tokenExpiresAt,
      now: () => services.now().getTime(),
      signal: stopping === undefined ? controller.signal : AbortSignal.any([controller.signal, stopping]),
      ...(services.pause === undefined ? {} : { pause: services.pause }),
    });
    const body = Readable.from(lines);
    body.once('close', () => controller.abort());
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
    return { status: 200, body, headers };
  }

  async function operations(request: ApiRequest): Promise<ApiReply> {
    const cluster = await clusterFor('gantry:cluster_operations', request);
    const found = await store.operations.of(cluster.uuid);
    return { status: 200, body: { operations: found.map(operationView) } };
  }

  const cluster = '/gantry/v1/clusters/:ident';
  return [
    {
      method: 'GET',
      path: '/gantry/v1/label-schemas',
      policies: ['gantry:label_schemas'],
      summary: 'List what labels clusters can have, by COE',
      responses: { 200: answers.labelSchemas },
      handle: schemas,
    },
    {
      method: 'GET',
      path: '/gantry/v1/label-schemas/:coe',
      policies: ['gantry:label_schemas'],
      summary: 'Show what labels the clusters of a COE can have, as JSON Schema',
      responses: { 200: answers.labelSchema },
      answers: 'application/schema+json',
      handle: schema,
    },
    {
      method: 'GET',
      path: `${cluster}/conditions`,
      policies: ['gantry:cluster_conditions', 'cluster:get_one_all_projects'],
      summary: 'Say what is in order with a cluster and what is not',
      responses: { 200: answers.conditions },
      handle: conditions,
    },
    {
      method: 'GET',
      path: `${cluster}/events`,
      query: ['after'],
      policies: ['gantry:cluster_events', 'cluster:get_one_all_projects'],
      summary: "Tell a cluster's story, oldest first",
      responses: { 200: answers.events },
      handle: events,
    },
    {
      method: 'GET',
      path: `${cluster}/events/stream`,
      query: ['after'],
      policies: ['gantry:cluster_events', 'cluster:get_one_all_projects'],
      summary: "Tell a cluster's story as it happens, as server-sent events",
      responses: { 200: answers.eventStream },
      answers: 'text/event-stream',
      handle: stream,
    },
    {
      method: 'GET',
      path: `${cluster}/operations`,
      policies: ['gantry:cluster_operations', 'cluster:get_one_all_projects'],
      summary: 'Say what was asked for and how far it has come',
      responses: { 200: answers.operations },
      handle: operations,
    },
  ];
}

/** @throws MagnumError 400 naming the parameter */
function eventId(name: string, given: string | undefined): number {
  if (given === undefined || given === '') return 0;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw badRequest(
    `Invalid input for field/attribute ${name}. Value: '${given.slice(0, 200)}'. Value should be the id of an event.`,
  );
}

function conditionView(condition: Condition): object {
  const { type, status, reason, message, since } = condition;
  return { type, status, reason, message, since: timestamp(since) };
}

function eventView(event: ClusterEvent): { readonly id: number } {
  const { id, operation_uuid, level, reason, message, created_at } = event;
  return { id, operation_uuid, level, reason, message, created_at: timestamp(created_at) } as {
    readonly id: number;
  };
}

function operationView(operation: Operation): object {
  const { uuid, verb, state, step, progress, attempts, claimed_by, claimed_until, last_error, caller } =
    operation;
  const waits = claimed_by === null && (state === 'queued' || state === 'running');
  return {
    uuid,
    verb,
    state,
    step,
    progress,
    attempts,
    next_attempt_at: waits ? timestamp(claimed_until) : null,
    last_error,
    what_to_do: whatToDo(operation),
    user_id: caller.user_id,
    request_id: caller.request_id,
    created_at: timestamp(operation.created_at),
    updated_at: timestamp(operation.updated_at),
  };
}

import type { FastifyRequest } from 'fastify';
import { badRequest, forbidden, projectCaller } from '../http/fault.ts';
import { asBoolean } from '../http/openstack-schema.ts';
import type { SortKey } from '../http/listing.ts';
import { minor, queryOf, type ComputeContext } from './context.ts';
import { networkViews } from './network-view.ts';
import { pageOf } from './page.ts';
import { statusOf } from './server-state.ts';
import type { ServerRow } from './tables.ts';

/** `false`: the server isn't wanted. */
type Filter = (server: ServerRow) => boolean;

/** What may be filtered by, and how. */
const FILTERS: Readonly<Record<string, (value: string) => Filter>> = {
  name: (value) => matching(value, ({ name }) => name),
  hostname: (value) => matching(value, ({ hostname }) => hostname),
  description: (value) => matching(value, ({ description }) => description ?? ''),
  uuid:
    (value) =>
    ({ id }) =>
      id === value,
  image:
    (value) =>
    ({ image }) =>
      image?.id === value.split('/').at(-1),
  flavor:
    (value) =>
    ({ flavor }) =>
      flavor.id === value.split('/').at(-1),
  key_name:
    (value) =>
    ({ key }) =>
      key?.name === value,
  user_id:
    (value) =>
    ({ userId }) =>
      userId === value,
  availability_zone:
    (value) =>
    ({ zone }) =>
      zone === value,
  reservation_id:
    (value) =>
    ({ reservationId }) =>
      reservationId === value,
  config_drive:
    (value) =>
    ({ configDrive }) =>
      configDrive === asBoolean(value),
  locked:
    (value) =>
    ({ lock }) =>
      (lock !== undefined) === asBoolean(value),
  vm_state:
    (value) =>
    ({ vmState }) =>
      vmState === value,
  task_state:
    (value) =>
    ({ taskState }) =>
      taskState === value,
  power_state:
    (value) =>
    ({ powerState }) =>
      String(powerState) === value,
  host:
    (value) =>
    ({ host }) =>
      host === value,
  node:
    (value) =>
    ({ host }) =>
      host === value,
  'changes-since': (value) => {
    const since = time('changes-since', value);
    return ({ updatedAt }) => Date.parse(updatedAt) >= since;
  },
  'changes-before': (value) => {
    const before = time('changes-before', value);
    return ({ updatedAt }) => Date.parse(updatedAt) <= before;
  },
  tags:
    (value) =>
    ({ tags }) =>
      value.split(',').every((tag) => tags.includes(tag)),
  'tags-any':
    (value) =>
    ({ tags }) =>
      value.split(',').some((tag) => tags.includes(tag)),
  'not-tags':
    (value) =>
    ({ tags }) =>
      !value.split(',').every((tag) => tags.includes(tag)),
  'not-tags-any':
    (value) =>
    ({ tags }) =>
      !value.split(',').some((tag) => tags.includes(tag)),
};

/** Only administrators may filter by these; for others they count for nothing, as in Nova. */
const ADMIN_ONLY = new Set(['host', 'node', 'vm_state', 'task_state', 'power_state', 'user_id']);

const SORT: Readonly<Record<string, (server: ServerRow) => unknown>> = {
  created_at: ({ createdAt }) => createdAt,
  updated_at: ({ updatedAt }) => updatedAt,
  display_name: ({ name }) => name,
  display_description: ({ description }) => description,
  name: ({ name }) => name,
  uuid: ({ id }) => id,
  host: ({ host }) => host,
  hostname: ({ hostname }) => hostname,
  vm_state: ({ vmState }) => vmState,
  task_state: ({ taskState }) => taskState,
  power_state: ({ powerState }) => powerState,
  key_name: ({ key }) => key?.name,
  image_ref: ({ image }) => image?.id,
  instance_type_id: ({ flavor }) => flavor.id,
  project_id: ({ projectId }) => projectId,
  user_id: ({ userId }) => userId,
  launched_at: ({ launchedAt }) => launchedAt,
  availability_zone: ({ zone }) => zone,
  locked: ({ lock }) => lock !== undefined,
  root_device_name: () => '/dev/vda',
  launch_index: ({ launchIndex }) => launchIndex,
};

/** The servers a list request asks for, newest first unless it says otherwise. */
export async function listServers(
  context: ComputeContext,
  request: FastifyRequest,
  path: string,
): Promise<{ rows: ServerRow[]; links: object[] | undefined }> {
  const caller = projectCaller(request);
  const query = queryOf(request);
  const all = 'all_tenants' in query || 'all_projects' in query;
  const everybody = all && asBoolean(query['all_tenants'] || query['all_projects'] || 'true');
  if (everybody && !caller.isAdmin) {
    throw forbidden("Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.");
  }
  const project = query['tenant_id'] ?? query['project_id'];
  let rows = everybody
    ? context.tables.servers.all()
    : context.tables.servers.by('project', caller.projectId);
  if (everybody && project !== undefined) rows = rows.filter(({ projectId }) => projectId === project);
  const statuses = valuesOf(request, 'status').map((status) => status.toUpperCase());
  if (statuses.length > 0) rows = rows.filter((row) => statuses.includes(statusOf(row)));
  // Deleted servers are gone here, not hidden.
  if (caller.isAdmin && asBoolean(query['deleted'])) rows = [];
  for (const [name, value] of Object.entries(query)) {
    const filter = FILTERS[name];
    if (!filter || (ADMIN_ONLY.has(name) && !caller.isAdmin)) continue;
    rows = rows.filter(filter(value));
  }
  rows = await withAddress(context, rows, query['ip'], 4);
  if (caller.isAdmin || minor(request) >= 5) rows = await withAddress(context, rows, query['ip6'], 6);
  return pageOf(request, rows.toReversed(), path, { sort: sortOf(request) });
}

async function withAddress(
  context: ComputeContext,
  rows: ServerRow[],
  wanted: string | undefined,
  version: 4 | 6,
): Promise<ServerRow[]> {
  if (wanted === undefined) return rows;
  const pattern = patternOf(wanted);
  const views = await networkViews(context, rows);
  return rows.filter((row) =>
    Object.values(views.get(row.id)?.addresses ?? {})
      .flat()
      .some((address) => address.version === version && pattern.test(address.addr)),
  );
}

/** Values of a parameter that may be given more than once. */
function valuesOf(request: FastifyRequest, name: string): string[] {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  return value === undefined ? [] : [value].flat();
}

function sortOf(request: FastifyRequest): SortKey<ServerRow>[] {
  const directions = valuesOf(request, 'sort_dir');
  return valuesOf(request, 'sort_key').map((key, at) => {
    const value = SORT[key];
    if (!value) {
      throw badRequest(
        `Invalid input for query parameters sort_key. Value: ${key}. '${key}' is not one of ${JSON.stringify(Object.keys(SORT))}`,
      );
    }
    // One direction counts for all keys that have none.
    return { value, descending: (directions[at] ?? directions[0] ?? 'desc') === 'desc' };
  });
}

function matching(value: string, of: (server: ServerRow) => string): Filter {
  const pattern = patternOf(value);
  return (server) => pattern.test(of(server));
}

/** A regular expression, as Nova hands it to its database: anywhere in the text, case ignored. */
function patternOf(value: string): RegExp {
  try {
    return new RegExp(value, 'i');
  } catch {
    throw badRequest(`Invalid filters: ${value} is not a regular expression.`);
  }
}

function time(name: string, value: string): number {
  const parsed = Date.parse(/[Zz]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`);
  if (Number.isNaN(parsed)) {
    throw badRequest(
      `Invalid input for query parameters ${name}. Value: ${value}. '${value}' is not a 'date-time'`,
    );
  }
  return parsed;
}

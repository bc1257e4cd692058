import type { TSchema } from 'typebox';
import { errors, unauthenticated } from './wire/answer-schemas.ts';
import { MAX_VERSION, MIN_VERSION, written, type Microversion } from './wire/microversion.ts';
import type { Route } from './wire/route.ts';

/** Values in the document: JSON. */
type Json = { readonly [key: string]: unknown };

/** What a query parameter may be, where it isn't any text. */
const PARAMETERS: Readonly<Record<string, Json>> = {
  marker: { description: 'Of the last object seen.', schema: { type: 'string' } },
  limit: { description: 'Most objects to answer.', schema: { type: 'integer', minimum: 1 } },
  sort_key: { description: 'A field of the object.', schema: { type: 'string' } },
  sort_dir: { schema: { type: 'string', enum: ['asc', 'desc'] } },
  all_tenants: { schema: { type: 'boolean' } },
  rollback: { schema: { type: 'boolean' } },
};

const TAGS: Readonly<Record<string, string>> = {
  clustertemplates: 'Cluster templates',
  clusters: 'Clusters',
  nodegroups: 'Node groups',
  certificates: 'Certificates',
  credentials: 'Credentials',
  quotas: 'Quotas',
  stats: 'Administration',
  mservices: 'Administration',
  federations: 'Federations',
  bays: 'Bays, before clusters',
  baymodels: 'Bay models, before cluster templates',
  gantry: "Gantry's own",
};

/**
 * The API as an OpenAPI 3.1 document, made of the routes and the schemas that their requests are read by.
 *
 * @param base the API's address for this client, without a trailing slash
 */
export function openApiDocument(
  routes: readonly Route[],
  base: string,
  max: Microversion = MAX_VERSION,
): Json {
  const shared: Record<string, Json> = {};
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = pathOf(route);
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, shared);
  }
  const refusal = share(errors, shared);
  const unknown = share(unauthenticated, shared);
  const tags = [...new Set(routes.map(tagOf))].map((name) => ({ name }));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Magnum',
      summary: 'Container clusters as a service',
      description:
        `OpenStack's container infrastructure management API, versions ${written(MIN_VERSION)} to ` +
        `${written(max)}, chosen by the header OpenStack-API-Version, and what Gantry adds to it.`,
      version: written(max),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: base === '' ? '/' : base }],
    security: [{ token: [] }],
    tags,
    paths,
    components: {
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'A token of Keystone.' },
      },
      parameters: {
        version: {
          name: 'OpenStack-API-Version',
          in: 'header',
          description: `\`container-infra 1.x\` or \`container-infra latest\`; without it ${written(MIN_VERSION)}.`,
          schema: { type: 'string', examples: [`container-infra ${written(max)}`] },
        },
      },
      responses: {
        refused: { description: 'Refused; the body says why.', content: json(refusal) },
        failed: { description: 'Failed; the body says what.', content: json(refusal) },
        unauthenticated: {
          description: 'The token is missing or not valid.',
          headers: { 'WWW-Authenticate': { schema: { type: 'string' } } },
          content: json(unknown),
        },
      },
      schemas: Object.fromEntries(
        Object.entries(shared).toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
    },
  };
}

/** The path as it stands in the document: `/v1/clusters/{ident}`. */
export function pathOf(route: Route): string {
  return `${prefixOf(route)}${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
}

/** Gantry's own routes have versions of their own. */
export function prefixOf(route: Route): '' | '/v1' {
  return route.path.startsWith('/gantry/') ? '' : '/v1';
}

function operation(route: Route, shared: Record<string, Json>): Json {
  const responses: Record<string, Json> = {};
  for (const [status, schema] of Object.entries(route.responses ?? {})) {
    const content = schema === null ? {} : { content: contentOf(route, share(schema, shared)) };
    responses[status] = { description: route.summary ?? 'Done', ...content };
  }
  const since = route.since === undefined ? '' : ` Since version ${written(route.since)}.`;
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary: route.summary ?? '',
    description: `Decided by policy: ${route.policies.join(', ')}.${since}`,
    parameters: [
      ...[...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...(route.query ?? []).map((name) => ({
        name,
        in: 'query',
        schema: { type: 'string' },
        ...PARAMETERS[name],
      })),
      ...(prefixOf(route) === '' ? [] : [{ $ref: '#/components/parameters/version' }]),
    ],
    ...(route.request === undefined
      ? {}
      : { requestBody: { required: true, content: json(share(route.request, shared)) } }),
    responses: {
      ...responses,
      401: { $ref: '#/components/responses/unauthenticated' },
      '4XX': { $ref: '#/components/responses/refused' },
      '5XX': { $ref: '#/components/responses/failed' },
    },
  };
}

function contentOf(route: Route, schema: Json): Json {
  return route.answers === undefined ? json(schema) : { [route.answers]: { schema } };
}

/** `GET /clusters/:ident` is `get_clusters_ident`. */
function operationId(route: Route): string {
  const words = [route.method.toLowerCase(), ...route.path.split(/[/:]+/).filter((word) => word !== '')];
  return words.join('_').replaceAll(/\W/g, '_');
}

function tagOf(route: Route): string {
  const segments = route.path.split('/').slice(1);
  const nested = segments.find((segment) => segment === 'nodegroups' || segment === 'gantry');
  return TAGS[nested ?? segments[0] ?? ''] ?? 'Others';
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

/** A schema as plain JSON; those with a title move to the document's shared ones. */
function share(schema: TSchema, shared: Record<string, Json>): Json {
  const plain: unknown = JSON.parse(JSON.stringify(schema));
  return hoist(plain, shared) as Json;
}

function hoist(value: unknown, shared: Record<string, Json>): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => hoist(item, shared));
  if (typeof value !== 'object' || value === null) return value;
  const { title, ...rest } = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, hoist(inner, shared)]),
  );
  // A property may be called so as well.
  if (typeof title !== 'string') return title === undefined ? rest : { title, ...rest };
  shared[title] = rest;
  return { $ref: `#/components/schemas/${title}` };
}

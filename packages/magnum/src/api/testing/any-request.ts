import { Ajv2020 } from 'ajv/dist/2020.js';
import fc, { type Arbitrary } from 'fast-check';
import { apiInTest } from './api-in-test.ts';
import { anyValue, namedValue, odd, type AnyValueOptions, type Schema } from './any-value.ts';
import { PRIVATE_TEMPLATE as TEMPLATE, seedProject } from './project-in-test.ts';
import { documentOf } from './routes-in-test.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface AnyRequest {
  /** Of the document. */
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer | undefined;
}

/** What the API in test knows. */
const WORDS = [
  ...['debian', 'small', 'public', 'key', 'swarm-mode', 'swarm', 'demo', 'private', 'used', 'docker', 'vm'],
  ...[
    'p1',
    'p2',
    'Cluster',
    'cluster',
    '1',
    'kubernetes',
    'default-worker',
    'default-master',
    'etcd',
    '/name',
    '/labels/a',
  ],
  ...[
    '/node_count',
    '/public',
    'boot_volume_size',
    'min_node_count',
    'uuid',
    'created_at',
    '8.8.8.8',
    '10',
    TEMPLATE,
  ],
];

const OTHERS = ['colleague', 'reader', 'stranger', 'nothing', 'system', 'trustee', 'forged'] as const;

const LIKELY: AnyValueOptions['likely'] = {
  image_id: ['debian', '11111111-0000-4000-8000-000000000001'],
  flavor_id: ['small', '1', null],
  master_flavor_id: ['small', '1', null],
  external_network_id: ['public', null],
  fixed_network: [null],
  fixed_subnet: [null],
  keypair: ['key', null],
  coe: ['swarm-mode', 'swarm'],
  server_type: ['vm'],
  network_driver: ['docker', null],
  volume_driver: ['rexray', null],
  docker_storage_driver: ['overlay2', null],
  driver: ['swarm', null],
  dns_nameserver: ['8.8.8.8', '8.8.8.8,1.1.1.1', null],
  cluster_template_id: ['used', 'private', TEMPLATE],
  master_count: [1, '1', null],
  resource: ['Cluster'],
  cluster_uuid: ['demo'],
  project: ['p1', 'p2'],
  // What paths name; for templates and clusters alike.
  ident: ['demo', 'default-worker', 'private', 'used', TEMPLATE, 'c1000000-0000-4000-8000-000000000001'],
  cluster: ['demo', 'c1000000-0000-4000-8000-000000000001'],
  nodegroup: ['default-worker'],
  cluster_template: ['used', 'private'],
  nodes_to_remove: [[], null],
  node_count: [1, 2, '3'],
  min_node_count: [0, 1],
  max_node_count: [3, null],
  max_batch_size: [1, null],
  role: ['worker', 'extra'],
  node_labels: [{ a: 'b' }, {}],
  node_taints: [[]],
  labels: [{}, { a: 'b', kube_tag: 'v1', 'x.y/z': 1 }],
  hard_limit: [1, 5],
  project_id: ['p1', 'p2'],
  op: ['replace', 'add', 'remove'],
  path: ['/node_count', '/tags', '/labels/a', '/max_node_count', '/health_status', '/hidden', '/node_labels'],
  value: [1, 2, 'x', 'HEALTHY', true, '{"a": "b"}'],
  limit: ['1', '1000'],
  sort_dir: ['asc', 'desc'],
  sort_key: ['id', 'name', 'status'],
};

/**
 * Sends requests made from the API's document, and some that it forbids, and holds every answer against it.
 *
 * @throws on the first answer that the document doesn't allow, or that says that the server failed
 */
export async function checkAnyRequests(
  runs: number,
  seed: number,
): Promise<Readonly<Record<string, number>>> {
  const api = await apiInTest();
  try {
    const document = await documentOf(api);
    const allows = checkOf(document);
    const counts: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(anyRequest(document), async (request) => {
        // What requests before may have removed or begun to change.
        await seedProject(api.store);
        const { method, headers, payload: sent } = request;
        const answer = await api.app.inject({
          method,
          url: `/container-infra${request.url}`,
          headers,
          ...(sent === undefined ? {} : { payload: sent }),
        });
        counts[`${answer.statusCode}`] = (counts[`${answer.statusCode}`] ?? 0) + 1;
        const problem = allows(request, answer.statusCode, answer.headers['content-type'] ?? '', answer.body);
        if (problem !== undefined)
          throw new Error(`${answer.statusCode}: ${problem}\n${answer.body.slice(0, 2000)}`);
      }),
      // What one request leaves behind is there for the next: shrinking would go astray.
      { numRuns: runs, seed, endOnFailure: true },
    );
    return counts;
  } finally {
    await api.close();
  }
}

function anyRequest(document: Record<string, unknown>): Arbitrary<AnyRequest> {
  const { paths } = document as { paths: Record<string, Record<string, Operation>> };
  const options: AnyValueOptions = {
    words: WORDS,
    likely: LIKELY,
    resolve: (ref) => at(document, ref) as Schema,
  };
  const requests = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      // A stream doesn't end by itself.
      .filter(([, operation]) => operation.responses['200']?.content?.['text/event-stream'] === undefined)
      .map(([method, operation]) => requestOf(path, method, operation, options)),
  );
  return fc.oneof(...requests);
}

function requestOf(
  path: string,
  method: string,
  operation: Operation,
  options: AnyValueOptions,
): Arbitrary<AnyRequest> {
  const word = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...options.words) },
    { weight: 1, arbitrary: odd.map(String) },
  );
  const names = operation.parameters.flatMap((one) => (one.in === 'query' ? [one] : []));
  const query = fc.record(
    Object.fromEntries(
      names.map(
        ({ name = '', schema = {} }) =>
          [name, namedValue(name, fc.oneof(anyValue(schema, options), word), options)] as const,
      ),
    ),
    { requiredKeys: [] },
  );
  const inPath = operation.parameters.flatMap((one) => (one.in === 'path' ? [one.name ?? ''] : []));
  const schema = operation.requestBody?.content['application/json']?.schema;
  return fc
    .record({
      names: fc.tuple(...inPath.map((name) => namedValue(name, word, options))),
      query: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: query }),
      extra: fc.oneof(
        { weight: 30, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.constantFrom('&x=1', '&%ff', '&limit=%00') },
      ),
      who: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom('admin', 'member', 'member') },
        { weight: 1, arbitrary: fc.constantFrom(...OTHERS) },
      ),
      version: fc.oneof(
        {
          weight: 8,
          arbitrary: fc.constantFrom(1, 8, 9, 12, 13, 14, 14).map((minor) => `container-infra 1.${minor}`),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom('container-infra latest', 'container-infra 9.9', 'x', 'a b c'),
        },
      ),
      payload: schema ? payload(schema, options) : fc.constant(undefined),
      type: fc.oneof(
        { weight: 30, arbitrary: fc.constant('application/json') },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            'application/json; charset=utf-8',
            'text/plain',
            'application/x-www-form-urlencoded',
            '',
          ),
        },
      ),
    })
    .map((parts) => {
      const values = [...parts.names];
      const filled = path.replaceAll(/\{\w+\}/g, () => encoded(segment(textOf(values.shift()))));
      const search = Object.entries(parts.query).map(([name, value]) => `${name}=${encoded(textOf(value))}`);
      return {
        path,
        method: method.toUpperCase() as AnyRequest['method'],
        url: `${filled}?${search.join('&')}${parts.extra}`,
        headers: {
          host: 'cloud',
          'x-auth-token': parts.who,
          'openstack-api-version': parts.version,
          ...(parts.payload === undefined || parts.type === '' ? {} : { 'content-type': parts.type }),
        },
        payload: parts.payload,
      };
    });
}

function payload(schema: Schema, options: AnyValueOptions): Arbitrary<Buffer | undefined> {
  const json = anyValue(schema, options).map((value) => Buffer.from(JSON.stringify(value) ?? ''));
  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        '{"name":"a","name":"b"}',
        '{"a":',
        '['.repeat(5000),
        '{"labels":{"a":123456789012345678901}}',
        '1e999',
        '\ufeff{}',
      )
      .map((text) => Buffer.from(text)),
    fc.constant(undefined),
  );
  return fc.oneof({ weight: 12, arbitrary: json }, { weight: 1, arbitrary: broken });
}

/** Empty ones, those with slashes and those with a meaning of their own lead to other routes. */
function segment(text: string): string {
  return /^(?!\.{1,2}$|detail$)[^/]+$/.test(text) ? text : 'odd';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

type Check = (request: AnyRequest, status: number, type: string, body: string) => string | undefined;

/** @returns a check that says what the document doesn't allow of an answer */
function checkOf(document: Record<string, unknown>): Check {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  ajv.addSchema(document, 'document');
  return (request, status, type, body) => {
    const pointer = `#/paths/${request.path.replaceAll('/', '~1')}/${request.method.toLowerCase()}/responses`;
    const { responses } = at(document, pointer.slice(0, -'/responses'.length)) as Operation;
    const key = responses[status] ? String(status) : `${Math.floor(status / 100)}XX`;
    if (status >= 500) return 'the server failed';
    const response = responses[key];
    if (!response) return 'the document knows no such status';
    const place = response.$ref ?? `${pointer}/${key}`;
    const { content } = at(document, place) as { content?: Content };
    if (!content) return body === '' ? undefined : 'a body where there should be none';
    if (!content[type]) return `the document knows no answer of type '${type}'`;
    const valid = ajv.getSchema(`document${place}/content/${type.replaceAll('/', '~1')}/schema`);
    if (!valid) throw new Error(`no schema at ${place}`);
    return valid(JSON.parse(body)) === true ? undefined : ajv.errorsText(valid.errors);
  };
}

/** What a reference leads to. */
function at(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((value, part) => (value as Readonly<Record<string, unknown>>)[part], document);
}

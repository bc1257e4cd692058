import type { Expected } from './expected.ts';

/** Where Gantry answers otherwise than the original, on purpose. */
export interface Departure {
  /** What is asked, for docs/compatibility.md. */
  readonly request: string;
  readonly original: Expected;
  readonly gantry: Expected;
  /** What the user gains by it. */
  readonly reason: string;
}

const missing = (name: string): Expected => ({
  status: 400,
  detail: `Invalid input for field/attribute ${name}. Value: 'None'. Mandatory field missing.`,
});
const misleading = (os: string): Expected => ({
  status: 400,
  detail: `Cluster type (vm, ${os}, swarm-mode) not supported.`,
});
const notBoolean = (name: string): Expected => ({
  status: 400,
  detail: new RegExp(`^Invalid input for field/attribute ${name}\\. Value: 'maybe'\\. `),
});

/** All of them: docs/compatibility.md is made of this list, and compatibility.test.ts fails when it isn't. */
export const departures = {
  'unknown image': {
    request: '`POST /v1/clustertemplates` with an image name that is not there',
    original: misleading('Unset'),
    gantry: { status: 400, detail: 'Image nosuch could not be found.' },
    reason: 'The text names what is wrong.',
  },
  'unknown image uuid': {
    request: '`POST /v1/clustertemplates` with the uuid of no image',
    original: misleading('Unset'),
    gantry: { status: 400, detail: 'Image 00000000-0000-4000-8000-000000000000 could not be found.' },
    reason: 'The text names what is wrong.',
  },
  'image without os_distro': {
    request: '`POST /v1/clustertemplates` with an image without `os_distro`',
    original: misleading('None'),
    gantry: { status: 400, detail: /^Image \S+ doesn't contain os_distro field\.$/ },
    reason: 'The text names what is wrong.',
  },
  'label null': {
    request: '`POST /v1/clustertemplates` with a label that is `null`',
    original: { status: 500 },
    gantry: { status: 400, detail: /^Invalid input for field\/attribute labels/ },
    reason: 'Bad input is the client’s error, and the text names the field.',
  },
  'not a boolean': {
    request: '`POST /v1/clustertemplates` with a truth value `maybe`',
    original: { status: 0 },
    gantry: notBoolean('tls_disabled'),
    reason: 'The original closes the connection without an answer.',
  },
  'not a boolean, cluster': {
    request: '`POST /v1/clusters` with a truth value `maybe`',
    original: { status: 0 },
    gantry: notBoolean('merge_labels'),
    reason: 'The original closes the connection without an answer.',
  },
  'body is an array': {
    request: '`POST` of a JSON array',
    original: { status: 500, detail: "'list' object has no attribute 'keys'" },
    gantry: { status: 400 },
    reason: 'Bad input is the client’s error.',
  },
  'image name used twice': {
    request: '`POST /v1/clustertemplates` with an image name that two images have',
    original: misleading('Unset'),
    gantry: {
      status: 409,
      detail: /^Multiple images exist with same name /,
    },
    reason: 'The text says what is wrong and what to do; the original itself does so in a `PATCH`.',
  },
  'flavor without a disk': {
    request: '`POST /v1/clustertemplates` with a flavor whose root disk has size 0',
    original: { status: 201 },
    gantry: { status: 400, detail: /root volume size/i },
    reason: 'No such cluster could be built. Later releases refuse it too.',
  },
  'unknown fixed network': {
    request: '`POST /v1/clustertemplates` with a fixed network that is not there',
    original: { status: 201 },
    gantry: { status: 400, detail: 'Unable to find fixed network nosuch.' },
    reason: 'No such cluster could be built. Later releases refuse it too.',
  },
  'fixed network name used twice': {
    request: '`POST /v1/clustertemplates` with a fixed network whose name two networks have',
    original: { status: 201 },
    gantry: { status: 409, detail: /^Multiple fixed networks exist with same name / },
    reason: 'Which of them is meant can’t be told. Later releases refuse it too.',
  },
  'unknown fixed subnet': {
    request: '`POST /v1/clustertemplates` with a fixed subnet that is not there',
    original: { status: 201 },
    gantry: { status: 400, detail: 'Unable to find fixed subnet nosuch.' },
    reason: 'No such cluster could be built. Later releases refuse it too.',
  },
  'hidden template of another project': {
    request: '`GET` of another project’s template that is public and hidden',
    original: { status: 200 },
    gantry: { status: 404 },
    reason: 'Hidden is what its administrator has said. Later releases hide it too.',
  },
  'template of another project': {
    request: '`PATCH` of another project’s private template, as an administrator',
    original: { status: 404 },
    gantry: { status: 200, body: { tags: 'by admin' } },
    reason:
      'The policy allows it, and the administrator sees the template; the original looks in the wrong project.',
  },
  'all clusters at once': {
    request: '`PATCH` and `DELETE /v1/clusters`',
    original: { status: 400, detail: 'Missing argument: "cluster_ident"' },
    gantry: { status: 405 },
    reason: 'The list has no such method, and 405 with `Allow` says which there are.',
  },
  'no such action': {
    request: '`POST /v1/clusters/{id}/actions/nosuch`, `GET /v1/clusters/{id}/actions`',
    original: { status: 405 },
    gantry: { status: 404 },
    reason: 'There is nothing at that address, for no method.',
  },
  'other media type wanted': {
    request: '`Accept: text/html`',
    original: { status: 406 },
    gantry: { status: 200 },
    reason: 'There is only JSON, and a person with a browser sees it. Later releases do the same.',
  },
  'form sent': {
    request: '`POST /v1/clustertemplates` with a body of type `application/x-www-form-urlencoded`',
    original: { status: 400, detail: 'Unknown argument: "a"' },
    gantry: { status: 415, detail: 'Unknown mimetype: application/x-www-form-urlencoded' },
    reason: 'The text names what is wrong.',
  },
  'labels as an object': {
    request: '`PATCH /v1/clustertemplates/{id}` with an object as the value of `/labels`',
    original: { status: 400, detail: /Wrong type\. Expected / },
    gantry: { status: 200, body: { labels: { z: '1' } } },
    reason:
      'Objects are what JSON has for this; the original takes only text with a Python literal, which works too.',
  },
  'quota without a project': {
    request: '`POST /v1/quotas` without `project_id`',
    original: { status: 500, detail: "'project'" },
    gantry: { status: 400, detail: 'Must provide a valid project ID.' },
    reason: 'Bad input is the client’s error, and the text names what is missing.',
  },
  'certificate without a request': {
    request: '`POST /v1/certificates` without `csr`',
    original: { status: 500, detail: "Cannot load 'csr' in the base class" },
    gantry: missing('csr'),
    reason: 'Bad input is the client’s error, and the text names what is missing.',
  },
  'certificate of no cluster': {
    request: '`POST /v1/certificates` without `cluster_uuid`',
    original: { status: 404, detail: 'Cluster Unset could not be found.' },
    gantry: missing('cluster_uuid'),
    reason: 'Bad input is the client’s error, and the text names what is missing.',
  },
  'certificate that asks for too much': {
    request: '`POST /v1/certificates` with a critical extension that is not allowed',
    original: { status: 500, detail: /^Timed out waiting for a reply/ },
    gantry: { status: 400, detail: /not allowed/ },
    reason: 'The original’s conductor can’t send its refusal, and its API gives up after a minute.',
  },
  'bay changed': {
    request: '`PATCH /v1/bays/{id}` of `/node_count`, from 1.2 on',
    original: {
      status: 500,
      detail: /^API\.cluster_update_async\(\) missing 2 required positional arguments/,
    },
    gantry: { status: 202 },
    reason: 'It is what the route is for.',
  },
  'node group without a name': {
    request: '`POST /v1/clusters/{id}/nodegroups` without `name`',
    original: { status: 500, detail: "Field `name' cannot be None" },
    gantry: missing('name'),
    reason: 'Bad input is the client’s error, and the text names what is missing.',
  },
  'upgrade without a template': {
    request: '`POST /v1/clusters/{id}/actions/upgrade` without `cluster_template`',
    original: { status: 404, detail: 'ClusterTemplate Unset could not be found.' },
    gantry: missing('cluster_template'),
    reason: 'The text names what is missing.',
  },
  'field given twice': {
    request: '`POST /v1/clustertemplates` with a field that is given twice',
    original: { status: 201, body: { tags: 'second' } },
    gantry: { status: 400, detail: /tags is given twice/ },
    reason: 'Which of them is meant can’t be told.',
  },
  'number beyond all databases': {
    request: '`POST /v1/clustertemplates` with a number of more than 15 digits',
    original: { status: 500 },
    gantry: { status: 400, detail: /attribute docker_volume_size\. Value: '9007199254740993'/ },
    reason: 'Bad input is the client’s error, and the text names the field.',
  },
  'body too large': {
    request: '`POST` of more than `[oslo_middleware] max_request_body_size` bytes (114688)',
    original: { status: 400, detail: /maximum character requirement of 255/ },
    gantry: { status: 413 },
    reason:
      'What nobody needs is not read into memory. Services of OpenStack have this limit; the original forgets it.',
  },
  'label with a dot': {
    request: '`PATCH /v1/clustertemplates/{id}` of a label whose key has a dot',
    original: { status: 400, detail: /should match the pattern/ },
    gantry: { status: 200, body: { labels: { 'a.b': 'c' } } },
    reason: 'Kubernetes’ labels have dots and slashes (`~1` in a path), and a `POST` takes them.',
  },
  'time of a change': {
    request: '`PATCH /v1/clustertemplates/{id}`, of what its answer says of `updated_at`',
    original: { status: 200, body: { updated_at: null } },
    gantry: { status: 200 },
    reason: 'It is the time of this change; the original shows that of the one before.',
  },
  'number as text': {
    request: '`PATCH /v1/clusters/{id}` with a number as text, as Horizon sends it',
    original: { status: 400, detail: /not supported between instances of 'str' and 'int'/ },
    gantry: { status: 202 },
    reason: 'A `POST` takes it too.',
  },
  'certificate of another project': {
    request:
      '`GET`, `POST`, `PATCH /v1/certificates`, `POST /v1/clusters/{id}/actions/resize`, and `POST`, `PATCH`, `DELETE` of node groups, of another project’s cluster, as an administrator',
    original: { status: 404 },
    gantry: { status: 200 },
    reason:
      'The policy allows it, and the administrator sees the cluster; the original looks in the wrong project. `cluster:update_all_projects` and, to read, `cluster:get_one_all_projects` decide on it.',
  },
  'health while a cluster changes': {
    request:
      '`PATCH /v1/clusters/{id}` of `/health_status` while the cluster is being changed, and `GET` of it',
    original: { status: 200 },
    gantry: { status: 200, body: { health_status: 'HEALTHY' } },
    reason: 'What a health check found counts at any time; the original promises it (202) and drops it.',
  },
  'size while a cluster changes': {
    request:
      '`PATCH /v1/clusters/{id}` of `/node_count` to 2 while it is being brought to 3, and `GET` in the end',
    original: { status: 200, body: { status: 'UPDATE_COMPLETE', node_count: 3 } },
    gantry: { status: 200, body: { status: 'UPDATE_COMPLETE', node_count: 2 } },
    reason:
      'An order is never lost: it waits for the one before. The original promises it (202) and drops it.',
  },
  'bounds of a listed node group': {
    request: '`GET /v1/clusters/{id}/nodegroups` of a group with `min_node_count` 1',
    original: { status: 200, body: { nodegroups: [{}, { name: 'default-worker', min_node_count: 0 }] } },
    gantry: { status: 200, body: { nodegroups: [{}, { name: 'default-worker', min_node_count: 1 }] } },
    reason: 'The original’s list always says 0 and, of `max_node_count`, `null`.',
  },
  'node group of an unknown flavor': {
    request: '`POST /v1/clusters/{id}/nodegroups` with a flavor that is not there',
    original: { status: 202 },
    gantry: { status: 400, detail: 'Unable to find flavor nosuch.' },
    reason:
      'No such group could be built; the original’s ends as `CREATE_FAILED`, and its cluster as `UPDATE_FAILED`.',
  },
} as const satisfies Readonly<Record<string, Departure>>;

export type DepartureName = keyof typeof departures;

import { beforeAll, expect } from 'vitest';
import { ask, cloud } from './client.ts';
import { answers, check, shows } from './expectation.ts';
import type { Expected } from './expected.ts';
import type { DepartureName } from './departures.ts';
import type { Entry } from './inventory.ts';
import { nowhere, patch, template, templateRequest, trash } from './objects.ts';

const list = '/v1/clustertemplates';
const { names } = cloud;
const field = (name: string, value: string | number, why: string): Expected => ({
  status: 400,
  detail: `Invalid input for field/attribute ${name}. Value: '${value}'. ${why}`,
});
const flavor = { status: 400, detail: 'Unable to find flavor nosuch.' };
const uuid36 = '11111111-1111-4111-8111-111111111111';

/** A POST of a good template with these changes; undefined takes a member away. */
const refused: readonly (readonly [Entry, string, Record<string, unknown>, Expected | DepartureName])[] = [
  [
    '400 string out of bounds',
    'an empty name',
    { name: '' },
    field('name', '', 'Value should have a minimum character requirement of 1'),
  ],
  [
    '400 string out of bounds',
    'a name of 256 characters',
    { name: 'x'.repeat(256) },
    field('name', 'x'.repeat(256), 'Value should have a maximum character requirement of 255'),
  ],
  ['400 wrong type', 'a name that is a number', { name: 5 }, field('name', 5, 'Value should be string')],
  [
    '400 COE not supported',
    'no COE',
    { coe: undefined },
    { status: 400, detail: 'Requested COE type Unset is not supported.' },
  ],
  [
    '400 COE not supported',
    'the COE null',
    { coe: null },
    { status: 400, detail: 'Requested COE type None is not supported.' },
  ],
  [
    '400 COE not supported',
    'the COE mesos',
    { coe: 'mesos' },
    { status: 400, detail: 'Requested COE type mesos is not supported.' },
  ],
  [
    '400 not one of the values',
    'a COE nobody knows',
    { coe: 'nosuch' },
    {
      status: 400,
      detail: /^Invalid input for field\/attribute coe\. Value: 'nosuch'\. Value should be one of: /,
    },
  ],
  [
    '400 ClusterTypeNotSupported',
    'a COE that its image cannot carry',
    { coe: 'kubernetes', image_id: names.atomic, server_type: 'bm' },
    { status: 400, detail: 'Cluster type (bm, fedora-atomic, kubernetes) not supported.' },
  ],
  [
    '400 mandatory field missing',
    'no image',
    { image_id: undefined },
    field('image_id', 'None', 'Mandatory field missing.'),
  ],
  ['400 ImageNotFound', 'an image that is not there', { image_id: 'nosuch' }, 'unknown image'],
  ['400 ImageNotFound', 'the uuid of no image', { image_id: nowhere }, 'unknown image uuid'],
  [
    '400 OSDistroFieldNotFound',
    'an image without os_distro',
    { image_id: names.plain },
    'image without os_distro',
  ],
  [
    '409 several images of a name',
    'an image name used twice',
    { image_id: names.twin },
    'image name used twice',
  ],
  ['400 FlavorNotFound', 'a flavor that is not there', { flavor_id: 'nosuch' }, flavor],
  ['400 FlavorNotFound', 'a master flavor that is not there', { master_flavor_id: 'nosuch' }, flavor],
  [
    '400 FlavorZeroRootVolumeNotSupported',
    'a flavor without a disk',
    { flavor_id: names.diskless },
    'flavor without a disk',
  ],
  [
    '400 ExternalNetworkNotFound',
    'an external network that is not there',
    { external_network_id: 'nosuch' },
    { status: 400, detail: 'Unable to find external network nosuch.' },
  ],
  [
    '400 ExternalNetworkNotFound',
    'an internal network as the external one',
    { external_network_id: names.twin },
    { status: 400, detail: `Unable to find external network ${names.twin}.` },
  ],
  [
    '409 several networks of a name',
    'an external network of a name used twice',
    { external_network_id: names.twinExternal },
    {
      status: 409,
      detail: `Multiple external networks exist with same name '${names.twinExternal}'. Please use the external network ID instead.`,
    },
  ],
  [
    '400 FixedNetworkNotFound',
    'a fixed network that is not there',
    { fixed_network: 'nosuch' },
    'unknown fixed network',
  ],
  [
    '409 several networks of a name',
    'a fixed network of a name used twice',
    { fixed_network: names.twin },
    'fixed network name used twice',
  ],
  [
    '400 FixedSubnetNotFound',
    'a fixed subnet that is not there',
    { fixed_subnet: 'nosuch' },
    'unknown fixed subnet',
  ],
  [
    '400 network driver not supported',
    'a network driver nobody knows',
    { network_driver: 'nosuch' },
    {
      status: 400,
      detail:
        'Network driver type nosuch is not supported, expecting a docker/flannel/unspecified network driver.',
    },
  ],
  [
    '400 volume driver not supported',
    'a volume driver nobody knows',
    { volume_driver: 'nosuch' },
    {
      status: 400,
      detail: 'Volume driver type nosuch is not supported, expecting a rexray/unspecified volume driver.',
    },
  ],
  [
    '400 volume driver not supported',
    "another COE's volume driver",
    { volume_driver: 'cinder' },
    {
      status: 400,
      detail: 'Volume driver type cinder is not supported, expecting a rexray/unspecified volume driver.',
    },
  ],
  [
    '400 server type not supported',
    'a server type nobody knows',
    { server_type: 'nosuch' },
    { status: 400, detail: /nosuch/ },
  ],
  [
    '400 ClusterTypeNotSupported',
    'servers of metal',
    { server_type: 'bm' },
    { status: 400, detail: 'Cluster type (bm, fedora-atomic, swarm-mode) not supported.' },
  ],
  [
    '400 docker volume size for devicemapper',
    'devicemapper without a volume',
    { docker_storage_driver: 'devicemapper' },
    {
      status: 400,
      detail:
        'docker volume size None GB is not valid, expecting minimum value 3GB for devicemapper storage driver.',
    },
  ],
  [
    '400 docker volume size for devicemapper',
    'devicemapper on 2 GB',
    { docker_storage_driver: 'devicemapper', docker_volume_size: 2 },
    {
      status: 400,
      detail:
        'docker volume size 2 GB is not valid, expecting minimum value 3GB for devicemapper storage driver.',
    },
  ],
  [
    '400 number out of bounds',
    'a volume of 0 GB',
    { docker_volume_size: 0 },
    field('docker_volume_size', 0, 'Value should be greater or equal to 1'),
  ],
  [
    '400 wrong type',
    'a volume of text',
    { docker_volume_size: 'abc' },
    {
      status: 400,
      detail:
        /^Invalid input for field\/attribute cluster_template\. Value: .*invalid literal for int\(\) with base 10: 'abc'$/s,
    },
  ],
  [
    '400 number out of bounds',
    'port 70000',
    { apiserver_port: 70_000 },
    field('apiserver_port', 70_000, 'Value should be lower or equal to 65535'),
  ],
  [
    '400 number out of bounds',
    'port 80',
    { apiserver_port: 80 },
    field('apiserver_port', 80, 'Value should be greater or equal to 1024'),
  ],
  [
    '400 wrong type',
    'labels that are a list',
    { labels: ['a'] },
    { status: 400, detail: /^Invalid input for field\/attribute (cluster_template|labels)\. / },
  ],
  [
    '400 wrong type',
    'labels that are text',
    { labels: 'a=b' },
    { status: 400, detail: /^Invalid input for field\/attribute (cluster_template|labels)\. / },
  ],
  ['400 null where a string is needed', 'a label that is null', { labels: { a: null } }, 'label null'],
  [
    '400 wrong type',
    'a label that is an object',
    { labels: { a: {} } },
    { status: 400, detail: /^Invalid input for field\/attribute / },
  ],
  [
    '400 unknown attribute',
    'an attribute nobody knows',
    { nosuch: 1 },
    { status: 400, detail: 'Unknown attribute for argument cluster_template: nosuch' },
  ],
  [
    '400 unknown attribute',
    'two attributes nobody knows',
    { nosuch: 1, another: 2 },
    {
      status: 400,
      detail: /^Unknown attributes for argument cluster_template: (another, nosuch|nosuch, another)$/,
    },
  ],
  ['400 not a boolean', 'a truth value "maybe"', { tls_disabled: 'maybe' }, 'not a boolean'],
  [
    '400 InvalidDNS',
    'a name server that is no address',
    { dns_nameserver: 'not an ip' },
    {
      status: 400,
      detail: 'Expected a single dns address or comma separated dns list, but received not an ip.',
    },
  ],
  ['400 read-only field', 'links', { links: [] }, field('links', '[]', 'Cannot set read only field.')],
  [
    '400 read-only field',
    'the owner',
    { user_id: 'x' },
    field('user_id', 'x', 'Cannot set read only field.'),
  ],
  [
    '400 InvalidUUID',
    'a uuid that is none',
    { uuid: 'x' },
    { status: 400, detail: 'Expected a uuid but received x.' },
  ],
];
for (const [entry, title, change, expected] of refused) {
  const request = async () => {
    const body = { ...templateRequest('refused'), ...change };
    const answer = await ask('POST', list, { body });
    trash('clustertemplates', answer);
    return answer;
  };
  answers([entry, 'POST /v1/clustertemplates'], `POST of a template with ${title}`, request, expected);
}

for (const [entry, title, body, expected] of [
  [
    '400 body is not JSON',
    'no JSON',
    '{nope',
    { status: 400, detail: 'Request is not in valid JSON format' },
  ],
  ['400 body is an array', 'an array', '[]', 'body is an array'],
  ['400 missing argument', 'nothing', '', { status: 400, detail: 'Missing argument: "cluster_template"' }],
  [
    '400 mandatory field missing',
    'an empty object',
    '{}',
    field('image_id', 'None', 'Mandatory field missing.'),
  ],
] as const) {
  answers(
    [entry, 'POST /v1/clustertemplates'],
    `POST of ${title}`,
    () => ask('POST', list, { body }),
    expected,
  );
}

/** Sent as text: JSON.stringify would neither write a field twice nor all digits of such a number. */
const written = (fields: string) => `${JSON.stringify(templateRequest('written')).slice(0, -1)},${fields}}`;
for (const [entry, title, fields, expected] of [
  ['400 body is not JSON', 'a field given twice', '"tags":"first","tags":"second"', 'field given twice'],
  [
    '400 number out of bounds',
    'a number beyond all databases',
    '"docker_volume_size":9007199254740993',
    'number beyond all databases',
  ],
  ['400 string out of bounds', 'a body too large', `"tags":"${'x'.repeat(150_000)}"`, 'body too large'],
] as const) {
  const request = async () => {
    const answer = await ask('POST', list, { body: written(fields) });
    trash('clustertemplates', answer);
    return answer;
  };
  answers([entry, 'POST /v1/clustertemplates'], `POST of a template with ${title}`, request, expected);
}

for (const [entry, query, expected] of [
  ['400 paging', 'limit=0', { status: 400, detail: 'Limit must be positive' }],
  ['400 paging', 'limit=-1', { status: 400, detail: 'Limit must be positive' }],
  [
    '400 paging',
    'limit=abc',
    {
      status: 400,
      detail:
        "Invalid input for field/attribute limit. Value: 'abc'. unable to convert to int. Error: invalid literal for int() with base 10: 'abc'",
    },
  ],
  [
    '400 paging',
    'sort_key=nosuch',
    { status: 400, detail: 'The sort_key value "nosuch" is an invalid field for sorting' },
  ],
  [
    '400 paging',
    'sort_dir=up',
    { status: 400, detail: "Invalid sort direction: up. Acceptable values are 'asc' or 'desc'" },
  ],
  [
    '400 InvalidUUID',
    'marker=nosuch',
    {
      status: 400,
      detail:
        "Invalid input for field/attribute marker. Value: 'nosuch'. unable to convert to uuid. Error: Expected a uuid but received nosuch.",
    },
  ],
  [
    '404 ClusterTemplateNotFound',
    `marker=${nowhere}`,
    { status: 404, detail: `ClusterTemplate ${nowhere} could not be found.` },
  ],
  ['400 unknown argument', 'nosuch=1', { status: 400, detail: 'Unknown argument: "nosuch"' }],
] as const) {
  answers(
    [entry, 'GET /v1/clustertemplates'],
    `templates with ?${query}`,
    () => ask('GET', `${list}?${query}`),
    expected,
  );
}
for (const ident of ['nosuch', nowhere]) {
  answers(['404 ClusterTemplateNotFound'], `the template ${ident}`, () => ask('GET', `${list}/${ident}`), {
    status: 404,
    detail: `ClusterTemplate ${ident} could not be found.`,
  });
}

let uuid = '';
beforeAll(async () => {
  uuid = await template('to-be-patched', { tags: 'there' });
});
const patched: readonly (readonly [Entry, string, unknown, Expected | DepartureName])[] = [
  [
    '400 internal attribute',
    'the uuid',
    patch('replace', '/uuid', uuid36),
    { status: 400, detail: "'/uuid' is an internal attribute and can not be updated" },
  ],
  [
    '400 internal attribute',
    'the time it was made',
    patch('replace', '/created_at', 'x'),
    { status: 400, detail: "'/created_at' is an internal attribute and can not be updated" },
  ],
  [
    '400 mandatory attribute removed',
    'no image',
    patch('remove', '/image_id'),
    { status: 400, detail: "'/image_id' is a mandatory attribute and can not be removed" },
  ],
  [
    '400 mandatory attribute removed',
    'no COE',
    patch('remove', '/coe'),
    { status: 400, detail: "'/coe' is a mandatory attribute and can not be removed" },
  ],
  [
    '400 attribute added to the root',
    'an attribute nobody knows',
    patch('add', '/nosuch', 1),
    { status: 400, detail: 'Adding a new attribute /nosuch to the root of the resource is not allowed.' },
  ],
  [
    '400 attribute exists',
    'tags added where there are some',
    patch('add', '/tags', 'more'),
    { status: 400, detail: "The attribute /tags has existed, please use 'replace' operation instead." },
  ],
  [
    '400 PatchError',
    'an unknown attribute replaced',
    patch('replace', '/nosuch', 'x'),
    {
      status: 400,
      detail: /^Couldn't apply patch '.*'\. Reason: can't replace a non-existent object 'nosuch'$/,
    },
  ],
  [
    '400 PatchError',
    'a label removed that is not there',
    patch('remove', '/labels/nosuch'),
    {
      status: 400,
      detail: /^Couldn't apply patch '.*'\. Reason: can't remove a non-existent object 'nosuch'$/,
    },
  ],
  [
    '400 not one of the values',
    'another operation',
    patch('test', '/name', 'x'),
    {
      status: 400,
      detail: /^Invalid input for field\/attribute op\. Value: 'test'\. Value should be one of: /,
    },
  ],
  [
    '400 string against its pattern',
    'a path without a slash',
    patch('replace', 'name', 'x'),
    field('path', 'name', String.raw`Value should match the pattern ^(/[\w-]+)+$`),
  ],
  [
    '400 missing argument',
    'no value',
    patch('replace', '/name'),
    { status: 400, detail: "'add' and 'replace' operations needs value" },
  ],
  [
    '400 patch is not a list',
    'an object',
    { op: 'replace' },
    field('patch', "{'op': 'replace'}", "Value not a valid list: {'op': 'replace'}"),
  ],
  [
    '400 unknown attribute',
    'a member nobody knows',
    [{ op: 'replace', path: '/name', from: '/x', value: 'x' }],
    { status: 400, detail: 'Unknown attribute for argument patch: from' },
  ],
  ['400 FlavorNotFound', 'a flavor that is not there', patch('replace', '/flavor_id', 'nosuch'), flavor],
  [
    '400 ImageNotFound',
    'an image that is not there',
    patch('replace', '/image_id', 'nosuch'),
    { status: 400, detail: 'Image nosuch could not be found.' },
  ],
  [
    '409 several images of a name',
    'an image name used twice',
    patch('replace', '/image_id', names.twin),
    {
      status: 409,
      detail: `Multiple images exist with same name ${names.twin}. Please use the resource id instead.`,
    },
  ],
  [
    '400 network driver not supported',
    'a network driver nobody knows',
    patch('replace', '/network_driver', 'nosuch'),
    {
      status: 400,
      detail:
        'Network driver type nosuch is not supported, expecting a docker/flannel/unspecified network driver.',
    },
  ],
  [
    '400 PatchError',
    'labels that are no literal',
    patch('replace', '/labels', 'a=b'),
    { status: 400, detail: /^Couldn't apply patch / },
  ],
];
for (const [entry, title, body, expected] of patched) {
  const request = () => ask('PATCH', `${list}/${uuid}`, { body });
  answers([entry, 'PATCH /v1/clustertemplates/{id}'], `PATCH of a template with ${title}`, request, expected);
}
answers(
  ['400 wrong type', 'PATCH /v1/clustertemplates/{id}'],
  'PATCH of the labels with a JSON object',
  () => ask('PATCH', `${list}/${uuid}`, { body: patch('replace', '/labels', { z: '1' }) }),
  'labels as an object',
);
answers(
  ['400 string against its pattern', 'PATCH /v1/clustertemplates/{id}'],
  'PATCH of a label whose key has a dot',
  () => ask('PATCH', `${list}/${uuid}`, { body: patch('add', '/labels/a.b', 'c') }),
  'label with a dot',
);
shows(['PATCH /v1/clustertemplates/{id}'], 'PATCH tells the time of the change', async () => {
  const fresh = await template('fresh');
  const answer = await ask('PATCH', `${list}/${fresh}`, { body: patch('add', '/tags', 'changed') });
  check(answer, 'time of a change');
  if (cloud.kind === 'gantry') expect(answer.body['updated_at']).toEqual(expect.any(String));
});
answers(
  ['404 ClusterTemplateNotFound', 'PATCH /v1/clustertemplates/{id}'],
  'PATCH of a template that is not there',
  () => ask('PATCH', `${list}/nosuch`, { body: patch('replace', '/name', 'x') }),
  { status: 404, detail: 'ClusterTemplate nosuch could not be found.' },
);

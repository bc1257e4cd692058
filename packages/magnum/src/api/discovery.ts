import {
  atLeast,
  BAYS_GONE,
  CREDENTIALS_SINCE,
  MIN_VERSION,
  written,
  type Microversion,
} from './wire/microversion.ts';

const RESOURCES = [
  'clustertemplates',
  'clusters',
  'quotas',
  'certificates',
  'mservices',
  'stats',
  'federations',
  'nodegroups',
  'credentials',
] as const;

const DOCUMENTATION = 'http://docs.openstack.org/developer/magnum/dev/api-spec-v1.html';

/** What `GET /` answers. */
export function rootDocument(base: string, max: Microversion): object {
  return {
    name: 'OpenStack Magnum API',
    description: 'Magnum is an OpenStack project which aims to provide container cluster management.',
    versions: [
      {
        id: 'v1',
        links: [{ href: `${base}/v1/`, rel: 'self' }],
        status: 'CURRENT',
        max_version: written(max),
        min_version: written(MIN_VERSION),
      },
    ],
  };
}

/** What `GET /v1` answers. */
export function versionDocument(base: string, max: Microversion): object {
  const legacy = atLeast(max, BAYS_GONE) ? [] : ['baymodels', 'bays'];
  const known = RESOURCES.filter((resource) => resource !== 'credentials' || atLeast(max, CREDENTIALS_SINCE));
  const resources = [...legacy, ...known].map((resource) => {
    const path = resource === 'nodegroups' ? 'clusters/{cluster_id}/nodegroups' : `${resource}/`;
    return [
      resource,
      [
        { href: `${base}/v1/${path}`, rel: 'self' },
        { href: `${base}/${path}`, rel: 'bookmark' },
      ],
    ] as const;
  });
  return {
    id: 'v1',
    media_types: [{ base: 'application/json', type: 'application/vnd.openstack.magnum.v1+json' }],
    links: [
      { href: `${base}/v1/`, rel: 'self' },
      { href: DOCUMENTATION, rel: 'describedby', type: 'text/html' },
    ],
    ...Object.fromEntries(resources),
  };
}

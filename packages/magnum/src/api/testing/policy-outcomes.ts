import { exampleCsrs } from '../../certificates/example-csrs.ts';
import { exampleNodeGroup } from '../../store/example-rows.ts';
import { apiInTest, clusterBody, templateBody, type ApiInTest } from './api-in-test.ts';
import { pathOf } from '../openapi.ts';
import { PRIVATE_TEMPLATE as TEMPLATE, seedProject } from './project-in-test.ts';
import type { Route } from '../wire/route.ts';

/** Who asks, by the names of cloud-in-test.ts, and what the table calls them. */
export const PEOPLE = {
  admin: 'admin',
  member: 'owner',
  colleague: 'member',
  reader: 'reader',
  nothing: 'no role',
  stranger: 'other project',
  trustee: "the cluster's trustee",
  'other-trustee': 'another trustee',
  system: 'system scope',
  nobody: 'no token',
} as const;

export type Person = keyof typeof PEOPLE;

const workers = [{ op: 'replace', path: '/node_count', value: 2 }];
const cluster = { ...clusterBody, flavor_id: 'small', master_flavor_id: 'small' };
const { cluster_template_id: _template, create_timeout: _timeout, keypair: _key, ...bay } = cluster;

/** Bodies that are right as to their form, so that nothing but the rules decides. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /clustertemplates': templateBody,
  'PATCH /clustertemplates/:ident': [],
  'POST /baymodels': { ...templateBody, keypair_id: 'key' },
  'PATCH /baymodels/:ident': [],
  'POST /clusters': { ...cluster, cluster_template_id: TEMPLATE },
  'POST /bays': { ...bay, baymodel_id: TEMPLATE },
  'POST /certificates': { cluster_uuid: 'demo', csr: exampleCsrs.plain },
  'POST /quotas': { project_id: 'p3', resource: 'Cluster', hard_limit: 3 },
  'PATCH /quotas/:project/:resource': { hard_limit: 3 },
  'PATCH /clusters/:ident': workers,
  'PATCH /bays/:ident': workers,
  'POST /clusters/:ident/actions/resize': { node_count: 2 },
  'POST /clusters/:ident/actions/upgrade': { cluster_template: TEMPLATE },
  'POST /clusters/:cluster/nodegroups': { name: 'new' },
  'PATCH /clusters/:cluster/nodegroups/:ident': [{ op: 'replace', path: '/max_node_count', value: 9 }],
  'POST /federations': { hostcluster_id: 'demo', properties: { 'dns-zone': 'example.org' } },
};

/** What these callers are answered about project p1, each by a Magnum in which nothing was changed before. */
export async function outcomesOf(
  route: Route,
  people: readonly Person[],
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly error: string | undefined }[]> {
  const outcomes: { status: number; error: string | undefined }[] = [];
  const path = addressOf(route);
  const release: Record<string, string> = route.path.startsWith('/bay')
    ? { OS_GANTRY__MAX_MICROVERSION: '1.10' }
    : {};
  const body = BODIES[`${route.method} ${route.path}`];
  const needsCertificates = route.path.startsWith('/certificates') && route.method !== 'PATCH';
  let api: ApiInTest | undefined;
  for (const who of people) {
    api ??= await seeded({ ...release, ...settings }, needsCertificates);
    const { status, error } = await api.ask(who === 'nobody' ? undefined : who, route.method, path, body);
    outcomes.push({ status, error });
    if (route.method === 'GET' || needsCertificates || status >= 400) continue;
    await api.close();
    api = undefined;
  }
  await api?.close();
  return outcomes;
}

/** Where a route finds the things of {@link seedProject}. @param names instead of theirs, by parameter */
export function addressOf(route: Route, names: Readonly<Record<string, string>> = {}): string {
  return pathOf(route).replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? nameFor(route, name));
}

function nameFor({ method, path }: Route, parameter: string): string {
  if (parameter === 'project') return 'p1';
  if (parameter === 'resource') return 'Cluster';
  if (parameter === 'coe') return 'kubernetes';
  // The default ones can't be removed.
  if (parameter === 'ident' && path.includes('/nodegroups/'))
    return method === 'DELETE' ? 'more' : 'default-worker';
  return /^\/(clustertemplates|baymodels)/.test(path) ? 'private' : 'demo';
}

async function seeded(settings: Record<string, string>, withCertificates: boolean): Promise<ApiInTest> {
  const api = await apiInTest(settings);
  const uuid = await seedProject(api.store);
  const more = { uuid: 'd1000000-0000-4000-8000-000000000003', name: 'more', is_default: false } as const;
  await api.store.nodegroups.insert(exampleNodeGroup({ ...more, cluster_id: uuid }));
  if (withCertificates) await api.certificates.createClusterCertificates(uuid);
  return api;
}

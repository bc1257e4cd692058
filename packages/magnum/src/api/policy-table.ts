import { apiInTest, clusterBody, templateBody, type ApiInTest } from './api-in-test.ts';
import { pathOf } from './openapi.ts';
import { policyDefaults } from './policy-defaults.ts';
import type { Route } from './route.ts';
import { PRIVATE_TEMPLATE as TEMPLATE, seedProject } from './project-in-test.ts';
import { routesInTest } from './routes-in-test.ts';

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

/** Bodies that are right as to their form, so that nothing but the rules decides. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /clustertemplates': templateBody,
  'PATCH /clustertemplates/:ident': [],
  'POST /clusters': { ...clusterBody, cluster_template_id: TEMPLATE },
  'POST /certificates': { cluster_uuid: 'demo', csr: 'none' },
  'POST /quotas': { project_id: 'p3', resource: 'Cluster', hard_limit: 3 },
  'PATCH /quotas/:project/:resource': { hard_limit: 3 },
  'PATCH /clusters/:ident': [{ op: 'replace', path: '/node_count', value: 2 }],
  'POST /clusters/:cluster/actions/resize': { node_count: 2 },
  'POST /clusters/:cluster/actions/upgrade': { cluster_template: TEMPLATE },
  'POST /clusters/:cluster/nodegroups': { name: 'new' },
  'PATCH /clusters/:cluster/nodegroups/:ident': [{ op: 'replace', path: '/max_node_count', value: 9 }],
  'PATCH /certificates/:ident': undefined,
  'PATCH /credentials/:ident': undefined,
};

/**
 * Every route, the rules it names, and what each kind of caller is answered about things of project `p1`, of
 * which `owner`, `member` and `reader` are. As Markdown.
 */
export async function policyTable(): Promise<string> {
  const header = ['Route', 'Rules', ...Object.values(PEOPLE)];
  const rows: string[][] = [];
  for (const route of await allRoutes()) {
    const answered = await outcomesOf(route, Object.keys(PEOPLE));
    const rules = (route.policies ?? []).map((name) => `\`${name}\``).join(', ');
    rows.push([`${route.method} ${pathOf(route)}`, rules, ...answered.map(({ status }) => String(status))]);
  }
  return markdown(header, rows);
}

/** Every rule, as Magnum ships it, and what it was before. */
export function ruleTable(): string {
  const cell = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
  const rows = policyDefaults.map(({ name, check, deprecated }) => [
    cell(name),
    cell(check),
    deprecated === undefined ? '' : cell(deprecated.check),
  ]);
  return markdown(['Rule', 'Default', 'Also, unless enforce_new_defaults'], rows);
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** All routes but the stream, which doesn't end and has the rule of the list beside it. */
export async function allRoutes(): Promise<Route[]> {
  const api = await apiInTest();
  const routes = routesInTest(api).filter(({ answers }) => answers !== 'text/event-stream');
  await api.close();
  return routes;
}

/** What these callers are answered, each by a Magnum in which nothing was changed before. */
export async function outcomesOf(
  route: Route,
  people: readonly string[],
  env: Record<string, string> = {},
): Promise<{ readonly status: number; readonly error: string | undefined }[]> {
  const outcomes: { status: number; error: string | undefined }[] = [];
  const path = pathOf(route).replaceAll(/\{(\w+)\}/g, (_, name: string) => nameFor(route, name));
  const body = BODIES[`${route.method} ${route.path}`];
  let api: ApiInTest | undefined;
  for (const who of people) {
    api ??= await seeded(env, route.path.startsWith('/certificates') && route.method !== 'PATCH');
    const { status, error } = await api.ask(who === 'nobody' ? undefined : who, route.method, path, body);
    outcomes.push({ status, error });
    if (route.method === 'GET' || status >= 400) continue;
    await api.close();
    api = undefined;
  }
  await api?.close();
  return outcomes;
}

function nameFor(route: Route, parameter: string): string {
  if (parameter === 'project') return 'p1';
  if (parameter === 'resource') return 'Cluster';
  if (parameter === 'coe') return 'kubernetes';
  if (parameter === 'ident' && route.path.includes('/nodegroups/')) return 'default-worker';
  return route.path.startsWith('/clustertemplates') || route.path.startsWith('/baymodels')
    ? 'private'
    : 'demo';
}

async function seeded(env: Record<string, string>, withCertificates: boolean): Promise<ApiInTest> {
  const api = await apiInTest(env);
  const uuid = await seedProject(api.store);
  if (withCertificates) await api.certificates.createClusterCertificates(uuid);
  return api;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleCluster, exampleTemplate } from '../../store/example-rows.ts';
import { apiInTest } from '../testing/api-in-test.ts';
import { policyNames } from './policy-defaults.ts';
import { outcomesOf, PEOPLE } from '../testing/policy-outcomes.ts';
import { routeTables, ruleTable } from '../testing/policy-table.ts';
import { routesInTest } from '../testing/routes-in-test.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policies-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Settings under which the operator's rules are these. */
function operatorsRules(rules: Readonly<Record<string, string>>, more: Record<string, string> = {}) {
  const file = join(folder, 'policy.json');
  writeFileSync(file, JSON.stringify(rules));
  return { OS_OSLO_POLICY__POLICY_FILE: file, ...more };
}

const INTRODUCTION = `# Who may do what

Written by \`vitest run packages/magnum/src/api/policy/policies.test.ts -u\`, which compares it with what the API does.

Statuses are those of requests about a cluster and a private template of one project: its owner made them, member
and reader belong to the same project, the trustee is the user that Magnum made for the nodes of that cluster, and
another trustee that of another one; the administrator's token is for a project of its own. 404 is answered where the
caller may not know that the thing is there. Bays and bay models are there where \`[gantry] max_microversion\` is at
most 1.10. The routes of discovery, \`/healthcheck\` and \`/openapi.json\` need no token.

The rules that end in \`_all_projects\` are asked of administrators only (\`context_is_admin\`). Where the original asks
them, whoever is refused is answered 403, as there; elsewhere they see then what the original shows them, their own
project.

An operator replaces rules in \`policy.yaml\` or files in \`policy.d\`, in the rule language of oslo.policy, under
the names below; \`[oslo_policy]\` in \`magnum.conf\` names other files, and lets the old defaults count as well
(\`enforce_new_defaults = false\`) or tokens of any scope (\`enforce_scope = false\`). To let members fetch
certificates for clusters of their colleagues: \`"certificate:get": "rule:admin_or_project_reader"\` and
\`"certificate:create": "rule:admin_or_project_member"\`.
`;

test('every route, rule and role is answered as docs/policies.md says', async () => {
  const { asShipped, oldDefaults, anyScope } = await routeTables();
  const sections = [
    `## Routes\n\n${asShipped}`,
    '## Routes, where the old defaults count as well\n\n' +
      `With \`enforce_new_defaults = false\` these are answered otherwise:\n\n${oldDefaults}`,
    '## Routes, where scopes do not count\n\n' +
      'With `enforce_scope = false`, a token of the system with the role admin is answered, by the new defaults and ' +
      `with \`enforce_new_defaults = false\`:\n\n${anyScope}`,
    `## Rules\n\n${ruleTable()}`,
  ];
  const text = `${INTRODUCTION}\n${sections.join('\n\n')}\n`;
  await expect(text).toMatchFileSnapshot('../../../../../docs/policies.md');
}, 120_000);

test('no route lets anybody through whose rules are set to nobody, and it is its own rules that it asks', async () => {
  const env = operatorsRules(Object.fromEntries(policyNames.map((name) => [name, '!'])));
  for (const route of routesInTest()) {
    const [owner] = await outcomesOf(route, ['member'], env);
    expect({ route: `${route.method} ${route.path}`, ...owner }).toMatchObject({ status: 403 });
    const asked = /Policy doesn't allow (\S+) to be performed/.exec(owner?.error ?? '')?.[1];
    expect(route.policies).toContain(asked);
  }
}, 60_000);

test('an administrator whom a rule keeps to their own project is refused, or sees no other', async () => {
  for (const route of routesInTest()) {
    const rules = route.policies.filter((name) => name.endsWith('_all_projects'));
    if (rules.length === 0) continue;
    const env = operatorsRules(Object.fromEntries(rules.map((name) => [name, '!'])));
    const [admin] = await outcomesOf(route, ['admin'], env);
    const named = rules.some((rule) => admin?.error === `Policy doesn't allow ${rule} to be performed.`);
    // A cluster that a body refers to and that isn't there is a fault of the request.
    const hidden = route.path === '/certificates' ? 400 : 404;
    expect({ route: `${route.method} ${route.path}`, ...admin }).toMatchObject({
      status: named ? 403 : hidden,
    });
  }
}, 60_000);

describe('the operator', () => {
  const rows = async (env: Record<string, string>) => {
    const api = await apiInTest(env);
    await api.store.clusters.insert(exampleCluster());
    const uuid = 'e1000002-0000-4000-8000-000000000009';
    await api.store.templates.insert(exampleTemplate({ name: 'public', uuid, public: true }));
    return api;
  };
  const statuses = async (env: Record<string, string>, path: string): Promise<Record<string, number>> => {
    const api = await rows(env);
    const found: Record<string, number> = {};
    for (const who of ['admin', 'member', 'colleague', 'nothing', 'stranger', 'system']) {
      found[who] = (await api.ask(who, 'GET', path)).status;
    }
    await api.close();
    return found;
  };

  test('can let colleagues fetch certificates', async () => {
    // 404: there is no certificate yet.
    expect(await statuses({}, '/v1/certificates/demo')).toMatchObject({ member: 404, colleague: 403 });
    const env = operatorsRules({ 'certificate:get': 'rule:admin_or_project_reader' });
    expect(await statuses(env, '/v1/certificates/demo')).toMatchObject({ colleague: 404, nothing: 403 });
  });

  test('can let the old rules count, by which everybody of the project may look', async () => {
    expect(await statuses({}, '/v1/clusters/demo')).toMatchObject({ nothing: 403 });
    const env = { OS_OSLO_POLICY__ENFORCE_NEW_DEFAULTS: 'false' };
    expect(await statuses(env, '/v1/clusters/demo')).toMatchObject({ nothing: 200, stranger: 404 });
  });

  test('can let tokens of the system in', async () => {
    const env = { OS_OSLO_POLICY__ENFORCE_SCOPE: 'false' };
    expect(await statuses(env, '/v1/clusters/demo')).toMatchObject({ admin: 200, system: 200 });
  });

  test('can make another role that of administrators', async () => {
    const env = operatorsRules({ context_is_admin: 'role:member and project_id:p2' });
    expect(await statuses(env, '/v1/clusters/demo')).toMatchObject({
      admin: 404,
      stranger: 200,
      member: 200,
    });
  });

  test('is told at the start what is wrong with a rule', async () => {
    const env = operatorsRules({ 'cluster:get': 'role:admin or' });
    await expect(apiInTest(env)).rejects.toThrow(/policy\.json: the rule cluster:get: it ends too early/);
  });
});

test('a public template is shown to everybody with a project, and changed by its own project only', async () => {
  for (const who of Object.keys(PEOPLE).filter((name) => name !== 'nobody')) {
    const api = await apiInTest();
    const uuid = 'e1000002-0000-4000-8000-000000000009';
    await api.store.templates.insert(exampleTemplate({ name: 'public', uuid, public: true }));
    const mine = ['admin', 'member', 'colleague'].includes(who);
    const path = '/v1/clustertemplates/public';
    // A token of the system is an administrator's, of whom another rule is asked, and that is for projects.
    expect(await api.ask(who, 'GET', path)).toMatchObject({ status: who === 'system' ? 403 : 200 });
    expect(await api.ask(who, 'PATCH', path, [])).toMatchObject({ status: mine ? 200 : 403 });
    expect(await api.ask(who, 'DELETE', path)).toMatchObject({ status: mine ? 204 : 403 });
    await api.close();
  }
});

test('statistics of another project are for administrators', async () => {
  const api = await apiInTest();
  const path = '/v1/stats?project_id=p1';
  const found = await Promise.all(['admin', 'member', 'stranger'].map((who) => api.ask(who, 'GET', path)));
  expect(found.map(({ status }) => status)).toEqual([200, 200, 403]);
  await api.close();
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RequestContext } from '../keystone/request-context.ts';
import { createLogger } from '../logs/logger.ts';
import { createEnforcer } from './enforcer.ts';
import type { PolicyDefault } from './policy-defaults.ts';
import { PolicyError } from './policy-error.ts';
import { parseRule } from './rule-parser.ts';

const member: RequestContext = {
  token: 't',
  tokenExpiresAt: 0,
  userId: 'u1',
  userName: 'alice',
  userDomainId: 'default',
  userDomainName: 'Default',
  projectId: 'p1',
  projectName: 'web',
  projectDomainId: 'default',
  domainId: undefined,
  systemScope: false,
  roles: ['member'],
  isAdmin: false,
  trustId: undefined,
};
const admin: RequestContext = { ...member, userId: 'root', projectId: 'p0', roles: ['admin'], isAdmin: true };
const system: RequestContext = { ...admin, projectId: undefined, systemScope: true };
const ofDomain: RequestContext = { ...admin, projectId: undefined, domainId: 'default' };

describe('a rule', () => {
  const target = { project_id: 'p1', user_id: 'u1', none: null, on: true, count: 3, owner: { id: 'u1' } };
  const deciding = (rule: unknown, who: RequestContext): boolean => {
    const defaults = [
      { name: 'asked', check: '!' },
      { name: 'yes', check: '@' },
      { name: 'no', check: '!' },
    ];
    const file = join(folder, 'rule.json');
    writeFileSync(file, JSON.stringify({ asked: rule }));
    return createEnforcer({ ...options, defaults, places: { file, dirs: [], folders: [] } }).allows(
      'asked',
      who,
      target,
    );
  };

  test.each([
    ['', true],
    ['@', true],
    ['!', false],
    ['role:MEMBER', true],
    ['role:admin', false],
    ['rule:yes', true],
    ['rule:missing', false],
    ['project_id:%(project_id)s', true],
    ['user_id:%(project_id)s', false],
    ['user_id:%(missing)s', false],
    ['user_id:%(owner.id)s', true],
    ['is_admin:False', true],
    ['system_scope:all', false],
    ["'u1':%(user_id)s", true],
    ["'u2':%(user_id)s", false],
    ['True:%(on)s', true],
    ['None:%(none)s', true],
    ['3:%(count)s', true],
    ['token.user.domain.id:default', true],
    ['token.roles.name:member', true],
    ['token.roles.name:reader', false],
    ['nothing.of.that:x', false],
    ['user_name:alice and project_name:web and user_domain_name:Default', true],
    ['user_name:%(user_id)s', false],
    ['token.user.name:alice and token.project.name:web', true],
    ['is_admin_project:True', true],
    ['not rule:no', true],
    ['NOT not rule:yes', true],
    ['rule:yes and rule:no', false],
    ['rule:yes OR rule:no and rule:no', true],
    ['(rule:yes or rule:no) and rule:no', false],
    ['rule:no and rule:no or rule:yes', true],
    ['not rule:yes or rule:yes', true],
    ['not (rule:yes or rule:no)', false],
    ['((role:admin) or (project_id:%(project_id)s))', true],
    [[], true],
    [[[]], false],
    [[['rule:yes', 'rule:no'], ['rule:yes']], true],
    [['rule:no', ['rule:yes', 'rule:no']], false],
  ] as const)('%j lets a member through: %s', (rule, allowed) => {
    expect(deciding(rule, member)).toBe(allowed);
  });

  test.each([
    ['role:a and', 'it ends too early'],
    ['role:a role:b', "'role:b' is one too many"],
    ['(role:a', "a ')' is missing"],
    ['role:a)', "')' is one too many"],
    ['and', "a check is expected instead of 'and'"],
    ['member', "'member' is no check"],
    ['http://checker/ask', 'asks a remote server'],
    ['user_id:%(id)d', "after the '%'"],
    [':x', "nothing stands before the ':'"],
    [null, 'neither a text nor a list'],
    [[[1]], 'must consist of texts'],
    [`${'('.repeat(500)}@${')'.repeat(500)}`, 'nested too deep'],
  ])('%j is refused, with the reason', (rule, reason) => {
    expect(() => parseRule(rule)).toThrow(reason);
  });
});

describe("a service's rules", () => {
  const defaults: PolicyDefault[] = [
    { name: 'owner', check: 'project_id:%(project_id)s' },
    { name: 'thing:get', check: 'role:reader and rule:owner', deprecated: { check: 'rule:owner' } },
    {
      name: 'thing:put',
      check: 'role:admin',
      scopes: ['project'],
      deprecated: { name: 'thing:set', check: '!' },
    },
  ];
  const mine = { project_id: 'p1' };
  const places = (): { file: string; dirs: string[]; folders: string[] } => ({
    file: 'policy.yaml',
    dirs: ['policy.d'],
    folders: [folder],
  });
  const enforcer = (change: object = {}) =>
    createEnforcer({ ...options, defaults, places: places(), now: () => time, ...change });

  test('before count as well, until the operator wants the new ones only', () => {
    expect(enforcer().allows('thing:get', member, mine)).toBe(false);
    expect(enforcer({ enforceNewDefaults: false }).allows('thing:get', member, mine)).toBe(true);
    expect(enforcer({ enforceNewDefaults: false }).allows('thing:get', member, { project_id: 'p2' })).toBe(
      false,
    );
  });

  test('are for tokens of their scope, unless the operator lets all scopes in', () => {
    expect([admin, system, ofDomain].map((who) => enforcer().allows('thing:put', who, mine))).toEqual([
      true,
      false,
      false,
    ]);
    expect(enforcer({ enforceScope: false }).allows('thing:put', system, mine)).toBe(true);
  });

  test('give way to the operator’s, files of a folder coming last, and old names still count', () => {
    write('policy.yaml', '"thing:get": "@"\n"thing:set": "role:member"\n');
    expect(enforcer().allows('thing:get', admin, { project_id: 'p2' })).toBe(true);
    expect(enforcer().allows('thing:put', member, mine)).toBe(true);
    expect(enforcer().allows('thing:put', admin, mine)).toBe(false);
    mkdirSync(join(folder, 'policy.d'));
    write('policy.d/1.json', '{"thing:get": "!"}');
    write('policy.d/.hidden', 'not: [looked at');
    expect(enforcer().allows('thing:get', admin, mine)).toBe(false);
    expect(enforcer({ enforceNewDefaults: false }).allows('thing:get', member, mine)).toBe(false);
  });

  test('that are missing are decided by the operator’s default rule, else nobody is let through', () => {
    expect(enforcer().allows('thing:unknown', admin, mine)).toBe(false);
    write('policy.yaml', 'default: "role:admin"');
    expect(enforcer().allows('thing:unknown', admin, mine)).toBe(true);
  });

  test('change with the files, and stay while a file can’t be understood', () => {
    const rules = enforcer();
    expect(rules.allows('thing:get', admin, mine)).toBe(false);
    write('policy.yaml', '"thing:get": "role:admin"');
    expect(rules.allows('thing:get', admin, mine)).toBe(false);
    time += 1000;
    expect(rules.allows('thing:get', admin, mine)).toBe(true);
    write('policy.yaml', '"thing:get": "role:admin and"');
    time += 1000;
    expect(rules.allows('thing:get', admin, mine)).toBe(true);
    rmSync(join(folder, 'policy.yaml'));
    time += 1000;
    expect(rules.allows('thing:get', admin, mine)).toBe(false);
  });

  test.each([
    ['"thing:get": "role:a and"', 'policy.yaml: the rule thing:get: it ends too early'],
    ['- a\n- b', 'an object of rules by name is expected'],
    ['a: "b', 'policy.yaml: '],
    ['owner: "rule:thing:get"', 'in a circle: owner → thing:get → owner'],
    ['owner: "not rule:owner"', 'in a circle: owner → owner'],
  ])('%j: the service does not start, and says why', (content, problem) => {
    write('policy.yaml', content);
    expect(() => enforcer()).toThrow(PolicyError);
    expect(() => enforcer()).toThrow(problem);
  });
});

let folder: string;
let time = 0;
const options = {
  enforceScope: true,
  enforceNewDefaults: true,
  defaultRule: 'default',
  log: createLogger('test', { level: 'silent' }),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}

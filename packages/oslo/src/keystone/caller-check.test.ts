import { describe, expect, test } from 'vitest';
import { allowedByRules } from './access-rules.ts';
import { callerOf } from './caller-check.ts';
import type { RequestContext } from './request-context.ts';

test.each([
  ['/v1/clusters', '/v1/clusters', true],
  ['/v1/clusters/', '/v1/clusters', true],
  ['/v1/clusters', '/v1/clusters/a', false],
  ['/v1/clusters/*', '/v1/clusters/a', true],
  ['/v1/clusters/*', '/v1/clusters', false],
  ['/v1/clusters/*', '/v1/clusters/a/nodegroups', false],
  ['/v1/clusters/{cluster}/nodegroups', '/v1/clusters/a/nodegroups', true],
  ['/v1/**', '/v1/clusters/a/nodegroups', true],
  ['/v1.', '/v1x', false],
  ['/v1/(a|b', '/v1/(a|b', true],
])('an access rule for %s, asked for %s: %s', (path, asked, allowed) => {
  const rules = [{ service: 'container-infra', method: 'GET', path }];
  expect(allowedByRules(rules, 'container-infra', { method: 'GET', path: asked })).toBe(allowed);
  expect(allowedByRules(rules, 'container-infra', { method: 'POST', path: asked })).toBe(false);
  expect(allowedByRules(rules, 'compute', { method: 'GET', path: asked })).toBe(false);
});

describe('a service that asks in a user’s name', () => {
  const context = (roles: string[]): RequestContext => ({
    token: 't',
    tokenExpiresAt: 0,
    userId: 'u',
    userName: 'u',
    userDomainId: 'default',
    userDomainName: 'Default',
    projectId: 'p',
    projectName: 'p',
    projectDomainId: 'default',
    domainId: undefined,
    systemScope: false,
    roles,
    isAdmin: false,
    trustId: undefined,
  });
  const tokens = {
    check: async (token: string, { expired = false } = {}) => {
      if (token === 'expired') return expired ? context(['member']) : undefined;
      return { user: context(['member']), nova: context(['service']), plain: context(['reader']) }[token];
    },
  };
  const asking = async (token: string, serviceToken: string, required = false): Promise<boolean> => {
    const settings = {
      service_type: 'container-infra',
      service_token_roles: ['Service'],
      service_token_roles_required: required,
    };
    const asked = { method: 'GET', path: '/v1/clusters', token, serviceToken };
    return (await callerOf(tokens, settings, asked)) !== undefined;
  };

  test('may bring a token that has expired, if it has the role', async () => {
    expect(await asking('expired', 'nova')).toBe(true);
    expect(await asking('expired', 'plain')).toBe(false);
    expect(await asking('expired', '')).toBe(false);
  });

  test('is refused with a token of its own that is none, and without the role where that is required', async () => {
    expect(await asking('user', 'forged')).toBe(false);
    expect(await asking('user', 'plain')).toBe(true);
    expect(await asking('user', 'plain', true)).toBe(false);
    expect(await asking('user', 'nova', true)).toBe(true);
  });
});

import type { Caller } from '../../cloud/service.ts';
import { privileged } from '../api/attributes.ts';
import { IP_PROTOCOLS } from '../api/parse-rule.ts';
import type { SecurityGroupGiven, SecurityGroupRuleGiven } from '../api/resources.ts';
import { NeutronError, conflict, invalid, securityGroupNotFound } from '../errors.ts';
import { parseCidr } from './addresses.ts';
import { defined, newRow, revise, type Context } from './context.ts';
import { checkQuota } from './quotas.ts';
import type { SecurityGroupRow, SecurityGroupRuleRow } from './rows.ts';

export function groupFor(context: Context, caller: Caller, id: string): SecurityGroupRow {
  const group = context.tables.securityGroups.get(id);
  if (!group || !(privileged(caller) || group.project_id === caller.projectId))
    throw securityGroupNotFound(id);
  return group;
}

/** Each project has a group `default`, made when Neutron first meets the project. */
export function ensureDefaultGroup(context: Context, projectId: string): SecurityGroupRow | undefined {
  if (projectId === '') return undefined;
  const known = context.tables.securityGroups.by('project', projectId).find((row) => row.name === 'default');
  if (known) return known;
  const group = addGroup(context, projectId, { name: 'default', description: 'Default security group' });
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    addRule(context, group, { direction: 'ingress', ethertype, remote_group_id: group.id });
  }
  return group;
}

export function createSecurityGroup(
  context: Context,
  projectId: string,
  given: SecurityGroupGiven,
): SecurityGroupRow {
  ensureDefaultGroup(context, projectId);
  checkQuota(context, projectId, 'security_group');
  return addGroup(context, projectId, { name: given.name ?? '', description: given.description ?? '' });
}

/** A new group lets everything out, of both families. */
function addGroup(
  context: Context,
  projectId: string,
  { name, description }: { name: string; description: string },
): SecurityGroupRow {
  const group = context.tables.securityGroups.put({
    ...newRow(context, projectId, { description }),
    name,
    revision_number: 1,
  });
  for (const ethertype of ['IPv4', 'IPv6'] as const)
    addRule(context, group, { direction: 'egress', ethertype });
  return group;
}

export function updateSecurityGroup(
  context: Context,
  group: SecurityGroupRow,
  given: SecurityGroupGiven,
): SecurityGroupRow {
  if (group.name === 'default' && given.name !== undefined) {
    throw conflict('SecurityGroupCannotUpdateDefault', 'Updating default security group not allowed.');
  }
  return context.tables.securityGroups.put(revise<SecurityGroupRow>(context, group, defined(given)));
}

export function deleteSecurityGroup(context: Context, caller: Caller, group: SecurityGroupRow): void {
  const { tables } = context;
  if (tables.ports.by('group', group.id).length > 0) {
    throw conflict('SecurityGroupInUse', `Security Group ${group.id} in use.`);
  }
  if (group.name === 'default' && !caller.isAdmin) {
    throw conflict(
      'SecurityGroupCannotRemoveDefault',
      'Insufficient rights for removing default security group.',
    );
  }
  for (const rule of tables.securityGroupRules.by('group', group.id))
    tables.securityGroupRules.delete(rule.id);
  for (const rule of tables.securityGroupRules.by('remote', group.id)) deleteSecurityGroupRule(context, rule);
  tables.securityGroups.delete(group.id);
}

export function createSecurityGroupRule(
  context: Context,
  caller: Caller,
  projectId: string,
  given: SecurityGroupRuleGiven,
): SecurityGroupRuleRow {
  const group = groupFor(context, caller, given.security_group_id ?? '');
  if (given.remote_group_id) groupFor(context, caller, given.remote_group_id);
  const wanted = ruleOf(given);
  checkRule(wanted);
  const same = context.tables.securityGroupRules
    .by('group', group.id)
    .find((rule) => ruleKey(rule) === ruleKey(wanted));
  if (same) {
    throw conflict('SecurityGroupRuleExists', `Security group rule already exists. Rule id is ${same.id}.`);
  }
  checkQuota(context, projectId, 'security_group_rule');
  const rule = addRule(context, group, wanted, given.description, projectId);
  touch(context, group);
  return rule;
}

export function deleteSecurityGroupRule(context: Context, rule: SecurityGroupRuleRow): void {
  context.tables.securityGroupRules.delete(rule.id);
  const group = context.tables.securityGroups.get(rule.security_group_id);
  if (group) touch(context, group);
}

/** A change of its rules is a change of the group: the revision counts both, and its ports are filtered anew. */
function touch(context: Context, group: SecurityGroupRow): void {
  context.tables.securityGroups.put({ ...group, revision_number: group.revision_number + 1 });
  for (const port of context.tables.ports.by('group', group.id))
    context.changed({ kind: 'port', id: port.id });
}

type Rule = Pick<
  SecurityGroupRuleRow,
  | 'direction'
  | 'ethertype'
  | 'protocol'
  | 'port_range_min'
  | 'port_range_max'
  | 'remote_ip_prefix'
  | 'remote_group_id'
>;

function ruleOf(given: SecurityGroupRuleGiven | Partial<Rule>): Rule {
  const rule: Rule = {
    direction: given.direction ?? 'ingress',
    ethertype: given.ethertype ?? 'IPv4',
    protocol: given.protocol ?? null,
    port_range_min: given.port_range_min ?? null,
    port_range_max: given.port_range_max ?? null,
    remote_ip_prefix: given.remote_ip_prefix ?? null,
    remote_group_id: given.remote_group_id ?? null,
  };
  const legacy = rule.ethertype === 'IPv6' && (rule.protocol === 'icmp' || rule.protocol === 'icmpv6');
  return legacy ? { ...rule, protocol: 'ipv6-icmp' } : rule;
}

function addRule(
  context: Context,
  group: SecurityGroupRow,
  rule: Partial<Rule>,
  description = '',
  projectId = group.project_id,
): SecurityGroupRuleRow {
  return context.tables.securityGroupRules.put({
    ...newRow(context, projectId, { description }),
    security_group_id: group.id,
    ...ruleOf(rule),
  });
}

function ruleKey(rule: Rule): string {
  return JSON.stringify([
    rule.direction,
    rule.ethertype,
    protocolNumber(rule.protocol),
    rule.port_range_min,
    rule.port_range_max,
    rule.remote_ip_prefix,
    rule.remote_group_id,
  ]);
}

/** A protocol by its number, so that `tcp` and `6` are the same rule. */
export function protocolNumber(protocol: string | null): number | null {
  if (protocol === null) return null;
  return IP_PROTOCOLS[protocol] ?? Number(protocol);
}

/** Protocols that have ports. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const ICMP = 1;
const ICMPV6 = 58;
/** IPv6's own header types make no sense in an IPv4 rule. */
const ONLY_IPV6: ReadonlySet<number> = new Set([41, 43, 44, ICMPV6, 59, 60]);

function checkRule(rule: Rule): void {
  if (rule.remote_ip_prefix !== null && rule.remote_group_id !== null) {
    throw invalid(
      'SecurityGroupMultipleRemoteEntites',
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.',
    );
  }
  const remote = rule.remote_ip_prefix === null ? undefined : parseCidr(rule.remote_ip_prefix);
  if (remote && `IPv${remote.version}` !== rule.ethertype) {
    throw invalid(
      'SecurityGroupRuleParameterConflict',
      `Conflicting value ethertype ${rule.ethertype} for CIDR ${rule.remote_ip_prefix}`,
    );
  }
  const number = protocolNumber(rule.protocol);
  if (rule.ethertype === 'IPv4' && number !== null && ONLY_IPV6.has(number)) {
    throw invalid(
      'SecurityGroupEthertypeConflictWithProtocol',
      `Invalid ethertype IPv4 for protocol ${rule.protocol}.`,
    );
  }
  checkPorts(rule, number);
}

function checkPorts(rule: Rule, number: number | null): void {
  const { port_range_min: min, port_range_max: max } = rule;
  if (min === null && max === null) return;
  if (number === null) {
    throw invalid(
      'SecurityGroupProtocolRequiredWithPorts',
      'Must also specify protocol if port range is given.',
    );
  }
  if (WITH_PORTS.has(number)) {
    if (min === 0 || max === 0) throw invalid('SecurityGroupInvalidPortValue', 'Invalid value for port 0');
    if (min === null || max === null || min > max) {
      throw invalid(
        'SecurityGroupInvalidPortRange',
        'For TCP/UDP protocols, port_range_min must be <= port_range_max',
      );
    }
  } else if (number === ICMP || number === ICMPV6) {
    checkIcmp('type', 'port_range_min', min);
    checkIcmp('code', 'port_range_max', max);
    if (min === null) {
      throw invalid(
        'SecurityGroupMissingIcmpType',
        `ICMP code (port-range-max) ${max} is provided but ICMP type (port-range-min) is missing.`,
      );
    }
  } else {
    throw invalid(
      'SecurityGroupInvalidProtocolForPort',
      `Ports cannot be specified for protocol ${number}. Ports are only supported for TCP, UDP, UDPLITE, SCTP, DCCP.`,
    );
  }
}

function checkIcmp(field: string, attribute: string, value: number | null): void {
  if (value === null || value <= 255) return;
  throw invalid(
    'SecurityGroupInvalidIcmpValue',
    `Invalid value for ICMP ${field} (${attribute}) ${value}. It must be 0 to 255.`,
  );
}

/**
 * All rules of one bulk request belong to one group, and none is there twice.
 *
 * @throws NeutronError 400 or 409
 */
export function checkRulesTogether(bulk: readonly SecurityGroupRuleGiven[]): void {
  const groups = new Set(bulk.map((rule) => rule.security_group_id));
  if (groups.size > 1) {
    throw new NeutronError(
      400,
      'SecurityGroupNotSingleGroupRules',
      'Only allowed to update rules for one security profile at a time',
    );
  }
  const keys = new Set(bulk.map((rule) => ruleKey(ruleOf(rule))));
  if (keys.size < bulk.length) {
    throw conflict('DuplicateSecurityGroupRuleInPost', 'Duplicate Security Group Rule in POST.');
  }
}

/**
 * The groups of a port as asked for. A privileged caller may name anyone's.
 *
 * @throws NeutronError 404 SecurityGroupNotFound
 */
export function checkGroups(
  context: Context,
  caller: Caller,
  projectId: string,
  ids: readonly string[],
): void {
  const missing = ids.filter((id) => {
    const group = context.tables.securityGroups.get(id);
    return !group || !(privileged(caller) || group.project_id === projectId);
  });
  if (missing.length > 0) throw securityGroupNotFound(missing.join(', '));
}

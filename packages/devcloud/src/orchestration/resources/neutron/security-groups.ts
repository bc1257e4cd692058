import { ValidationFailed } from '../../errors.ts';
import { isDict, listAt, stringAt, text, walk, type Dict } from '../../values.ts';
import { given } from '../lookup.ts';
import { ignoreMissing, ServiceFault, type ResourceContext, type ResourceType } from '../resource-type.ts';
import { custom, integer, list, map, oneOf, range, string } from '../schema.ts';
import { idFor, nameOf, neutronType } from './neutron-type.ts';

const RULE = {
  direction: string({ default: 'ingress', constraints: oneOf('ingress', 'egress') }),
  ethertype: string({ default: 'IPv4', constraints: oneOf('IPv4', 'IPv6') }),
  port_range_min: integer({ constraints: range(0, 65535) }),
  port_range_max: integer({ constraints: range(0, 65535) }),
  protocol: string(),
  remote_ip_prefix: string({ constraints: custom('net_cidr') }),
};

export const securityGroup: ResourceType = {
  ...neutronType({
    name: 'OS::Neutron::SecurityGroup',
    description: 'A set of rules for what may reach a port.',
    path: 'security-groups',
    key: 'security_group',
    properties: {
      description: string({ update: true }),
      rules: list(
        map({
          ...RULE,
          remote_mode: string({
            default: 'remote_ip_prefix',
            constraints: oneOf('remote_ip_prefix', 'remote_group_id'),
          }),
          remote_group_id: string(),
        }),
        { default: [], update: true },
      ),
    },
    fields: [],
    async body(context, changed) {
      const { description } = context.properties;
      return !changed || changed.has('description') ? { description } : {};
    },
    more: {
      validate(properties) {
        if (properties['name'] === 'default') {
          throw new ValidationFailed('Security groups cannot be assigned the name "default".');
        }
      },
    },
  }),
  async create(context) {
    await context.make(async () => {
      const body = {
        security_group: given({ name: nameOf(context), description: context.properties['description'] }),
      };
      const made = await context.call('network', 'POST', '/v2.0/security-groups', body);
      return text(walk(made, ['security_group', 'id']));
    });
    await makeRules(context);
  },
  async update(context, _before, changed) {
    const fields = given({
      ...(changed.has('name') ? { name: nameOf(context) } : {}),
      ...(changed.has('description') ? { description: context.properties['description'] ?? '' } : {}),
    });
    const path = `/v2.0/security-groups/${context.row.physicalId ?? ''}`;
    if (Object.keys(fields).length > 0)
      await context.call('network', 'PUT', path, { security_group: fields });
    if (!changed.has('rules')) return;
    for (const rule of await currentRules(context)) await deleteRule(context, rule);
    // The rules a new group has of itself, unless others for the way out are given.
    if (!wantsEgress(context.properties)) {
      for (const ethertype of ['IPv4', 'IPv6']) await postRule(context, { direction: 'egress', ethertype });
    }
    await makeRules(context);
  },
};

async function makeRules(context: ResourceContext): Promise<void> {
  const rules = listAt(context.properties, 'rules').filter(isDict);
  if (wantsEgress(context.properties)) {
    for (const rule of await currentRules(context)) {
      const isDefault =
        rule['protocol'] === null && rule['remote_ip_prefix'] === null && rule['remote_group_id'] === null;
      if (rule['direction'] === 'egress' && isDefault) await deleteRule(context, rule);
    }
  }
  for (const rule of rules) {
    const { remote_mode: mode, remote_group_id: group, remote_ip_prefix: prefix, ...fields } = rule;
    const remote =
      mode === 'remote_group_id'
        ? // Without a group it is this one.
          { remote_group_id: (await idFor(context, 'security_group', group)) ?? context.row.physicalId }
        : { remote_ip_prefix: prefix };
    await postRule(context, { ...fields, ...remote });
  }
}

function wantsEgress(properties: Dict): boolean {
  return listAt(properties, 'rules').some((rule) => stringAt(rule, 'direction') === 'egress');
}

async function currentRules(context: ResourceContext): Promise<readonly Dict[]> {
  const body = await context.call('network', 'GET', `/v2.0/security-groups/${context.row.physicalId ?? ''}`);
  return listAt(body, 'security_group', 'security_group_rules').filter(isDict);
}

async function postRule(context: ResourceContext, rule: Dict): Promise<void> {
  try {
    await context.call('network', 'POST', '/v2.0/security-group-rules', {
      security_group_rule: given({ ...rule, security_group_id: context.row.physicalId }),
    });
  } catch (error) {
    // The same rule is there already: from before a crash, or written twice.
    if (!(error instanceof ServiceFault) || error.status !== 409) throw error;
    if (/quota/i.test(error.message)) throw error;
  }
}

async function deleteRule(context: ResourceContext, rule: Dict): Promise<void> {
  const path = `/v2.0/security-group-rules/${text(rule['id'])}`;
  await context.call('network', 'DELETE', path).catch(ignoreMissing);
}

export const securityGroupRule: ResourceType = {
  ...neutronType({
    name: 'OS::Neutron::SecurityGroupRule',
    description: 'One rule of a security group.',
    path: 'security-group-rules',
    key: 'security_group_rule',
    nameless: true,
    properties: {
      ...RULE,
      security_group: string({ required: true, constraints: custom('neutron.security_group') }),
      description: string(),
      remote_group: string({ constraints: custom('neutron.security_group') }),
      protocol: string({ default: 'tcp' }),
    },
    fields: [],
    body: ruleBody,
    fits: (row, { properties }) =>
      ['direction', 'ethertype', 'port_range_min', 'port_range_max', 'protocol'].every(
        (key) => properties[key] === undefined || text(row[key]) === text(properties[key]),
      ),
    more: {
      validate(properties) {
        if (properties['remote_group'] && properties['remote_ip_prefix']) {
          throw new ValidationFailed(
            'Cannot define the following properties at the same time: remote_group, remote_ip_prefix.',
          );
        }
      },
    },
  }),
};

async function ruleBody(context: ResourceContext): Promise<Dict> {
  const {
    security_group,
    remote_group,
    name: _name,
    value_specs: _specs,
    protocol,
    ...fields
  } = context.properties;
  return {
    ...fields,
    protocol: protocol === 'any' || protocol === '' ? undefined : protocol,
    security_group_id: await idFor(context, 'security_group', security_group),
    remote_group_id: await idFor(context, 'security_group', remote_group),
  };
}

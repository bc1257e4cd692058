import type { Caller } from '../../cloud/service.ts';
import { forbidden, httpNotFound, securityGroupRuleNotFound } from '../errors.ts';
import type { Context } from '../model/context.ts';
import {
  createFloatingIp,
  deleteFloatingIp,
  floatingIpFor,
  updateFloatingIp,
} from '../model/floating-ips.ts';
import { networkFor, networkVisible } from '../model/network-access.ts';
import { createNetwork, deleteNetwork, updateNetwork } from '../model/networks.ts';
import { createPort, deletePort, portFor, portVisible, updatePort } from '../model/ports.ts';
import { createRouter, deleteRouter, routerFor, updateRouter } from '../model/routers.ts';
import type { PortRow, StandardAttributes } from '../model/rows.ts';
import {
  checkRulesTogether,
  createSecurityGroup,
  createSecurityGroupRule,
  deleteSecurityGroup,
  deleteSecurityGroupRule,
  ensureDefaultGroup,
  groupFor,
  updateSecurityGroup,
} from '../model/security-groups.ts';
import { createSubnetPool, deleteSubnetPool, poolFor, updateSubnetPool } from '../model/subnet-pools.ts';
import { createSubnet, deleteSubnet, subnetFor, subnetVisible, updateSubnet } from '../model/subnets.ts';
import type { Table } from '../../cloud/store.ts';
import {
  floatingIpView,
  networkView,
  portView,
  routerView,
  ruleView,
  securityGroupView,
  subnetPoolView,
  subnetView,
  type View,
} from '../model/views.ts';
import { privileged, type Attributes, type Given } from './attributes.ts';
import {
  FLOATING_IP,
  NETWORK,
  PORT,
  ROUTER,
  SECURITY_GROUP,
  SECURITY_GROUP_RULE,
  SUBNET,
  SUBNETPOOL,
  type ResourceRules,
} from './resources.ts';

/** What the routes need to know of one kind of resource; all of it is called inside a transaction. */
export interface ResourceHandler {
  readonly rules: ResourceRules;
  readonly taggable: boolean;
  /** What `caller` may see; `query` may narrow it early where there is an index. */
  list(caller: Caller, query: URLSearchParams): View[];
  /** @throws NeutronError 404 if it is not there or not for `caller` to see */
  find(caller: Caller, id: string): StandardAttributes;
  view(id: string): View;
  /** Objects already parsed by the rules; all of one request. */
  create(caller: Caller, projectId: string, objects: readonly unknown[]): string[];
  update(caller: Caller, id: string, given: unknown): void;
  remove(caller: Caller, id: string): void;
  /** Keeps a new list of tags. */
  retag(caller: Caller, id: string, tags: readonly string[]): void;
}

interface Parts<S extends Attributes, R extends StandardAttributes> {
  readonly rules: { readonly resource: string; readonly collection: string; readonly attributes: S };
  readonly table: Table<R>;
  readonly taggable?: boolean;
  visible?(caller: Caller, row: R): boolean;
  narrow?(query: URLSearchParams): R[] | undefined;
  before?(caller: Caller): void;
  find(caller: Caller, id: string): R;
  view(row: R): View;
  checkAll?(objects: readonly Given<S>[]): void;
  create(caller: Caller, projectId: string, given: Given<S>): R;
  update(caller: Caller, row: R, given: Given<S>): void;
  remove(caller: Caller, row: R): void;
  /** Others than the owner who may change a row of theirs. */
  mayChange?(caller: Caller, row: R): boolean;
}

function handler<S extends Attributes, R extends StandardAttributes>(parts: Parts<S, R>): ResourceHandler {
  const { rules, table } = parts;

  function changeable(caller: Caller, id: string, verb: 'update' | 'delete'): R {
    const row = parts.find(caller, id);
    const owns = privileged(caller) || row.project_id === caller.projectId;
    if (!owns && !parts.mayChange?.(caller, row)) throw forbidden(`rule:${verb}_${rules.resource}`);
    return row;
  }

  return {
    rules,
    taggable: parts.taggable ?? true,
    list(caller, query) {
      parts.before?.(caller);
      const ids = query.getAll('id');
      const rows =
        ids.length > 0
          ? [...new Set(ids)].flatMap((id) => table.get(id) ?? [])
          : (parts.narrow?.(query) ?? table.all());
      return rows
        .filter(
          (row) =>
            privileged(caller) || (parts.visible?.(caller, row) ?? row.project_id === caller.projectId),
        )
        .map((row) => parts.view(row));
    },
    find: (caller, id) => parts.find(caller, id),
    view(id) {
      const row = table.get(id);
      if (!row) throw httpNotFound();
      return parts.view(row);
    },
    create(caller, projectId, objects) {
      // Parsed by `parseObject` with these very rules: this is the edge behind which they are typed.
      const given = objects as (Given<S> & { project_id?: string })[];
      parts.checkAll?.(given);
      return given.map(({ project_id: owner, ...rest }) => {
        return parts.create(caller, owner ?? projectId, rest as Given<S>).id;
      });
    },
    update: (caller, id, given) => parts.update(caller, changeable(caller, id, 'update'), given as Given<S>),
    remove: (caller, id) => parts.remove(caller, changeable(caller, id, 'delete')),
    retag(caller, id, tags) {
      const row = changeable(caller, id, 'update');
      if (row.tags.length === tags.length && row.tags.every((tag, at) => tag === tags[at])) return;
      table.put({ ...row, tags, revision_number: row.revision_number + 1 });
    },
  };
}

/** All of Neutron's resources that are handled alike. */
export function resourceHandlers(context: Context): ResourceHandler[] {
  const { tables } = context;
  return [
    handler({
      rules: NETWORK,
      table: tables.networks,
      visible: networkVisible,
      find: (caller, id) => networkFor(context, caller, id),
      view: (row) => networkView(context, row),
      create: (_caller, project, given) => createNetwork(context, project, given),
      update: (_caller, row, given) => updateNetwork(context, row, given),
      remove: (_caller, row) => deleteNetwork(context, row),
    }),
    handler({
      rules: SUBNET,
      table: tables.subnets,
      visible: (caller, row) => subnetVisible(context, caller, row),
      narrow: (query) => byAny(tables.subnets, 'network', query.getAll('network_id')),
      find: (caller, id) => subnetFor(context, caller, id),
      view: (row) => subnetView(context, row),
      create: (caller, project, given) => createSubnet(context, caller, project, given),
      update: (_caller, row, given) => updateSubnet(context, row, given),
      remove: (_caller, row) => deleteSubnet(context, row),
      mayChange: (caller, row) => tables.networks.get(row.network_id)?.project_id === caller.projectId,
    }),
    handler({
      rules: SUBNETPOOL,
      table: tables.subnetPools,
      visible: (caller, row) => row.shared || row.project_id === caller.projectId,
      find: (caller, id) => poolFor(context, caller, id),
      view: (row) => subnetPoolView(context, row),
      create: (_caller, project, given) => createSubnetPool(context, project, given),
      update: (_caller, row, given) => updateSubnetPool(context, row, given),
      remove: (_caller, row) => deleteSubnetPool(context, row),
    }),
    handler({
      rules: PORT,
      table: tables.ports,
      visible: (caller, row) => portVisible(context, caller, row),
      narrow: (query) => narrowPorts(tables.ports, query),
      find: (caller, id) => portFor(context, caller, id),
      view: (row) => portView(context, row),
      create: (caller, project, given) => createPort(context, caller, project, given),
      update: (caller, row, given) => updatePort(context, caller, row, given),
      remove: (_caller, row) => deletePort(context, row),
      mayChange: (caller, row) => portVisible(context, caller, row),
    }),
    handler({
      rules: SECURITY_GROUP,
      table: tables.securityGroups,
      before: (caller) => void ensureDefaultGroup(context, caller.projectId ?? ''),
      find: (caller, id) => groupFor(context, caller, id),
      view: (row) => securityGroupView(context, row),
      create: (_caller, project, given) => createSecurityGroup(context, project, given),
      update: (_caller, row, given) => updateSecurityGroup(context, row, given),
      remove: (caller, row) => deleteSecurityGroup(context, caller, row),
    }),
    handler({
      rules: SECURITY_GROUP_RULE,
      table: tables.securityGroupRules,
      taggable: false,
      find(caller, id) {
        const rule = tables.securityGroupRules.get(id);
        const visible = rule && (privileged(caller) || rule.project_id === caller.projectId);
        if (!visible) throw securityGroupRuleNotFound(id);
        return rule;
      },
      view: (row) => ruleView(context, row),
      checkAll: checkRulesTogether,
      create: (caller, project, given) => createSecurityGroupRule(context, caller, project, given),
      update: () => {
        throw httpNotFound();
      },
      remove: (_caller, row) => deleteSecurityGroupRule(context, row),
    }),
    handler({
      rules: ROUTER,
      table: tables.routers,
      find: (caller, id) => routerFor(context, caller, id),
      view: (row) => routerView(context, row),
      create: (caller, project, given) => createRouter(context, caller, project, given),
      update: (caller, row, given) => updateRouter(context, caller, row, given),
      remove: (_caller, row) => deleteRouter(context, row),
    }),
    handler({
      rules: FLOATING_IP,
      table: tables.floatingIps,
      find: (caller, id) => floatingIpFor(context, caller, id),
      view: (row) => floatingIpView(context, row),
      create: (caller, project, given) => createFloatingIp(context, caller, project, given),
      update: (caller, row, given) => updateFloatingIp(context, caller, row, given),
      remove: (_caller, row) => deleteFloatingIp(context, row),
    }),
  ];
}

function byAny<R extends StandardAttributes>(
  table: Table<R>,
  index: string,
  values: readonly string[],
): R[] | undefined {
  if (values.length === 0) return undefined;
  return [...new Set(values)].flatMap((value) => table.by(index, value));
}

function narrowPorts(table: Table<PortRow>, query: URLSearchParams): PortRow[] | undefined {
  const address = query
    .getAll('fixed_ips')
    .filter((value) => value.startsWith('ip_address='))
    .map((value) => value.slice('ip_address='.length));
  return (
    byAny(table, 'ip', address) ??
    byAny(table, 'device', query.getAll('device_id')) ??
    byAny(table, 'network', query.getAll('network_id'))
  );
}

import type { Engine } from '../engine/engine.ts';
import { bodyOf } from '../engine/rows.ts';
import { arnOf, outputOf } from '../engine/stack-scope.ts';
import type {
  ConfigRow,
  DeploymentRow,
  EventRow,
  ResourceRow,
  SnapshotRow,
  StackRow,
} from '../engine/tables.ts';
import { bindParameters, parameterSchemata } from '../template/parameters.ts';
import { parseTemplate } from '../template/template.ts';
import { stringAt, type Dict } from '../values.ts';

export interface Link {
  readonly href: string;
  readonly rel: string;
}

/** Where a stack is found in the API, as clients see it. */
export function stackUrl(engine: Engine, stack: StackRow): string {
  return `${engine.cloud.publicUrl}/orchestration/v1/${stack.projectId}/stacks/${stack.name}/${stack.id}`;
}

export function stackLink(engine: Engine, stack: StackRow, rel = 'self'): Link {
  return { href: stackUrl(engine, stack), rel };
}

function resourceLink(engine: Engine, stack: StackRow, name: string): Link {
  return { href: `${stackUrl(engine, stack)}/resources/${encodeURIComponent(name)}`, rel: 'self' };
}

function statusOf(stack: StackRow): string {
  return `${stack.action}_${stack.status}`;
}

/** A stack in a list. */
export function stackSummary(engine: Engine, stack: StackRow, withProject = false): Dict {
  return {
    id: stack.id,
    links: [stackLink(engine, stack)],
    ...(withProject ? { project: stack.projectId } : {}),
    stack_name: stack.name,
    description: descriptionOf(engine, stack),
    stack_status: statusOf(stack),
    stack_status_reason: stack.reason,
    creation_time: stack.createdAt,
    updated_time: stack.updatedAt,
    deletion_time: stack.deletedAt,
    stack_owner: stack.owner.userName,
    parent: stack.parentId,
    stack_user_project_id: stack.projectId,
    tags: stack.tags,
  };
}

function descriptionOf(engine: Engine, stack: StackRow): string {
  return stringAt(bodyOf(engine, stack).template, 'description') ?? '';
}

/** A stack with everything that is known of it. */
export async function stackDetail(engine: Engine, stack: StackRow, resolveOutputs: boolean): Promise<Dict> {
  const description = descriptionOf(engine, stack) || 'No description';
  const deleted = stack.action === 'DELETE' && stack.status === 'COMPLETE';
  return {
    ...stackSummary(engine, stack),
    description,
    template_description: description,
    capabilities: [],
    notification_topics: [],
    disable_rollback: stack.disableRollback,
    timeout_mins: stack.timeoutMins,
    parameters: shownParameters(engine, stack),
    ...(resolveOutputs && !deleted ? { outputs: await shownOutputs(engine, stack) } : {}),
  };
}

function shownParameters(engine: Engine, stack: StackRow): Dict {
  const body = bodyOf(engine, stack);
  return bindParameters(parameterSchemata(parseTemplate(body.template)), {
    given: body.environment.parameters,
    defaults: body.environment.parameter_defaults,
    pseudo: { 'OS::stack_name': stack.name, 'OS::stack_id': stack.id, 'OS::project_id': stack.projectId },
  }).shown();
}

async function shownOutputs(engine: Engine, stack: StackRow): Promise<Dict[]> {
  const definition = await engine.define(stack);
  const outputs: Dict[] = [];
  for (const key of definition.outputs.keys()) {
    const output = await outputOf(definition, key);
    if (output) outputs.push(outputView(output));
  }
  return outputs;
}

export function outputView(output: {
  key: string;
  description: string;
  value: unknown;
  error?: string;
}): Dict {
  return {
    output_key: output.key,
    description: output.description,
    output_value: output.value,
    ...(output.error === undefined ? {} : { output_error: output.error }),
  };
}

/** A resource in a list. */
export function resourceSummary(engine: Engine, row: ResourceRow): Dict {
  const stack = engine.tables.stacks.get(row.stackId);
  if (!stack) throw new Error(`the stack of resource ${row.name} is gone`);
  const siblings = engine.tables.resources.by('stack', row.stackId).filter((other) => other.current);
  const child = row.physicalId === null ? undefined : engine.tables.stacks.get(row.physicalId);
  return {
    resource_name: row.name,
    logical_resource_id: row.name,
    physical_resource_id: row.physicalId ?? '',
    resource_type: row.type,
    resource_status: `${row.action}_${row.status}`,
    resource_status_reason: row.reason,
    creation_time: row.createdAt,
    updated_time: row.updatedAt,
    required_by: siblings.filter((other) => other.requires.includes(row.id)).map((other) => other.name),
    links: [
      resourceLink(engine, stack, row.name),
      stackLink(engine, stack, 'stack'),
      ...(child ? [stackLink(engine, child, 'nested')] : []),
    ],
    ...(stack.parentResource === null ? {} : { parent_resource: stack.parentResource }),
  };
}

export function eventView(engine: Engine, event: EventRow, detail: boolean): Dict {
  const stack = engine.tables.stacks.get(event.stackId);
  const root = stack && engine.tables.stacks.get(stack.rootId);
  const base = stack ? stackUrl(engine, stack) : '';
  const resource = `${base}/resources/${encodeURIComponent(event.resourceName)}`;
  return {
    id: event.id,
    event_time: event.at,
    resource_name: event.resourceName,
    logical_resource_id: event.resourceName,
    physical_resource_id: event.physicalId === '' ? null : event.physicalId,
    resource_status: `${event.action}_${event.status}`,
    resource_status_reason: event.reason,
    links: [
      { href: `${resource}/events/${event.id}`, rel: 'self' },
      { href: resource, rel: 'resource' },
      { href: base, rel: 'stack' },
      ...(root ? [stackLink(engine, root, 'root_stack')] : []),
    ],
    ...(detail ? { resource_type: event.resourceType, resource_properties: event.properties } : {}),
  };
}

export function configView(row: ConfigRow, detail = true): Dict {
  return {
    id: row.id,
    name: row.name,
    group: row.group,
    creation_time: row.createdAt,
    ...(detail ? { config: row.config, inputs: row.inputs, outputs: row.outputs, options: row.options } : {}),
  };
}

export function deploymentView(row: DeploymentRow): Dict {
  return {
    id: row.id,
    server_id: row.serverId,
    config_id: row.configId,
    action: row.action,
    status: row.status,
    status_reason: row.reason,
    input_values: row.inputValues,
    output_values: row.outputValues,
    creation_time: row.createdAt,
    ...(row.updatedAt === null ? {} : { updated_time: row.updatedAt }),
  };
}

export function snapshotView(row: SnapshotRow): Dict {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    status_reason: row.reason,
    data: row.data,
    creation_time: row.createdAt,
  };
}

export { arnOf };

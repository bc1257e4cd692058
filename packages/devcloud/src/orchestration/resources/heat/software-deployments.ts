import type { ConfigRow } from '../../engine/tables.ts';
import { timestamp } from '../../engine/runtime.ts';
import { notFound, valueError } from '../../errors.ts';
import { isDict, listAt, stringAt, text, type Dict } from '../../values.ts';
import { ignoreMissing, ResourceFault, type ResourceContext, type ResourceType } from '../resource-type.ts';
import { oneOf, string, type PropertySchemas } from '../schema.ts';
import { putConfig } from './config-rows.ts';
import { DEPLOYMENT, derivedInputs, type DeployAction } from './deployment-inputs.ts';
import { applySignal } from './deployment-signal.ts';
import { signalToken } from './signal-url.ts';
import { refuseTransport } from './wait-conditions.ts';

const OUTPUTS = {
  deploy_stdout: 'What the configuration wrote.',
  deploy_stderr: 'What it wrote of errors.',
  deploy_status_code: 'Its exit status.',
};

function deploymentType(
  name: string,
  extra: PropertySchemas,
  derive: (config: unknown, context: ResourceContext, inputs: readonly Dict[]) => unknown,
): ResourceType {
  return {
    name,
    description: 'Brings a configuration to a server and waits until the server says how it went.',
    properties: { ...DEPLOYMENT, ...extra },
    attributes: OUTPUTS,
    knowsAttribute: () => true,
    validate: refuseTransport,
    create: (context) => deploy(context, 'CREATE', derive),
    update: (context) => deploy(context, 'UPDATE', derive),
    suspend: (context) => deploy(context, 'SUSPEND', derive),
    resume: (context) => deploy(context, 'RESUME', derive),
    async remove(context) {
      if (await serverExists(context)) await deploy(context, 'DELETE', derive);
      forget(context);
    },
    cancelled(context) {
      const deployment = context.tables.deployments.get(context.row.physicalId ?? '');
      if (deployment?.status !== 'IN_PROGRESS') return;
      context.tables.deployments.put({ ...deployment, status: 'FAILED', reason: 'Deployment cancelled.' });
    },
    attribute: async ({ tables, row }, key) =>
      tables.deployments.get(row.physicalId ?? '')?.outputValues?.[key],
    async signal(context, body) {
      const deployment = context.tables.deployments.get(context.row.physicalId ?? '');
      if (!deployment) throw notFound('Software Deployment', context.name);
      return applySignal(context.tables, deployment, body, timestamp(context.cloud.now()));
    },
  };
}

export const softwareDeployment = deploymentType('OS::Heat::SoftwareDeployment', {}, (config) => config);

export const structuredDeployment = deploymentType(
  'OS::Heat::StructuredDeployment',
  {
    input_key: string({ default: 'get_input', update: true }),
    input_values_validate: string({ default: 'LAX', update: true, constraints: oneOf('LAX', 'STRICT') }),
  },
  (config, context, inputs) => {
    const strict = context.properties['input_values_validate'] === 'STRICT';
    return putInputs(config, text(context.properties['input_key']), inputs, strict);
  },
);

function putInputs(value: unknown, key: string, inputs: readonly Dict[], strict: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => putInputs(item, key, inputs, strict));
  if (!isDict(value)) return value;
  const wanted = value[key];
  if (Object.keys(value).length === 1 && typeof wanted === 'string') {
    const input = inputs.find((candidate) => candidate['name'] === wanted);
    if (!input && strict) throw valueError(`Undefined input: ${wanted}`);
    return input?.['value'] ?? null;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, putInputs(item, key, inputs, strict)]),
  );
}

/** Puts the configuration where the server finds it, once an operation, and waits for the server's signal. */
async function deploy(
  context: ResourceContext,
  action: DeployAction,
  derive: (config: unknown, context: ResourceContext, inputs: readonly Dict[]) => unknown,
): Promise<void> {
  const source = loadConfig(context);
  if (!actionsOf(source, context.properties).includes(action)) return;
  const mark = `${context.stack.operation}/${action}`;
  if (context.row.data['deployed'] !== mark) publish(context, action, source, derive, mark);
  const id = context.row.physicalId ?? '';
  await context.until(async () => {
    const deployment = context.tables.deployments.get(id);
    if (!deployment || deployment.status === 'COMPLETE') return true;
    if (deployment.status === 'IN_PROGRESS') return undefined;
    throw new ResourceFault('Error', `Deployment to server failed: ${deployment.reason}`);
  });
}

function loadConfig(context: ResourceContext): ConfigRow | undefined {
  const id = context.properties['config'];
  if (typeof id !== 'string' || id === '') return undefined;
  const config = context.tables.configs.get(id);
  if (config && config.projectId === context.stack.projectId) return config;
  throw notFound('Software config', `with id ${id}`);
}

function actionsOf(config: ConfigRow | undefined, properties: Dict): readonly unknown[] {
  if (config?.group !== 'component') return listAt(properties, 'actions');
  return listAt(config.config, 'configs').flatMap((part) => listAt(part, 'actions'));
}

function publish(
  context: ResourceContext,
  action: DeployAction,
  source: ConfigRow | undefined,
  derive: (config: unknown, context: ResourceContext, inputs: readonly Dict[]) => unknown,
  mark: string,
): void {
  signalToken(context);
  const { tables, properties } = context;
  const inputs = derivedInputs(context, action, source);
  const silent = properties['signal_transport'] === 'NO_SIGNAL';
  const at = timestamp(context.cloud.now());
  context.cloud.store.transaction(() => {
    const before = tables.deployments.get(context.row.physicalId ?? '');
    if (before) tables.configs.delete(before.configId);
    const config = putConfig(context, {
      name: stringAt(properties, 'name') || source?.name || context.physicalName,
      group: source?.group ?? 'Heat::Ungrouped',
      config: derive(source?.config ?? '', context, inputs),
      inputs,
      outputs: source?.outputs ?? [],
      options: source?.options ?? {},
    });
    const id = before?.id ?? context.cloud.uuid();
    tables.deployments.put({
      id,
      projectId: context.stack.projectId,
      serverId: text(properties['server']),
      configId: config.id,
      action,
      status: silent ? 'COMPLETE' : 'IN_PROGRESS',
      reason: silent ? 'Not waiting for outputs signal' : 'Deploy data available',
      inputValues: isDict(properties['input_values']) ? properties['input_values'] : {},
      outputValues: null,
      createdAt: before?.createdAt ?? at,
      updatedAt: before ? at : null,
    });
    context.setPhysicalId(id);
    context.note('deployed', mark);
  });
}

async function serverExists(context: ResourceContext): Promise<boolean> {
  const server = text(context.properties['server'] ?? '');
  if (context.row.physicalId === null || server === '') return false;
  const path = `/v2.1/servers/${encodeURIComponent(server)}`;
  return (await context.call('compute', 'GET', path).catch(ignoreMissing)) !== undefined;
}

function forget(context: ResourceContext): void {
  const { tables } = context;
  const deployment = tables.deployments.get(context.row.physicalId ?? '');
  if (!deployment) return;
  context.cloud.store.transaction(() => {
    tables.configs.delete(deployment.configId);
    tables.deployments.delete(deployment.id);
  });
}

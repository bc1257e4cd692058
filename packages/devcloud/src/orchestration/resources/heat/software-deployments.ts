import type { ConfigRow } from '../../engine/tables.ts';
import { timestamp } from '../../engine/runtime.ts';
import { notFound, valueError } from '../../errors.ts';
import { isDict, listAt, pythonJson, stringAt, text, type Dict } from '../../values.ts';
import { ResourceFault, ServiceFault, type ResourceContext, type ResourceType } from '../resource-type.ts';
import { any, list, map, oneOf, string, type PropertySchemas } from '../schema.ts';
import { putConfig } from './config-rows.ts';
import { applySignal } from './deployment-signal.ts';
import { groupTemplate, environmentFor } from './resource-group.ts';
import { signedSignalUrl, signalToken } from './signal-url.ts';
import { nestedContext } from './template-resource.ts';
import { refuseTransport } from './wait-conditions.ts';

const DEPLOYMENT: PropertySchemas = {
  config: string({ update: true }),
  server: string({ required: true }),
  input_values: map(undefined, { update: true }),
  actions: list(string({ constraints: oneOf('CREATE', 'UPDATE', 'DELETE', 'SUSPEND', 'RESUME') }), {
    default: ['CREATE', 'UPDATE'],
    update: true,
  }),
  name: string({ update: true }),
  signal_transport: string({
    default: 'CFN_SIGNAL',
    constraints: oneOf('CFN_SIGNAL', 'TEMP_URL_SIGNAL', 'HEAT_SIGNAL', 'NO_SIGNAL', 'ZAQAR_SIGNAL'),
  }),
};

const OUTPUTS = {
  deploy_stdout: 'What the configuration wrote.',
  deploy_stderr: 'What it wrote of errors.',
  deploy_status_code: 'Its exit status.',
};

type Action = 'CREATE' | 'UPDATE' | 'DELETE' | 'SUSPEND' | 'RESUME';

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
  action: Action,
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
  action: Action,
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

/** Declared inputs with their values, values without a declaration, and what the agent on the server needs. */
function derivedInputs(context: ResourceContext, action: Action, source: ConfigRow | undefined): Dict[] {
  const { properties, stack, name } = context;
  const values = isDict(properties['input_values']) ? { ...properties['input_values'] } : {};
  const declared = (source?.inputs ?? []).map((input) => {
    const key = text(input['name']);
    const value = Object.hasOwn(values, key) ? values[key] : (input['default'] ?? null);
    delete values[key];
    return { ...input, value };
  });
  const own = (key: string, value: unknown, description: string): Dict => ({
    name: key,
    type: 'String',
    description,
    value,
  });
  const transport = text(properties['signal_transport']);
  const stackPath = `${stack.name}/${stack.id}`;
  return [
    ...declared,
    ...Object.entries(values).map(([key, value]) => ({ name: key, type: 'String', value })),
    own('deploy_server_id', properties['server'], 'ID of the server being deployed to'),
    own('deploy_action', action, 'Name of the current action being deployed'),
    own('deploy_stack_id', stackPath, 'ID of the stack this deployment belongs to'),
    own('deploy_resource_name', name, 'Name of this deployment resource in the stack'),
    own(
      'deploy_signal_transport',
      transport,
      'How the server should signal to heat with the deployment output values.',
    ),
    // Agents look for this address first, whatever the transport: no user of the identity service is needed.
    ...(transport === 'NO_SIGNAL'
      ? []
      : [
          own(
            'deploy_signal_id',
            signedSignalUrl(context),
            'ID of signal to use for signaling output values',
          ),
          own('deploy_signal_verb', 'POST', 'HTTP verb to use for signaling output values'),
        ]),
  ];
}

async function serverExists(context: ResourceContext): Promise<boolean> {
  const server = text(context.properties['server'] ?? '');
  if (context.row.physicalId === null || server === '') return false;
  try {
    await context.call('compute', 'GET', `/v2.1/servers/${encodeURIComponent(server)}`);
    return true;
  } catch (error) {
    if (error instanceof ServiceFault) return false;
    throw error;
  }
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

function groupOf(name: string, member: string, extra: PropertySchemas): ResourceType {
  const { server: _server, ...shared } = { ...DEPLOYMENT, ...extra };
  const names: Readonly<Record<string, string>> = {
    deploy_stdouts: 'deploy_stdout',
    deploy_stderrs: 'deploy_stderr',
    deploy_status_codes: 'deploy_status_code',
  };
  const members = (properties: Dict): (readonly [string, Dict])[] => {
    const { servers, ...rest } = properties;
    return Object.entries(isDict(servers) ? servers : {}).map(([key, server]) => [
      key,
      { type: member, properties: { ...rest, server } },
    ]);
  };
  const nest = (context: ResourceContext): Promise<void> =>
    context.nest({
      template: groupTemplate(members(context.properties)),
      environment: environmentFor(nestedContext(context)),
    });
  return {
    name,
    description: 'Brings a configuration to several servers.',
    properties: { ...shared, servers: map(undefined, { required: true, update: true }) },
    updatePolicy: { rolling_update: map(), batch_create: map() },
    attributes: {
      deploy_stdouts: 'What each wrote.',
      deploy_stderrs: 'What each wrote of errors.',
      deploy_status_codes: 'The exit status of each.',
    },
    knowsAttribute: () => true,
    validate: refuseTransport,
    nested: {
      body: async (context) => ({
        template: groupTemplate(members(context.properties)),
        environment: environmentFor(context),
      }),
    },
    walksPath: true,
    create: nest,
    update: nest,
    remove: (context) => context.unnest(),
    async attribute(context, key, path) {
      const view = context.nestedView;
      const found = await Promise.all(
        view
          .members()
          .map(async (row) => [row.name, await view.attribute(row.name, names[key] ?? key, path)] as const),
      );
      return Object.fromEntries(found);
    },
  };
}

const STRUCTURED = {
  input_key: string({ default: 'get_input', update: true }),
  input_values_validate: any({ default: 'LAX', update: true }),
};

export const softwareDeploymentGroup = groupOf(
  'OS::Heat::SoftwareDeploymentGroup',
  'OS::Heat::SoftwareDeployment',
  {},
);
export const softwareDeployments = groupOf(
  'OS::Heat::SoftwareDeployments',
  'OS::Heat::SoftwareDeployment',
  {},
);
export const structuredDeploymentGroup = groupOf(
  'OS::Heat::StructuredDeploymentGroup',
  'OS::Heat::StructuredDeployment',
  STRUCTURED,
);

/** A value as text for an output. */
export const shown = (value: unknown): string => (typeof value === 'string' ? value : pythonJson(value));

import type { ConfigRow } from '../../engine/tables.ts';
import { isDict, text, type Dict } from '../../values.ts';
import type { ResourceContext } from '../resource-type.ts';
import { list, map, oneOf, string, type PropertySchemas } from '../schema.ts';
import { signedSignalUrl } from './signal-url.ts';

export type DeployAction = 'CREATE' | 'UPDATE' | 'DELETE' | 'SUSPEND' | 'RESUME';

/** Properties that all kinds of deployments have. */
export const DEPLOYMENT: PropertySchemas = {
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

/** Declared inputs with their values, values without a declaration, and what the agent on the server needs. */
export function derivedInputs(
  context: ResourceContext,
  action: DeployAction,
  source: ConfigRow | undefined,
): Dict[] {
  const { properties, stack, name } = context;
  const values = isDict(properties['input_values']) ? { ...properties['input_values'] } : {};
  const declared = (source?.inputs ?? []).map((input) => {
    const key = text(input['name']);
    const value = Object.hasOwn(values, key) ? values[key] : (input['default'] ?? null);
    delete values[key];
    return { ...input, value };
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

function own(name: string, value: unknown, description: string): Dict {
  return { name, type: 'String', description, value };
}

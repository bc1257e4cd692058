import { isDict, type Dict } from '../../values.ts';
import type { ResourceContext, ResourceType } from '../resource-type.ts';
import { any, map, string, type PropertySchemas } from '../schema.ts';
import { DEPLOYMENT } from './deployment-inputs.ts';
import { environmentFor, groupTemplate } from './resource-group.ts';
import { nestedContext } from './template-resource.ts';
import { refuseTransport } from './wait-conditions.ts';

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

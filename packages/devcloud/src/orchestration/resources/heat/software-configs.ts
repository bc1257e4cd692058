import { pythonJson, isDict, listAt, stringAt, text, type Dict } from '../../values.ts';
import type { ResourceContext, ResourceType } from '../resource-type.ts';
import { any, boolean, list, map, oneOf, string } from '../schema.ts';
import { makeConfig, removeConfig } from './config-rows.ts';
import { buildMultipart, type MimePart } from './multipart.ts';

const IO = {
  inputs: list(
    map({
      name: string({ required: true }),
      description: string(),
      type: string({
        default: 'String',
        constraints: oneOf('String', 'Number', 'CommaDelimitedList', 'Json', 'Boolean'),
      }),
      default: any(),
      replace_on_change: boolean({ default: false }),
    }),
  ),
  outputs: list(
    map({
      name: string({ required: true }),
      description: string(),
      type: string({
        default: 'String',
        constraints: oneOf('String', 'Number', 'CommaDelimitedList', 'Json', 'Boolean'),
      }),
      error_output: boolean({ default: false }),
    }),
  ),
  options: map(),
};

/** What all kinds of configuration have in common: they are kept under an id and made anew when changed. */
function configType(
  name: string,
  description: string,
  properties: ResourceType['properties'],
  build: (context: ResourceContext) => { group: string; config: unknown },
): ResourceType {
  return {
    name,
    description,
    properties,
    attributes: { config: 'The configuration.' },
    async create(context) {
      const { group, config } = build(context);
      makeConfig(context, {
        name: context.physicalName,
        group,
        config,
        inputs: listAt(context.properties, 'inputs').filter(isDict),
        outputs: listAt(context.properties, 'outputs').filter(isDict),
        options: isDict(context.properties['options']) ? context.properties['options'] : {},
      });
    },
    remove: async (context) => removeConfig(context),
    attribute: async ({ tables, row }) => tables.configs.get(row.physicalId ?? '')?.config,
  };
}

export const softwareConfig = configType(
  'OS::Heat::SoftwareConfig',
  'A script or other configuration, to be deployed or put into user data.',
  { group: string({ default: 'Heat::Ungrouped' }), config: string(), ...IO },
  ({ properties }) => ({ group: text(properties['group']), config: properties['config'] ?? '' }),
);

export const structuredConfig = configType(
  'OS::Heat::StructuredConfig',
  'A configuration that is a map.',
  {
    group: string({ default: 'Heat::Ungrouped' }),
    config: map(),
    ...IO,
    input_key: string({ default: 'get_input' }),
    input_values_validate: string({ default: 'LAX', constraints: oneOf('LAX', 'STRICT') }),
  },
  ({ properties }) => ({ group: text(properties['group']), config: properties['config'] ?? {} }),
);

export const softwareComponent = configType(
  'OS::Heat::SoftwareComponent',
  'Several configurations, each for some actions.',
  {
    configs: list(
      map({
        actions: list(string({ constraints: oneOf('CREATE', 'UPDATE', 'DELETE', 'SUSPEND', 'RESUME') }), {
          required: true,
        }),
        config: string({ required: true }),
        tool: string({ required: true }),
      }),
      { required: true },
    ),
    ...IO,
  },
  ({ properties }) => ({ group: 'component', config: { configs: properties['configs'] } }),
);

export const cloudConfig = configType(
  'OS::Heat::CloudConfig',
  'A cloud-init configuration, given as a map.',
  { cloud_config: map() },
  ({ properties }) => ({
    group: 'Heat::Ungrouped',
    // JSON is YAML: cloud-init reads it as it is.
    config: `#cloud-config\n${pythonJson(properties['cloud_config'] ?? {})}\n`,
  }),
);

export const multipartMime = configType(
  'OS::Heat::MultipartMime',
  'Several configurations in one message, as cloud-init takes them.',
  {
    parts: list(
      map({
        config: string({ required: true }),
        filename: string({ default: '' }),
        type: string({ default: 'text', constraints: oneOf('text', 'multipart') }),
        subtype: string({ default: '' }),
      }),
      { default: [] },
    ),
    ...IO,
    group: string({ default: 'Heat::Ungrouped' }),
    config: string(),
  },
  (context) => ({
    group: 'Heat::Ungrouped',
    config: buildMultipart(
      listAt(context.properties, 'parts')
        .filter(isDict)
        .map((part) => mimePart(context, part)),
      context.row.id,
    ),
  }),
);

function mimePart(context: ResourceContext, part: Dict): MimePart {
  const config = text(part['config']);
  // An id means the configuration kept under it; anything else is the configuration itself.
  const known = context.tables.configs.get(config);
  const content = known && known.projectId === context.stack.projectId ? known.config : config;
  return {
    content: typeof content === 'string' ? content : pythonJson(content),
    filename: stringAt(part, 'filename') ?? '',
    subtype: stringAt(part, 'subtype') ?? '',
    isMultipart: part['type'] === 'multipart',
  };
}

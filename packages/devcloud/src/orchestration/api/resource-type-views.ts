import type { ResourceType } from '../resources/resource-type.ts';
import type { PropertySchema } from '../resources/schema.ts';
import type { Constraint } from '../template/constraints.ts';
import type { Dict } from '../values.ts';

/** A resource type as `resource_types/{name}` shows it. */
export function schemaView(type: ResourceType): Dict {
  return {
    resource_type: type.name,
    description: type.description,
    support_status: { status: 'SUPPORTED', message: null, version: null, previous_status: null },
    properties: Object.fromEntries(
      Object.entries(type.properties).map(([name, schema]) => [name, propertyView(schema)]),
    ),
    attributes: Object.fromEntries(
      Object.entries(type.attributes).map(([name, description]) => [name, { description }]),
    ),
  };
}

function propertyView(schema: PropertySchema): Dict {
  const inner = schema.items ? { '*': propertyView(schema.items) } : undefined;
  const fields = schema.schema
    ? Object.fromEntries(Object.entries(schema.schema).map(([name, field]) => [name, propertyView(field)]))
    : inner;
  return {
    type: schema.type,
    required: schema.required ?? false,
    update_allowed: schema.update ?? false,
    immutable: false,
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...(schema.constraints ? { constraints: schema.constraints.map(constraintView) } : {}),
    ...(fields ? { schema: fields } : {}),
  };
}

function constraintView(constraint: Constraint): Dict {
  const { kind, description, ...rest } = constraint;
  const value =
    constraint.kind === 'allowed_values'
      ? constraint.allowed
      : constraint.kind === 'allowed_pattern'
        ? constraint.pattern
        : constraint.kind === 'custom_constraint'
          ? constraint.name
          : Object.fromEntries(Object.entries(rest).filter(([, bound]) => bound !== undefined));
  return { [kind]: value, ...(description === undefined ? {} : { description }) };
}

const PARAMETER_TYPES = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  list: 'comma_delimited_list',
  map: 'json',
  any: 'json',
} as const;

/** A template that makes one resource of the type, with a parameter for each property. */
export function templateView(type: ResourceType): Dict {
  return {
    heat_template_version: '2016-10-14',
    description: `Initial template of ${type.name.split('::').at(-1) ?? type.name}`,
    parameters: Object.fromEntries(
      Object.entries(type.properties).map(([name, schema]) => [
        name,
        {
          type: PARAMETER_TYPES[schema.type],
          ...(schema.default === undefined ? {} : { default: schema.default }),
          ...(schema.constraints ? { constraints: schema.constraints.map(constraintView) } : {}),
        },
      ]),
    ),
    resources: {
      [type.name.split('::').at(-1) ?? 'resource']: {
        type: type.name,
        properties: Object.fromEntries(
          Object.keys(type.properties).map((name) => [name, { get_param: name }]),
        ),
      },
    },
    outputs: Object.fromEntries(
      Object.entries(type.attributes).map(([name, description]) => [
        name,
        { description, value: { get_attr: [type.name.split('::').at(-1) ?? 'resource', name] } },
      ]),
    ),
  };
}

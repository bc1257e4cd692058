import { invalidAttribute } from '../../errors.ts';
import { childEnvironment, type Environment } from '../../template/environment.ts';
import { parameterSchemata, type ParameterSchema } from '../../template/parameters.ts';
import type { Template } from '../../template/template.ts';
import { text, walk, type Dict } from '../../values.ts';
import type { NestedBody, NestedContext, ResourceContext, ResourceType } from '../resource-type.ts';
import type { PropertySchema, PropertySchemas, PropertyType } from '../schema.ts';

/** A template file used as a type: its parameters are the properties, its outputs the attributes. */
export function templateResource(file: string, template: Template, environment: Environment): ResourceType {
  const outputs = Object.fromEntries(
    [...template.outputs].map(([name, { description }]) => [name, description]),
  );
  const body = async ({ name, properties, environment: outer }: NestedContext): Promise<NestedBody> => ({
    template: template.source,
    environment: childEnvironment(outer, name, properties),
  });
  const nest = async (context: ResourceContext): Promise<void> =>
    context.nest(await body(nestedContext(context)));
  return {
    name: file,
    description: template.description,
    properties: propertiesOf(parameterSchemata(template), environment.parameter_defaults),
    attributes: outputs,
    knowsAttribute: (name) => name.startsWith('resource.'),
    nested: { body },
    create: nest,
    update: nest,
    remove: (context) => context.unnest(),
    walksPath: true,
    async attribute(context, name, path) {
      const view = context.nestedView;
      if (name.startsWith('resource.')) return memberAttribute(context, name, path);
      if (view.stack && !(await view.hasOutput(name))) throw invalidAttribute(context.name, name);
      return walk(await view.output(name), path);
    },
    async reference(context) {
      const view = context.nestedView;
      const { stack } = view;
      // A template says by this output what it stands for, a server for instance.
      if (stack && (await view.hasOutput('OS::stack_id'))) return view.output('OS::stack_id');
      return stack ? `arn:openstack:heat::${stack.projectId}:stacks/${stack.name}/${stack.id}` : context.name;
    },
  };
}

/** What a nested type builds its template from, for a resource that exists. */
export function nestedContext(context: ResourceContext): NestedContext {
  const { tables, stack, row } = context;
  const body = tables.bodies.get(stack.bodyId);
  if (!body) throw new Error(`stack ${stack.name} has no template`);
  return {
    name: row.name,
    properties: context.properties,
    row,
    file: row.target.kind === 'template' ? row.target.name : undefined,
    files: tables.files.get(body.filesId)?.files ?? {},
    environment: body.environment,
  };
}

/** `resource.<member>` is what refers to the member, `resource.<member>.<attribute>` an attribute of it. */
export async function memberAttribute(
  context: ResourceContext,
  name: string,
  path: readonly unknown[],
): Promise<unknown> {
  const [, member = '', ...rest] = name.split('.');
  const view = context.nestedView;
  if (!view.stack) return null;
  const steps = [...(rest.length > 0 ? [rest.join('.')] : []), ...path];
  const [attribute, ...deeper] = steps;
  if (attribute === undefined) return view.reference(member);
  return view.attribute(member, text(attribute), deeper);
}

const TYPES: Readonly<Record<ParameterSchema['type'], PropertyType>> = {
  string: 'string',
  number: 'number',
  comma_delimited_list: 'list',
  json: 'map',
  boolean: 'boolean',
};

function propertiesOf(schemata: readonly ParameterSchema[], defaults: Dict): PropertySchemas {
  return Object.fromEntries(
    schemata.map((schema): [string, PropertySchema] => {
      const fallback = defaults[schema.name] ?? schema.default;
      return [
        schema.name,
        {
          // Read leniently: the parameter itself says what is wrong with a value.
          type: schema.type === 'boolean' || schema.type === 'number' ? 'any' : TYPES[schema.type],
          lenient: true,
          update: true,
          required: fallback === undefined,
          whenNull: fallback ?? EMPTY[schema.type],
        },
      ];
    }),
  );
}

const EMPTY: Readonly<Record<ParameterSchema['type'], unknown>> = {
  string: '',
  number: 0,
  comma_delimited_list: [],
  json: {},
  boolean: false,
};

import { isDict, listAt, stringAt, text, walk, type Dict } from '../../values.ts';
import { given, unclaimed } from '../lookup.ts';
import {
  ResourceFault,
  type Implication,
  type ResourceContext,
  type ResourceType,
} from '../resource-type.ts';
import { list, map, string, type PropertySchemas } from '../schema.ts';

interface NeutronKind {
  readonly name: string;
  readonly description: string;
  /** Below /v2.0: `networks`. */
  readonly path: string;
  /** Key of one in a body: `network`. */
  readonly key: string;
  readonly properties: PropertySchemas;
  /** Attributes that are fields of the answer. */
  readonly fields: readonly string[];
  /** Has no name of its own. */
  readonly nameless?: boolean;
  readonly tagged?: boolean;
  /** The body that the properties come to. `changed` names those that changed, undefined for a creation. */
  body(context: ResourceContext, changed: ReadonlySet<string> | undefined): Promise<Dict>;
  /** Whether something found after a crash can be what was asked for. */
  fits?(row: Dict, context: ResourceContext): boolean;
  readonly more?: Partial<ResourceType>;
}

/** Builds a resource type whose thing is made, changed and deleted by one collection of the network service. */
export function neutronType(kind: NeutronKind): ResourceType {
  const item = (context: ResourceContext): string => `/v2.0/${kind.path}/${context.row.physicalId ?? ''}`;
  const read = async (context: ResourceContext): Promise<Dict> => {
    const row = walk(await context.call('network', 'GET', item(context)), [kind.key]);
    return isDict(row) ? row : {};
  };
  return {
    name: kind.name,
    description: kind.description,
    properties: {
      ...(kind.nameless ? {} : { name: string({ update: true }) }),
      value_specs: map(undefined, { default: {}, update: true }),
      ...(kind.tagged ? { tags: list(string(), { update: true }) } : {}),
      ...kind.properties,
    },
    attributes: {
      ...Object.fromEntries(kind.fields.map((field) => [field, `Field ${field} of it.`])),
      show: 'All that the network service says of it.',
    },
    async create(context) {
      const id = await context.make(async () => {
        const fields = {
          ...(kind.nameless ? {} : { name: nameOf(context) }),
          ...(await kind.body(context, undefined)),
        };
        const body = { [kind.key]: { ...given(fields), ...valueSpecs(context) } };
        return idIn(await context.call('network', 'POST', `/v2.0/${kind.path}`, body), kind.key);
      });
      if (kind.tagged && context.properties['tags'] !== undefined) await setTags(context, kind.path, id);
      await context.until(async () => {
        const row = await read(context);
        if (row['status'] === 'ERROR') {
          throw new ResourceFault('ResourceInError', 'Went to status ERROR due to "Unknown"');
        }
        return row['status'] === 'BUILD' || row['status'] === 'PENDING_CREATE' ? undefined : true;
      });
    },
    async update(context, _before, changed) {
      const fields = {
        ...(changed.has('name') && !kind.nameless ? { name: nameOf(context) } : {}),
        ...(await kind.body(context, changed)),
        ...(changed.has('value_specs') ? valueSpecs(context) : {}),
      };
      if (Object.keys(given(fields)).length > 0) {
        await context.call('network', 'PUT', item(context), { [kind.key]: given(fields) });
      }
      if (changed.has('tags')) await setTags(context, kind.path, context.row.physicalId ?? '');
    },
    async remove(context) {
      if (context.row.physicalId !== null) await context.call('network', 'DELETE', item(context));
    },
    async find(context) {
      const query = kind.nameless ? '' : `?name=${encodeURIComponent(nameOf(context))}`;
      const rows = listAt(
        await context.call('network', 'GET', `/v2.0/${kind.path}${query}`),
        kind.path.replaceAll('-', '_'),
      );
      return unclaimed(context, rows, (row) => belongs(row, context) && (kind.fits?.(row, context) ?? true));
    },
    check: async (context) => void (await read(context)),
    async attribute(context, name) {
      if (context.row.physicalId === null) return null;
      const row = await read(context);
      return name === 'show' ? row : row[name];
    },
    ...kind.more,
  };
}

function belongs(row: Dict, context: ResourceContext): boolean {
  const owner = stringAt(row, 'project_id') ?? stringAt(row, 'tenant_id');
  return owner === undefined || owner === context.stack.projectId;
}

export function nameOf(context: ResourceContext): string {
  return stringAt(context.properties, 'name') ?? context.physicalName;
}

function valueSpecs(context: ResourceContext): Dict {
  const specs = context.properties['value_specs'];
  return isDict(specs) ? specs : {};
}

async function setTags(context: ResourceContext, path: string, id: string): Promise<void> {
  await context.call('network', 'PUT', `/v2.0/${path}/${id}/tags`, {
    tags: context.properties['tags'] ?? [],
  });
}

export function idIn(body: unknown, key: string): string {
  const id = stringAt(body, key, 'id');
  if (id === undefined) throw new ResourceFault('Error', `the answer to the creation of a ${key} has no id`);
  return id;
}

/** The property under its name or the name it had before; undefined if neither has a value. */
export function either(properties: Dict, name: string, before: string): string | undefined {
  return stringAt(properties, name) || stringAt(properties, before) || undefined;
}

/** The id that a property names by id or name, undefined if it says nothing. */
export async function idFor(
  context: ResourceContext,
  kind: 'network' | 'subnet' | 'port' | 'router' | 'security_group' | 'subnetpool',
  value: unknown,
): Promise<string | undefined> {
  if (value === undefined || value === null || value === '') return undefined;
  return context.findId(`neutron.${kind}`, text(value));
}

/** What two properties have to have in common for one resource to wait for the other: the same reference. */
export function sameReference(a: unknown, b: unknown): boolean {
  return a !== undefined && a !== null && JSON.stringify(a) === JSON.stringify(b);
}

/** The written property, under its name or its older name. */
export function written({ properties }: Implication, name: string, before: string): unknown {
  return properties[name] ?? properties[before];
}

/** Only fields of properties that changed, or all of them for a creation. */
export function pick(
  changed: ReadonlySet<string> | undefined,
  fields: Readonly<Record<string, { from: string; value: unknown }>>,
): Dict {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, { from }]) => !changed || changed.has(from))
      .map(([field, { value }]) => [field, value]),
  );
}

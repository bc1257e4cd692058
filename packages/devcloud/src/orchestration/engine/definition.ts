import { invalidReference, reasonOf, ValidationFailed, valueError } from '../errors.ts';
import { collect } from '../functions/references.ts';
import { resolveCondition } from '../functions/resolve.ts';
import type { Scope } from '../functions/scope.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Environment } from '../template/environment.ts';
import {
  bindParameters,
  parameterSchemata,
  type Parameters,
  type ParameterSources,
} from '../template/parameters.ts';
import {
  parseTemplate,
  type OutputSnippet,
  type ResourceSnippet,
  type Template,
} from '../template/template.ts';
import type { UNKNOWN } from '../values.ts';
import type { ResourceRow } from './tables.ts';
import { typeFor } from './type-lookup.ts';

/** A resource of a stack: what is written, and what its type means here. */
export interface ResourceDefinition {
  readonly name: string;
  readonly snippet: ResourceSnippet;
  readonly type: ResourceType;
  readonly target: ResourceRow['target'];
}

/** A template with its parameters and environment: what a stack is to be. */
export interface Definition {
  readonly template: Template;
  readonly parameters: Parameters;
  readonly environment: Environment;
  readonly files: Readonly<Record<string, string>>;
  /** Those whose condition holds. */
  readonly resources: ReadonlyMap<string, ResourceDefinition>;
  readonly outputs: ReadonlyMap<string, OutputSnippet>;
  /** Names of what each resource has to wait for. */
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
  readonly scope: Scope;
}

/** Where references and attributes come from: the rows of a running stack, or nowhere while validating. */
export interface Lookup {
  reference(resource: string): Promise<unknown>;
  attribute(resource: string, attribute: string | undefined, path: readonly unknown[]): Promise<unknown>;
  facade: Scope['facade'];
}

export interface DefinitionSource {
  readonly template: unknown;
  readonly environment: Environment;
  readonly files: Readonly<Record<string, string>>;
  readonly pseudo: ParameterSources['pseudo'];
  readonly types: ReadonlyMap<string, ResourceType>;
  readonly lookup: (definition: () => Definition) => Lookup;
}

/**
 * Works out which resources a template makes, of which types, and in which order.
 *
 * @throws HeatError, ValidationFailed as Heat words them
 */
export async function define(source: DefinitionSource): Promise<Definition> {
  const template = parseTemplate(source.template);
  const parameters = bindParameters(parameterSchemata(template), {
    given: source.environment.parameters,
    defaults: source.environment.parameter_defaults,
    pseudo: source.pseudo,
  });
  const resources = new Map<string, ResourceDefinition>();
  const outputs = new Map<string, OutputSnippet>();
  const lookup = source.lookup(() => definition);
  const scope = makeScope(template, parameters, source.files, resources, lookup);
  const definition: Definition = {
    template,
    parameters,
    environment: source.environment,
    files: source.files,
    resources,
    outputs,
    dependencies: new Map(),
    scope,
  };

  for (const [name, snippet] of template.resources) {
    if (!(await isEnabled(snippet.condition, scope, ['resources', name, 'condition']))) continue;
    const { type, target } = typeFor(source.types, source.files, source.environment, name, snippet.type);
    resources.set(name, { name, snippet, type, target });
  }
  for (const [name, snippet] of template.outputs) {
    const enabled = await isEnabled(snippet.condition, scope, ['outputs', name, 'condition']);
    outputs.set(name, enabled ? snippet : { ...snippet, value: null });
  }
  return { ...definition, dependencies: await findDependencies(definition) };
}

async function isEnabled(condition: unknown, scope: Scope, path: readonly string[]): Promise<boolean> {
  if (condition === undefined || condition === null) return true;
  try {
    return (await resolveCondition(condition, scope)) !== false;
  } catch (error) {
    throw new ValidationFailed(reasonOf(error), path);
  }
}

function makeScope(
  template: Template,
  parameters: Parameters,
  files: Readonly<Record<string, string>>,
  resources: ReadonlyMap<string, ResourceDefinition>,
  lookup: Lookup,
): Scope {
  const conditions = new Map<string, boolean | typeof UNKNOWN>();
  const open = new Set<string>();
  const scope: Scope = {
    version: template.version,
    parameter: (name) => parameters.value(name),
    async condition(name) {
      const known = conditions.get(name);
      if (known !== undefined) return known;
      if (!Object.hasOwn(template.conditions, name)) throw valueError(`Invalid condition "${name}"`);
      if (open.has(name)) throw valueError(`Circular definition for condition "${name}"`);
      open.add(name);
      const result = await resolveCondition(template.conditions[name], scope);
      open.delete(name);
      conditions.set(name, result);
      return result;
    },
    async reference(resource, place) {
      if (!resources.has(resource)) throw invalidReference(resource, place);
      return lookup.reference(resource);
    },
    async attribute(resource, attribute, path, place) {
      if (!resources.has(resource)) throw invalidReference(resource, place);
      return lookup.attribute(resource, attribute, path);
    },
    file: (name) => files[name],
    facade: lookup.facade,
  };
  return scope;
}

async function findDependencies(definition: Definition): Promise<Map<string, Set<string>>> {
  const { resources, scope, template } = definition;
  const dependencies = new Map<string, Set<string>>();
  for (const [name, { snippet }] of resources) {
    const needs = new Set<string>();
    const found = (resource: string, place: string): void => {
      if (!resources.has(resource)) throw invalidReference(resource, place);
      needs.add(resource);
    };
    for (const resource of snippet.dependsOn) {
      // What is switched off by its condition needs no waiting for.
      if (resources.has(resource)) needs.add(resource);
      else if (!template.resources.has(resource)) throw invalidReference(resource, name);
    }
    await placed(name, snippet, async () => {
      await collect(snippet.properties, scope, found, `${name}.Properties`);
      await collect(snippet.metadata, scope, found, `${name}.Metadata`);
      await collect(snippet.updatePolicy, scope, found, `${name}.UpdatePolicy`);
    });
    dependencies.set(name, needs);
  }
  for (const [output, { value }] of definition.outputs) {
    await collect(
      value,
      scope,
      (resource, place) => {
        if (!resources.has(resource)) throw invalidReference(resource, place);
      },
      `outputs.${output}.value`,
    );
  }
  addImplied(resources, dependencies);
  checkAcyclic(dependencies);
  return dependencies;
}

async function placed(name: string, _snippet: ResourceSnippet, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'ValueError') {
      throw new ValidationFailed(error.message, ['resources', name]);
    }
    throw error;
  }
}

/** A port needs the subnets of its network, though no reference says so; see {@link ResourceType.implied}. */
function addImplied(
  resources: ReadonlyMap<string, ResourceDefinition>,
  dependencies: Map<string, Set<string>>,
): void {
  for (const [name, mine] of resources) {
    if (!mine.type.implied) continue;
    for (const [other, its] of resources) {
      if (name === other || reaches(dependencies, other, name)) continue;
      const implies = mine.type.implied(
        { type: mine.type.name, properties: mine.snippet.properties },
        { type: its.type.name, properties: its.snippet.properties },
      );
      if (implies) dependencies.get(name)?.add(other);
    }
  }
}

function reaches(dependencies: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...(dependencies.get(name) ?? []));
  }
  return false;
}

/** @throws ValidationFailed that shows the circle */
function checkAcyclic(dependencies: ReadonlyMap<string, ReadonlySet<string>>): void {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (done.has(name)) return;
    if (trail.includes(name)) {
      const circle = [...trail.slice(trail.indexOf(name)), name];
      throw new ValidationFailed(`Circular Dependency Found: ${circle.join(' -> ')}`);
    }
    for (const next of dependencies.get(name) ?? []) visit(next, [...trail, name]);
    done.add(name);
  };
  for (const name of dependencies.keys()) visit(name, []);
}

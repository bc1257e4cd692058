import { reasonOf, valueError, ValidationFailed } from '../errors.ts';
import { isAbsent } from '../resources/absent/absent-types.ts';
import { templateResource } from '../resources/heat/template-resource.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { resolveType, type Environment } from '../template/environment.ts';
import { parseTemplate, type Template } from '../template/template.ts';
import { parseYaml } from '../template/yaml.ts';
import type { ResourceRow } from './tables.ts';

type Types = ReadonlyMap<string, ResourceType>;
type Files = Readonly<Record<string, string>>;

/**
 * The type that a name in a template means in this environment.
 *
 * @throws ValidationFailed if it is none, or its file isn't among `files`
 */
export function typeFor(
  types: Types,
  files: Files,
  environment: Environment,
  name: string,
  typeName: string,
): { type: ResourceType; target: ResourceRow['target'] } {
  let target: ResourceRow['target'];
  try {
    const found = resolveType(environment.resource_registry, typeName, name, (type) => types.has(type));
    target = found.kind === 'type' ? found : { kind: 'template', name: found.file };
  } catch (error) {
    throw new ValidationFailed(reasonOf(error), ['resources', name]);
  }
  try {
    return { type: typeOfTarget(types, files, environment, target), target };
  } catch (error) {
    if (error instanceof ValidationFailed && error.path.length > 0) throw error;
    throw new ValidationFailed(reasonOf(error), ['resources', name]);
  }
}

/** @throws Error that says which type or file is missing */
export function typeOfTarget(
  types: Types,
  files: Files,
  environment: Environment,
  target: ResourceRow['target'],
): ResourceType {
  if (target.kind === 'type') {
    const type = types.get(target.name);
    if (type) return type;
    const service = isAbsent(target.name);
    if (service !== undefined) {
      throw new Error(
        `HEAT-E99001 Service ${service} is not available for resource type ${target.name}, reason: this cloud has no ${service} service`,
      );
    }
    throw new Error(`The Resource Type (${target.name}) could not be found.`);
  }
  return templateResource(target.name, readTemplateFile(files, target.name), environment);
}

/** Parsed templates by their text: the same file is used for every member of a group. */
const parsed = new Map<string, Template>();
const PARSED_LIMIT = 64;

/** @throws HeatError if the file is missing or is no template */
export function readTemplateFile(files: Files, name: string): Template {
  const content = files[name];
  if (content === undefined) {
    throw valueError(
      `Could not fetch remote template "${name}": it is not among the files sent with the request, and this cloud fetches none`,
    );
  }
  const known = parsed.get(content);
  if (known) return known;
  const template = parseTemplate(parseTemplateText(content));
  if (parsed.size >= PARSED_LIMIT) parsed.delete(parsed.keys().next().value ?? '');
  parsed.set(content, template);
  return template;
}

/** Reads template text: JSON where it begins like JSON, YAML otherwise. @throws HeatError ValueError */
export function parseTemplateText(text: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Flow-style YAML begins so too.
    }
  }
  return parseYaml(text);
}

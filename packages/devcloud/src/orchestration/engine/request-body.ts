import { badRequest, reasonOf, valueError } from '../errors.ts';
import {
  EMPTY_ENVIRONMENT,
  mergeEnvironments,
  parseEnvironment,
  type Environment,
} from '../template/environment.ts';
import { booleanOf, parameterSchemata } from '../template/parameters.ts';
import { parseTemplate } from '../template/template.ts';
import { isDict, text, type Dict } from '../values.ts';
import { parseTemplateText } from './type-lookup.ts';

/** What a request that makes or changes a stack says, taken apart. */
export interface StackRequest {
  readonly template: Dict | undefined;
  /** With environment files and parameters merged in, once the template is known: see {@link mergedEnvironment}. */
  readonly environment: Environment;
  readonly environmentFiles: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly timeoutMins: number | undefined;
  readonly disableRollback: boolean | undefined;
  readonly tags: readonly string[] | undefined;
  readonly existing: boolean;
  readonly clearParameters: readonly string[];
}

/** @throws HeatError HTTPBadRequest or ValueError that names the field */
export function parseStackRequest(body: unknown): StackRequest {
  if (!isDict(body)) throw badRequest('The request body must be a JSON object.');
  const environmentFiles = stringList(body, 'environment_files');
  return {
    template: parseTemplateField(body),
    // What the client merged already is left out where it also sent the files it merged.
    environment: withParameters(
      environmentFiles.length > 0 ? EMPTY_ENVIRONMENT : environmentField(body['environment']),
      body['parameters'],
    ),
    environmentFiles,
    files: filesField(body['files']),
    timeoutMins: timeoutField(body['timeout_mins']),
    disableRollback: booleanField('disable_rollback', body['disable_rollback']),
    tags: tagsField(body['tags']),
    existing: booleanField('existing', body['existing']) ?? false,
    clearParameters: stringList(body, 'clear_parameters'),
  };
}

function parseTemplateField(body: Dict): Dict | undefined {
  let template = body['template'];
  if (template === undefined || template === null || template === '') {
    const url = body['template_url'];
    if (url === undefined || url === null) return undefined;
    const files = isDict(body['files']) ? body['files'] : {};
    template = files[text(url)];
    if (template === undefined) {
      throw badRequest(
        `Could not retrieve template: ${text(url)} is not among the files sent with the request, and this cloud fetches none`,
      );
    }
  }
  if (typeof template === 'string') {
    try {
      template = parseTemplateText(template);
    } catch (error) {
      throw badRequest(`Template not in valid format: ${reasonOf(error)}`);
    }
  }
  if (!isDict(template))
    throw badRequest('Template not in valid format: The template is not a JSON object or YAML mapping.');
  return template;
}

function environmentField(value: unknown): Environment {
  try {
    const { strategies: _strategies, ...environment } = parseEnvironment(value);
    return environment;
  } catch (error) {
    throw badRequest(`Environment not in valid format: ${reasonOf(error)}`);
  }
}

function withParameters(environment: Environment, value: unknown): Environment {
  if (value === undefined || value === null) return environment;
  if (!isDict(value)) throw badRequest('parameters must be a map');
  return { ...environment, parameters: { ...environment.parameters, ...value } };
}

function filesField(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isDict(value)) throw badRequest('files must be a map of names to contents');
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => [
      name,
      typeof content === 'string' ? content : JSON.stringify(content),
    ]),
  );
}

function timeoutField(value: unknown): number | undefined {
  if (value === undefined || value === null || value === 0 || value === '0') return undefined;
  const minutes = Number(value);
  if (!Number.isInteger(minutes))
    throw badRequest(`Only integer is allowed for timeout_mins: ${text(value)}`);
  if (minutes < 0) throw valueError(`Invalid timeout value ${minutes}`);
  return minutes;
}

function booleanField(name: string, value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  const result = booleanOf(value);
  if (result === undefined)
    throw valueError(`Unrecognized value "${text(value)}" for "${name}", acceptable values are: true, false`);
  return result;
}

function tagsField(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const tags: unknown[] = Array.isArray(value) ? (value as unknown[]) : text(value).split(',');
  return tags.map((tag) => {
    if (typeof tag !== 'string') throw valueError(`Invalid tag, "${text(tag)}" is not a string`);
    if (tag.length > 80) throw valueError(`Invalid tag, "${tag}" is longer than 80 characters`);
    if (tag.includes(',')) throw valueError(`Invalid tag, "${tag}" contains a comma`);
    return tag;
  });
}

function stringList(body: Dict, name: string): readonly string[] {
  const value = body[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest(`${name} must be a list`);
  return value.map(text);
}

/** The environment of the request with its environment files merged beneath it. @throws HeatError */
export function mergedEnvironment(
  request: StackRequest,
  template: Dict,
  files: Readonly<Record<string, string>>,
): Environment {
  if (request.environmentFiles.length === 0) return request.environment;
  const schemata = parameterSchemata(parseTemplate(template));
  return mergeEnvironments(request.environmentFiles, files, request.environment, schemata);
}

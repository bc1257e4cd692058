import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Engine } from '../engine/engine.ts';
import { mergedEnvironment, parseStackRequest } from '../engine/request-body.ts';
import { ownerOf } from '../engine/stack-actions.ts';
import { validateStack } from '../engine/validate.ts';
import { badRequest, forbidden, HeatError, notFound, reasonOf } from '../errors.ts';
import { functionNames } from '../functions/resolve.ts';
import { schemaView, templateView } from './resource-type-views.ts';
import {
  checkParameters,
  parameterSchemata,
  typeName,
  type ParameterSchema,
} from '../template/parameters.ts';
import { parseTemplate } from '../template/template.ts';
import { HOT_VERSIONS, hotVersion, RELEASE_NAMES } from '../template/versions.ts';
import { text, type Dict } from '../values.ts';
import { customCheckFor } from '../engine/custom-constraints.ts';
import { NEVER_STOPS } from '../engine/never-stops.ts';
import { callerOn, flag, one, pathOf, queryOf } from './requests.ts';

/** What the API tells about itself: versions, types, functions, and templates it is asked to look at. */
export function infoRoutes(app: FastifyInstance, engine: Engine): void {
  const versions = {
    versions: [
      {
        id: 'v1.0',
        status: 'CURRENT',
        links: [{ rel: 'self', href: `${engine.cloud.publicUrl}/orchestration/v1/` }],
      },
    ],
  };
  for (const url of ['/', '/v1', '/v1/']) {
    app.get(url, async (_request, reply) => reply.code(url.startsWith('/v1') ? 200 : 300).send(versions));
  }
  app.get('/v1/:tenant/build_info', async () => ({
    api: { revision: 'gantry' },
    engine: { revision: 'gantry' },
  }));
  app.get('/v1/:tenant/services', async (request) => {
    if (!callerOn(request).isAdmin) throw forbidden('this action');
    const at = engine.cloud.now().toISOString().slice(0, 19);
    return {
      services: [
        {
          id: 'devcloud',
          engine_id: 'devcloud',
          binary: 'heat-engine',
          host: 'devcloud',
          hostname: 'devcloud',
          topic: 'engine',
          report_interval: 60,
          status: 'up',
          created_at: at,
          updated_at: at,
          deleted_at: null,
        },
      ],
    };
  });
  typeRoutes(app, engine);
  versionRoutes(app);
  app.post('/v1/:tenant/validate', async (request) => {
    const ignored = one(queryOf(request), 'ignore_errors')?.split(',') ?? [];
    return validate(engine, ownerOf(callerOn(request)), request.body, ignored);
  });
}

function typeRoutes(app: FastifyInstance, engine: Engine): void {
  const find = (name: string): NonNullable<ReturnType<typeof engine.types.get>> => {
    const type = engine.types.get(name);
    if (!type) throw notFound('Resource Type', name);
    return type;
  };
  app.get('/v1/:tenant/resource_types', async (request) => {
    const query = queryOf(request);
    const pattern = one(query, 'name');
    const shown = [...engine.types.values()]
      .filter((type) => pattern === undefined || matches(pattern, type.name))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const described = flag(query, 'with_description') ?? false;
    return {
      resource_types: shown.map(({ name, description }) =>
        described ? { resource_type: name, description } : name,
      ),
    };
  });
  app.get('/v1/:tenant/resource_types/:type', async (request) =>
    schemaView(find(pathOf(request)['type'] ?? '')),
  );
  app.get('/v1/:tenant/resource_types/:type/template', async (request) =>
    templateView(find(pathOf(request)['type'] ?? '')),
  );
}

/** Names may be asked for by a pattern, a regular expression at the beginning. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})`, 'i').test(name);
  } catch {
    throw badRequest(`Invalid name pattern ${pattern}`);
  }
}

function versionRoutes(app: FastifyInstance): void {
  app.get('/v1/:tenant/template_versions', async () => ({
    template_versions: HOT_VERSIONS.map((version) => ({
      version: `heat_template_version.${version}`,
      type: 'hot',
      aliases: Object.entries(RELEASE_NAMES)
        .filter(([, meant]) => meant === version)
        .map(([name]) => `heat_template_version.${name}`),
    })),
  }));
  app.get('/v1/:tenant/template_versions/:version', functions);
  app.get('/v1/:tenant/template_versions/:version/functions', functions);
}

async function functions(request: FastifyRequest): Promise<Dict> {
  const asked = (pathOf(request)['version'] ?? '').replace(/^heat_template_version\./, '');
  const version = hotVersion(asked);
  if (!version) throw notFound('Template version', asked);
  const names = functionNames(version);
  const wanted = flag(queryOf(request), 'with_condition_func')
    ? [...new Set([...names.plain, ...names.conditions])]
    : names.plain;
  return { template_functions: wanted.toSorted().map((name) => ({ functions: name, description: '' })) };
}

async function validate(
  engine: Engine,
  owner: ReturnType<typeof ownerOf>,
  body: unknown,
  ignored: readonly string[],
): Promise<Dict> {
  const request = parseStackRequest(body);
  const { template: source, files } = request;
  if (!source) throw badRequest('No template specified');
  const template = parseTemplate(source);
  const schemata = parameterSchemata(template);
  const environment = mergedEnvironment(request, source, files);
  const pseudo = { 'OS::stack_name': 'dummy', 'OS::stack_id': 'None', 'OS::project_id': owner.projectId };
  const sources = { given: environment.parameters, defaults: environment.parameter_defaults, pseudo };
  const complete = schemata.every(
    ({ name, default: fallback }) =>
      name in environment.parameters || name in environment.parameter_defaults || fallback !== undefined,
  );
  try {
    // Without all its parameters a template can be looked at only as far as they don't matter.
    if (complete) await validateStack(engine, { template: source, environment, files, owner, pseudo });
    else
      await checkParameters(schemata, sources, customCheckFor(engine, owner, NEVER_STOPS), { partial: true });
  } catch (error) {
    const code = /HEAT-E(\d+)/.exec(reasonOf(error))?.[1];
    if (code === undefined || !ignored.includes(code)) throw asBadRequest(error);
  }
  return {
    Description: template.description,
    Parameters: Object.fromEntries(
      schemata.map((schema) => [
        schema.name,
        parameterView(
          schema,
          environment.parameters[schema.name],
          environment.parameter_defaults[schema.name],
        ),
      ]),
    ),
    Environment: { ...environment, encrypted_param_names: [] },
    ...(template.parameterGroups.length > 0 ? { ParameterGroups: template.parameterGroups } : {}),
  };
}

function asBadRequest(error: unknown): unknown {
  return error instanceof HeatError ? error : new HeatError('StackValidationFailed', 400, reasonOf(error));
}

function parameterView(schema: ParameterSchema, given: unknown, fallback: unknown): Dict {
  const described = schema.constraints
    .map(({ description }) => description)
    .filter((words) => words !== undefined);
  const view: Record<string, unknown> = {
    Type: typeName(schema.type),
    Description: schema.description,
    NoEcho: schema.hidden ? 'true' : 'false',
    Label: schema.label,
  };
  const preset = fallback ?? schema.default;
  if (preset !== undefined) view['Default'] = preset;
  if (given !== undefined) view['Value'] = schema.hidden ? '******' : given;
  if (schema.tags.length > 0) view['Tags'] = schema.tags;
  for (const constraint of schema.constraints) {
    if (constraint.kind === 'length') Object.assign(view, bounds('Length', constraint));
    if (constraint.kind === 'range') Object.assign(view, bounds('Value', constraint));
    if (constraint.kind === 'modulo')
      Object.assign(view, { Step: constraint.step, Offset: constraint.offset });
    if (constraint.kind === 'allowed_values') view['AllowedValues'] = constraint.allowed;
    if (constraint.kind === 'allowed_pattern') view['AllowedPattern'] = constraint.pattern;
    if (constraint.kind === 'custom_constraint') view['CustomConstraint'] = constraint.name;
  }
  if (described.length > 0) view['ConstraintDescription'] = described.map(text).join(' ');
  return view;
}

function bounds(what: string, { min, max }: { min?: number | undefined; max?: number | undefined }): Dict {
  return {
    ...(min === undefined ? {} : { [`Min${what}`]: min }),
    ...(max === undefined ? {} : { [`Max${what}`]: max }),
  };
}

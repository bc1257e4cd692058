import { badRequest, HeatError } from '../errors.ts';
import { mergeRegistry, type Environment } from '../template/environment.ts';
import { bindParameters, parameterSchemata } from '../template/parameters.ts';
import { parseTemplate } from '../template/template.ts';
import { same, type Dict } from '../values.ts';
import type { Engine } from './engine.ts';
import { mergedEnvironment, type StackRequest } from './request-body.ts';
import { bodyOf, filesOf } from './rows.ts';
import { arnOf } from './stack-scope.ts';
import type { BodyRow, Owner, StackRow } from './tables.ts';
import { validateStack } from './validate.ts';

/** What a stack is made from, checked. */
export interface StackPlan {
  readonly template: Dict;
  readonly environment: Environment;
  readonly files: Readonly<Record<string, string>>;
  readonly environmentFiles: readonly string[];
}

/** Works out and checks what a new stack would be. @throws HeatError, ValidationFailed */
export async function planCreation(
  engine: Engine,
  owner: Owner,
  name: string,
  request: StackRequest,
): Promise<StackPlan> {
  const { template } = request;
  if (!template) throw badRequest('No template specified');
  const plan: StackPlan = {
    template,
    environment: mergedEnvironment(request, template, request.files),
    files: request.files,
    environmentFiles: request.environmentFiles,
  };
  await validateStack(engine, { ...plan, owner, pseudo: pseudoFor(owner, name, 'None') });
  return plan;
}

function pseudoFor(
  owner: Owner,
  name: string,
  id: string,
): Record<'OS::stack_name' | 'OS::stack_id' | 'OS::project_id', string> {
  return { 'OS::stack_name': name, 'OS::stack_id': id, 'OS::project_id': owner.projectId };
}

/** Works out and checks what an update would make of a stack. @throws HeatError, ValidationFailed */
export async function planUpdate(engine: Engine, stack: StackRow, request: StackRequest): Promise<StackPlan> {
  const before = bodyOf(engine, stack);
  const oldFiles = filesOf(engine, before);
  const template = request.template ?? (request.existing ? before.template : undefined);
  if (!template) throw badRequest('No template specified');
  const files = request.existing ? { ...oldFiles, ...request.files } : request.files;
  const asked = mergedEnvironment(request, template, files);
  const plan: StackPlan = {
    template,
    files,
    environment: request.existing ? overExisting(before.environment, asked, request, template) : asked,
    environmentFiles:
      request.environmentFiles.length > 0 ? request.environmentFiles : before.environmentFiles,
  };
  checkImmutable(before, plan, stack);
  await validateStack(engine, {
    ...plan,
    owner: stack.owner,
    pseudo: pseudoFor(stack.owner, stack.name, arnOf(stack)),
  });
  return plan;
}

/** What the stack has already stays, where the request says nothing else and the template still knows it. */
function overExisting(
  before: Environment,
  asked: Environment,
  request: StackRequest,
  template: Dict,
): Environment {
  const known = new Set(parameterSchemata(parseTemplate(template)).map((schema) => schema.name));
  const cleared = new Set(request.clearParameters);
  const keep = (parameters: Dict): Dict =>
    Object.fromEntries(Object.entries(parameters).filter(([name]) => !cleared.has(name) && known.has(name)));
  return {
    parameters: { ...keep(before.parameters), ...asked.parameters },
    parameter_defaults: { ...before.parameter_defaults, ...asked.parameter_defaults },
    resource_registry: mergeRegistry(before.resource_registry, asked.resource_registry),
    event_sinks: asked.event_sinks.length > 0 ? asked.event_sinks : before.event_sinks,
  };
}

function checkImmutable(before: BodyRow, plan: StackPlan, stack: StackRow): void {
  const value = (body: { template: Dict; environment: Environment }, name: string): unknown => {
    const parameters = bindParameters(parameterSchemata(parseTemplate(body.template)), {
      given: body.environment.parameters,
      defaults: body.environment.parameter_defaults,
      pseudo: pseudoFor(stack.owner, stack.name, stack.id),
    });
    try {
      return parameters.names.includes(name) ? parameters.value(name) : undefined;
    } catch {
      return undefined;
    }
  };
  const changed = parameterSchemata(parseTemplate(plan.template))
    .filter(({ immutable, name }) => {
      const old = immutable ? value(before, name) : undefined;
      return old !== undefined && !same(old, value(plan, name));
    })
    .map((schema) => schema.name);
  if (changed.length > 0) {
    throw new HeatError(
      'ImmutableParameterModified',
      400,
      `The following parameters are immutable and may not be updated: ${changed.join(', ')}`,
    );
  }
}

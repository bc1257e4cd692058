import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine/engine.ts';
import { timestamp } from '../engine/runtime.ts';
import type { ConfigRow, DeploymentRow, Status } from '../engine/tables.ts';
import { badRequest, notFound } from '../errors.ts';
import { deploymentsFor } from '../resources/heat/deployment-signal.ts';
import { isDict, listAt, stringAt, text, type Dict } from '../values.ts';
import { callerOn, count, one, pathOf, queryOf } from './requests.ts';
import { configView, deploymentView } from './views.ts';

const CONFIGS = '/v1/:tenant/software_configs';
const DEPLOYMENTS = '/v1/:tenant/software_deployments';

export function softwareRoutes(app: FastifyInstance, engine: Engine): void {
  configRoutes(app, engine);
  deploymentRoutes(app, engine);
}

function configRoutes(app: FastifyInstance, engine: Engine): void {
  const { configs, deployments } = engine.tables;
  const find = (projectId: string, id: string): ConfigRow => {
    const row = configs.get(id);
    if (row?.projectId === projectId) return row;
    throw notFound('Software config with id', id);
  };
  app.get(CONFIGS, async (request) => {
    const rows = configs.by('project', callerOn(request).projectId).toReversed();
    const marker = one(queryOf(request), 'marker');
    const from = marker === undefined ? 0 : rows.findIndex((row) => row.id === marker) + 1;
    const limit = count(queryOf(request), 'limit') ?? rows.length;
    return { software_configs: rows.slice(from, from + limit).map((row) => configView(row, false)) };
  });
  app.post(CONFIGS, async (request) => {
    const body = bodyOf(request.body);
    const config = body['config'] ?? '';
    if (typeof config !== 'string' && !isDict(config)) throw badRequest('config must be text or a map');
    const row = configs.put({
      id: engine.cloud.uuid(),
      projectId: callerOn(request).projectId,
      name: stringAt(body, 'name') ?? '',
      group: stringAt(body, 'group') || 'Heat::Ungrouped',
      config,
      inputs: listAt(body, 'inputs').filter(isDict),
      outputs: listAt(body, 'outputs').filter(isDict),
      options: isDict(body['options']) ? body['options'] : {},
      createdAt: timestamp(engine.cloud.now()),
    });
    return { software_config: configView(row) };
  });
  app.get(`${CONFIGS}/:config`, async (request) => ({
    software_config: configView(find(callerOn(request).projectId, pathOf(request)['config'] ?? '')),
  }));
  app.delete(`${CONFIGS}/:config`, async (request, reply) => {
    const row = find(callerOn(request).projectId, pathOf(request)['config'] ?? '');
    if (deployments.all().some((deployment) => deployment.configId === row.id)) {
      throw badRequest(`Software config with id ${row.id} can not be deleted as it is referenced.`);
    }
    configs.delete(row.id);
    return reply.code(204).send();
  });
}

function deploymentRoutes(app: FastifyInstance, engine: Engine): void {
  const { configs, deployments } = engine.tables;
  const find = (projectId: string, id: string): DeploymentRow => {
    const row = deployments.get(id);
    if (row?.projectId === projectId) return row;
    throw notFound('Software Deployment', id);
  };
  const knownConfig = (projectId: string, id: string): string => {
    if (configs.get(id)?.projectId === projectId) return id;
    throw notFound('Software config with id', id);
  };
  app.get(DEPLOYMENTS, async (request) => {
    const server = one(queryOf(request), 'server_id');
    const rows = deployments.by('project', callerOn(request).projectId);
    return {
      software_deployments: rows
        .filter((row) => server === undefined || row.serverId === server)
        .map(deploymentView),
    };
  });
  app.get(`${DEPLOYMENTS}/metadata/:server`, async (request) => ({
    metadata: deploymentsFor(engine.tables, callerOn(request).projectId, pathOf(request)['server'] ?? ''),
  }));
  app.post(DEPLOYMENTS, async (request) => {
    const { projectId } = callerOn(request);
    const body = bodyOf(request.body);
    const status = statusOf(body['status']) ?? 'IN_PROGRESS';
    const row = deployments.put({
      id: stringAt(body, 'deployment_id') ?? engine.cloud.uuid(),
      projectId,
      serverId: needed(body, 'server_id'),
      configId: knownConfig(projectId, needed(body, 'config_id')),
      action: stringAt(body, 'action') ?? 'INIT',
      status,
      reason: stringAt(body, 'status_reason') ?? '',
      inputValues: isDict(body['input_values']) ? body['input_values'] : {},
      outputValues: null,
      createdAt: timestamp(engine.cloud.now()),
      updatedAt: null,
    });
    return { software_deployment: deploymentView(row) };
  });
  app.get(`${DEPLOYMENTS}/:deployment`, async (request) => ({
    software_deployment: deploymentView(
      find(callerOn(request).projectId, pathOf(request)['deployment'] ?? ''),
    ),
  }));
  app.put(`${DEPLOYMENTS}/:deployment`, async (request) => {
    const { projectId } = callerOn(request);
    const before = find(projectId, pathOf(request)['deployment'] ?? '');
    const body = bodyOf(request.body);
    const row = deployments.put({
      ...before,
      configId:
        body['config_id'] === undefined ? before.configId : knownConfig(projectId, text(body['config_id'])),
      inputValues: isDict(body['input_values']) ? body['input_values'] : before.inputValues,
      outputValues: isDict(body['output_values']) ? body['output_values'] : before.outputValues,
      action: stringAt(body, 'action') ?? before.action,
      status: statusOf(body['status']) ?? before.status,
      reason: stringAt(body, 'status_reason') ?? before.reason,
      updatedAt: timestamp(engine.cloud.now()),
    });
    engine.hints.give();
    return { software_deployment: deploymentView(row) };
  });
  app.delete(`${DEPLOYMENTS}/:deployment`, async (request, reply) => {
    deployments.delete(find(callerOn(request).projectId, pathOf(request)['deployment'] ?? '').id);
    engine.hints.give();
    return reply.code(204).send();
  });
}

function bodyOf(body: unknown): Dict {
  if (isDict(body)) return body;
  throw badRequest('The request body must be a JSON object.');
}

function needed(body: Dict, name: string): string {
  const value = stringAt(body, name);
  if (value) return value;
  throw badRequest(`${name} is required`);
}

function statusOf(value: unknown): Status | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'IN_PROGRESS' || value === 'COMPLETE' || value === 'FAILED') return value;
  throw badRequest(`Invalid status ${text(value)}: one of IN_PROGRESS, COMPLETE, FAILED is needed`);
}

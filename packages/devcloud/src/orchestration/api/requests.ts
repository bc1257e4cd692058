import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../cloud/service.ts';
import type { Engine } from '../engine/engine.ts';
import { stackNamed } from '../engine/stack-actions.ts';
import type { StackRow } from '../engine/tables.ts';
import { badRequest, forbidden, notFound } from '../errors.ts';
import { booleanOf } from '../template/parameters.ts';

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export function queryOf(request: FastifyRequest): Query {
  return request.query as Query;
}

export function pathOf(request: FastifyRequest): Readonly<Record<string, string>> {
  return request.params as Record<string, string>;
}

/** The caller, on the project that the path names. @throws HeatError Forbidden */
export function callerOn(request: FastifyRequest): Caller & { readonly projectId: string } {
  const { caller } = request;
  const tenant = pathOf(request)['tenant'];
  if (!caller) throw forbidden('this action');
  const projectId = caller.projectId ?? (caller.isAdmin ? tenant : undefined);
  if (projectId === undefined || (tenant !== projectId && !caller.isAdmin)) throw forbidden('this action');
  return {
    ...caller,
    projectId: tenant === undefined ? projectId : caller.isAdmin ? (caller.projectId ?? tenant) : projectId,
  };
}

/** Words of a query that may be given several times. */
export function all(query: Query, name: string): readonly string[] {
  const value = query[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

export function one(query: Query, name: string): string | undefined {
  return all(query, name).at(-1);
}

/** @throws HeatError HTTPBadRequest */
export function flag(query: Query, name: string): boolean | undefined {
  const value = one(query, name);
  if (value === undefined) return undefined;
  const result = booleanOf(value);
  if (result === undefined) {
    throw badRequest(`Unrecognized value "${value}" for "${name}", acceptable values are: true, false`);
  }
  return result;
}

/** @throws HeatError HTTPBadRequest */
export function count(query: Query, name: string): number | undefined {
  const value = one(query, name);
  if (value === undefined || value === '') return undefined;
  if (!/^-?\d+$/.test(value)) throw badRequest(`Only integer is allowed for ${name}: ${value}`);
  const number = Number(value);
  if (number < 0)
    throw badRequest(`Value '${value}' is invalid for '${name}' which only accepts non-negative integer.`);
  return number;
}

/**
 * The stack that a path names by name and id, for whoever may see it.
 *
 * @throws HeatError EntityNotFound, also where it is another project's
 */
export function identified(engine: Engine, request: FastifyRequest): StackRow {
  const { stack: name = '', id = '' } = pathOf(request);
  const caller = callerOn(request);
  const row = engine.tables.stacks.get(id);
  const mine = row && (row.projectId === caller.projectId || caller.isAdmin);
  if (!row || !mine || row.name !== name) throw notFound('Stack', name);
  return row;
}

/** The stack of a name or an id. @throws HeatError EntityNotFound */
export function looked(engine: Engine, request: FastifyRequest, name: string): StackRow {
  const caller = callerOn(request);
  const arn = /^arn:openstack:heat::[^:]*:stacks\/[^/]+\/([^/]+)$/.exec(name)?.[1];
  const byId = engine.tables.stacks.get(arn ?? name);
  if (byId && (byId.projectId === caller.projectId || caller.isAdmin)) return byId;
  const tenant = pathOf(request)['tenant'] ?? caller.projectId;
  const named = stackNamed(engine, tenant, name) ?? stackNamed(engine, caller.projectId, name);
  const nested = engine.tables.stacks
    .by('name', name)
    .find((row) => row.projectId === caller.projectId && row.deletedAt === null);
  const row = named ?? nested;
  if (!row) throw notFound('Stack', name);
  return row;
}

export function redirect(reply: FastifyReply, location: string): FastifyReply {
  return reply
    .code(302)
    .header('location', location)
    .header('content-type', 'application/json')
    .send({
      message: `The resource was found at <a href="${location}">${location}</a>;<br />\nyou should be redirected automatically.\n\n\n`,
      code: '302 Found',
      title: 'Found',
    });
}

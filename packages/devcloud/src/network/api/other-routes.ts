import type { FastifyInstance } from 'fastify';
import { badRequest, networkNotFound, NeutronError } from '../errors.ts';
import type { Context } from '../model/context.ts';
import { networkFor, networkVisible } from '../model/network-access.ts';
import { addInterface, removeInterface, type InterfaceGiven } from '../model/router-interfaces.ts';
import { routerFor } from '../model/routers.ts';
import { availabilityView, type View } from '../model/views.ts';
import { attribute } from './attributes.ts';
import { EXTENSIONS } from './extensions.ts';
import { anything, Reason, uuid } from './parse.ts';
import { pick, select } from './query.ts';
import { callerOf, checkWriter, queryOf } from './requests.ts';
import type { Run } from './resource-routes.ts';

/** Extensions, a router's interfaces, and how many addresses are in use. */
export function otherRoutes(app: FastifyInstance, context: Context, run: Run, baseUrl: string): void {
  extensionRoutes(app);
  interfaceRoutes(app, context, run);
  availabilityRoutes(app, context, baseUrl);
}

function extensionRoutes(app: FastifyInstance): void {
  app.get('/v2.0/extensions', () => ({ extensions: EXTENSIONS }));
  app.get<{ Params: { alias: string } }>('/v2.0/extensions/:alias', (request) => {
    const found = EXTENSIONS.find((extension) => extension.alias === request.params.alias);
    if (!found) {
      throw new NeutronError(
        404,
        'HTTPNotFound',
        `Extension with alias ${request.params.alias} does not exist`,
      );
    }
    return { extension: found };
  });
}

function interfaceRoutes(app: FastifyInstance, context: Context, run: Run): void {
  for (const [verb, change] of [
    ['add_router_interface', addInterface],
    ['remove_router_interface', removeInterface],
  ] as const) {
    app.put<{ Params: { id: string } }>(`/v2.0/routers/:id/${verb}`, (request) => {
      const caller = callerOf(request);
      checkWriter(caller, verb);
      return run(() => {
        const router = routerFor(context, caller, request.params.id);
        return change(context, caller, router, interfaceGiven(request.body));
      });
    });
  }
}

function interfaceGiven(body: unknown): InterfaceGiven {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const wanted: { subnet_id?: string; port_id?: string } = {};
  for (const key of ['subnet_id', 'port_id'] as const) {
    if (given[key] === undefined) continue;
    try {
      wanted[key] = uuid(given[key]);
    } catch (error) {
      if (error instanceof Reason) throw badRequest('router', error.message);
      throw error;
    }
  }
  if (wanted.subnet_id === undefined && wanted.port_id === undefined) {
    throw badRequest('router', 'Either subnet_id or port_id must be specified');
  }
  return wanted;
}

const AVAILABILITY_ATTRIBUTES = {
  network_id: attribute(anything),
  network_name: attribute(anything),
  project_id: attribute(anything),
  tenant_id: attribute(anything),
  ip_version: attribute(anything, { sort: false }),
};

function availabilityRoutes(app: FastifyInstance, context: Context, baseUrl: string): void {
  const path = '/v2.0/network-ip-availabilities';
  app.get(path, (request) => {
    const caller = callerOf(request);
    const query = queryOf(request);
    const version = query.get('ip_version');
    query.delete('ip_version');
    const views = context.tables.networks
      .all()
      .filter((network) => caller.isAdmin && networkVisible(caller, network))
      .map((network) => availabilityView(context, network, version === null ? undefined : Number(version)));
    const page = select(views, query, AVAILABILITY_ATTRIBUTES, `${baseUrl}${path}`);
    return {
      network_ip_availabilities: page.views.map((view) =>
        pick(withoutId(view) as View, query.getAll('fields')),
      ),
    };
  });
  app.get<{ Params: { id: string } }>(`${path}/:id`, (request) => {
    const caller = callerOf(request);
    if (!caller.isAdmin) throw networkNotFound(request.params.id);
    const network = networkFor(context, caller, request.params.id);
    return { network_ip_availability: withoutId(availabilityView(context, network)) };
  });
}

function withoutId({ id: _id, ...view }: View): Record<string, unknown> {
  return view;
}

import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Caller, Cloud, ServiceFactory } from '../cloud/service.ts';
import { watchRoutes } from '../http/known-routes.ts';
import { callerFor } from '../identity/caller-for.ts';
import { answerWithFaults, faultBody } from './api/error-answers.ts';
import { eventRoutes } from './api/event-routes.ts';
import { infoRoutes } from './api/info-routes.ts';
import { hasResourceToken, resourceRoutes } from './api/resource-routes.ts';
import { snapshotRoutes } from './api/snapshot-routes.ts';
import { softwareRoutes } from './api/software-routes.ts';
import { stackRoutes } from './api/stack-routes.ts';
import type { Engine } from './engine/engine.ts';
import { makeEngine } from './engine/make-engine.ts';
import { makeHints } from './engine/runtime.ts';
import { openTables, type Owner } from './engine/tables.ts';
import { ALL_TYPES } from './resources/all-types.ts';

export interface OrchestrationOptions {
  /** Who the owner of a stack is now; read from the identity service unless given. */
  readonly callerFor?: (owner: Owner) => Caller | undefined;
  /** Resolves after `milliseconds` or when `signal` aborts, whichever is first. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Heat: makes what templates describe out of the other services. */
export function orchestration(options: OrchestrationOptions = {}): ServiceFactory {
  return (cloud) => {
    const hints = makeHints();
    const engine = makeEngine({
      cloud,
      tables: openTables(cloud.store),
      types: ALL_TYPES,
      callerFor: options.callerFor ?? ((owner): Caller | undefined => ownerNow(cloud, owner)),
      wait: options.wait ?? waitFor,
      hints,
    });
    const unlisten = (['server', 'port', 'router'] as const).map((topic) =>
      cloud.signals.on(topic, () => hints.give()),
    );
    return {
      type: 'orchestration',
      name: 'heat',
      path: '/orchestration',
      endpoint: '/v1/%(project_id)s',
      routes(app) {
        const known = watchRoutes(app);
        answerWithFaults(app, {
          authUrl: `${cloud.publicUrl}/identity`,
          isPublic: (request) => isPublic(engine, request),
        });
        infoRoutes(app, engine);
        stackRoutes(app, engine);
        resourceRoutes(app, engine);
        eventRoutes(app, engine);
        snapshotRoutes(app, engine);
        softwareRoutes(app, engine);
        app.setNotFoundHandler((request, reply) => {
          const methods = known.methodsFor(request.url);
          if (methods.length === 0)
            return reply.code(404).send(faultBody(404, 'HTTPNotFound', 'The resource could not be found.'));
          return reply
            .code(405)
            .header('allow', methods.join(', '))
            .send(
              faultBody(
                405,
                'HTTPMethodNotAllowed',
                'The method specified is not allowed for this resource.',
              ),
            );
        });
      },
      async start() {
        for (const stack of engine.tables.stacks.by('status', 'IN_PROGRESS')) engine.run(stack.id);
      },
      async stop() {
        for (const off of unlisten) off();
        await engine.close();
      },
    };
  };
}

/** Discovery needs no token, and the addresses for servers are secrets themselves. */
function isPublic(engine: Engine, request: FastifyRequest): boolean {
  const path = request.url.split('?', 1)[0] ?? '';
  if (/^\/orchestration\/?(?:v1\/?)?$/.test(path)) return true;
  if (/^\/orchestration\/(?:signal|metadata)\//.test(path)) return true;
  return hasResourceToken(engine, request);
}

/** The owner of a stack as it may act now, with no more roles than it had when it asked. */
function ownerNow(cloud: Cloud, owner: Owner): Caller | undefined {
  const caller = callerFor(cloud, { userId: owner.userId, projectId: owner.projectId });
  if (!caller) return undefined;
  const roles = caller.roles.filter((role) => owner.roles.includes(role));
  if (roles.length === 0) return undefined;
  return {
    ...caller,
    roles,
    isAdmin: caller.isAdmin && roles.some((role) => role.toLowerCase() === 'admin'),
  };
}

/** Timers hold 2^31 ms at most; whoever waits longer looks again then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

async function waitFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(Math.min(milliseconds, LONGEST_TIMER_MS), undefined, { signal, ref: false });
  } catch {
    // Aborted: whoever waits looks at the signal.
  }
}

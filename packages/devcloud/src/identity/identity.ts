import type { FastifyInstance } from 'fastify';
import type { Cloud, CloudService, ServiceFactory } from '../cloud/service.ts';
import { applicationCredentialRoutes } from './application-credential-routes.ts';
import { authRoutes } from './auth-routes.ts';
import { bootstrap, type BootstrapOptions } from './bootstrap.ts';
import { catalogRoutes } from './catalog-routes.ts';
import type { IdentityContext } from './context.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { domainRoutes } from './domain-routes.ts';
import { answerErrors, takeJson } from './edge.ts';
import { grantRoutes } from './grant-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { makePasswords } from './passwords.ts';
import { projectRoutes } from './project-routes.ts';
import { roleAssignmentRoutes } from './role-assignment-routes.ts';
import { roleRoutes } from './role-routes.ts';
import { identityTables } from './tables.ts';
import { makeTokens } from './tokens.ts';
import { trustRoutes } from './trust-routes.ts';
import { userRoutes } from './user-routes.ts';

export interface IdentityOptions {
  readonly bootstrap: BootstrapOptions;
  /** Seconds until a token ends; Keystone's default is an hour. */
  readonly tokenLifetimeSeconds?: number;
}

/**
 * Keystone, Identity API v3. Sets `cloud.authenticate`, and makes the first users, projects and roles at
 * once, so that the services made after it find their users.
 */
export function identity(options: IdentityOptions): ServiceFactory {
  return (cloud: Cloud): CloudService => {
    const tables = identityTables(cloud.store);
    const now = (): Date => cloud.now();
    const context: IdentityContext = {
      cloud,
      tables,
      tokens: makeTokens(tables, now, options.tokenLifetimeSeconds ?? 3600),
      passwords: makePasswords(now),
    };
    cloud.store.transaction(() => bootstrap(cloud, tables, options.bootstrap));
    cloud.authenticate = (token) => context.tokens.check(token)?.caller;

    return {
      type: 'identity',
      name: 'keystone',
      path: '/identity',
      endpoint: '',
      routes(app: FastifyInstance): void {
        takeJson(app);
        answerErrors(app, cloud.log);
        discoveryRoutes(app);
        authRoutes(app, context);
        projectRoutes(app, context);
        domainRoutes(app, context);
        userRoutes(app, context);
        groupRoutes(app, context);
        roleRoutes(app, context);
        grantRoutes(app, context);
        roleAssignmentRoutes(app, context);
        trustRoutes(app, context);
        applicationCredentialRoutes(app, context);
        catalogRoutes(app, context);
      },
    };
  };
}

import { createMagnumApi } from '@gantry/magnum';
import type { FastifyPluginAsync } from 'fastify';
import type { MagnumParts } from './assemble.ts';

/** The API on these parts. @param configFolders those of the configuration files, where policies are looked for */
export function apiOf(parts: MagnumParts, configFolders: readonly string[]): FastifyPluginAsync {
  const { settings, sessions, keystoneUrl } = parts;
  return createMagnumApi({
    ...parts,
    configFolders,
    authUrl: settings.keystone_authtoken.www_authenticate_uri ?? keystoneUrl,
    trusteeDomainId: async () => (await sessions.ofTrusteeDomain()?.token())?.body.domain?.id,
  });
}

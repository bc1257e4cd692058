import { hostname } from 'node:os';
import { createKuryr, type Kuryr } from '@gantry/kuryr';
import { createSession } from '@gantry/openstack';
import type { Logger } from '@gantry/oslo';
import type { DataFolder } from './data-folder.ts';
import type { Secrets } from './secrets.ts';

export interface KuryrParts {
  readonly folder: DataFolder;
  readonly secrets: Secrets;
  readonly publicUrl: string;
  /** Undefined: where Docker looks. */
  readonly socket: string | undefined;
  /** Socket of the engine it is offered to. */
  readonly docker: string;
  readonly log: Logger;
}

/** Docker's first place to look for plug-ins. Source: Docker Engine plugin API, "Plugin discovery". */
const DEFAULT_SOCKET = '/run/docker/plugins/kuryr.sock';

/** Offers the network driver `kuryr` to the Docker engine of this machine. */
export async function startKuryr(parts: KuryrParts): Promise<Kuryr> {
  const session = createSession({
    authUrl: `${parts.publicUrl}/identity`,
    credentials: {
      type: 'password',
      user: { name: 'kuryr', domainName: 'Default' },
      password: parts.secrets.passwords.kuryr,
      scope: { project: { name: 'demo', domainName: 'Default' } },
    },
  });
  const kuryr = createKuryr({
    session,
    socket: parts.socket ?? DEFAULT_SOCKET,
    stateDir: parts.folder.kuryr,
    hostName: hostname(),
    docker: parts.docker,
    log: parts.log.child({ service: 'kuryr' }),
  });
  await kuryr.start();
  return kuryr;
}

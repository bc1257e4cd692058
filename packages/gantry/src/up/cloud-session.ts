import { readFileSync } from 'node:fs';
import { createSession, type Session } from '@gantry/openstack';
import { parse } from 'yaml';
import { dataFolder } from './data-folder.ts';

interface CloudsYaml {
  readonly clouds: Readonly<
    Record<
      string,
      { readonly auth: { auth_url: string; username: string; password: string; project_name: string } }
    >
  >;
}

/** A session by the `clouds.yaml` that `gantry up` wrote in its data folder. */
export function cloudSession(data: string, cloud: 'gantry' | 'gantry-admin' = 'gantry'): Session {
  const { clouds } = parse(readFileSync(dataFolder(data).cloudsYaml, 'utf8')) as CloudsYaml;
  const auth = clouds[cloud]?.auth;
  if (!auth) throw new Error(`${dataFolder(data).cloudsYaml} has no cloud ${cloud}`);
  return createSession({
    authUrl: auth.auth_url,
    credentials: {
      type: 'password',
      user: { name: auth.username, domainName: 'Default' },
      password: auth.password,
      scope: { project: { name: auth.project_name, domainName: 'Default' } },
    },
  });
}

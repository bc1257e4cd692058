import { stringify } from 'yaml';
import { writePrivate, type DataFolder } from './data-folder.ts';
import type { Secrets } from './secrets.ts';

/** Writes what OpenStack's clients read: `clouds.yaml` (clouds `gantry` and `gantry-admin`) and `openrc` (the member of project demo). */
export function writeClientFiles(folder: DataFolder, publicUrl: string, secrets: Secrets): void {
  const cloud = (user: 'demo' | 'admin', project: string): object => ({
    auth: {
      auth_url: `${publicUrl}/identity`,
      username: user,
      password: secrets.passwords[user],
      project_name: project,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: 'RegionOne',
    identity_api_version: 3,
  });
  const clouds = { clouds: { gantry: cloud('demo', 'demo'), 'gantry-admin': cloud('admin', 'admin') } };
  writePrivate(folder.cloudsYaml, stringify(clouds));
  const environment = {
    OS_AUTH_URL: `${publicUrl}/identity`,
    OS_USERNAME: 'demo',
    OS_PASSWORD: secrets.passwords.demo,
    OS_PROJECT_NAME: 'demo',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: 'RegionOne',
    OS_IDENTITY_API_VERSION: '3',
    OS_AUTH_TYPE: 'password',
  };
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}=${value}\n`);
  writePrivate(folder.openrc, lines.join(''));
}

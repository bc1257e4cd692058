import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { databases, password, serviceUrl } from './addresses.ts';
import { debianEnvironment } from './processes.ts';

const run = promisify(execFile);

/** An empty MariaDB below folder/state, if there is none yet. */
export async function makeDatabaseFolder(folder: string): Promise<void> {
  const datadir = join(folder, 'state/mariadb');
  if (existsSync(join(datadir, 'mysql'))) return;
  mkdirSync(datadir, { recursive: true });
  const options = [
    '--no-defaults',
    '--user=root',
    '--skip-test-db',
    '--auth-root-authentication-method=normal',
  ];
  await run('/usr/bin/mariadb-install-db', [...options, `--datadir=${datadir}`], {
    env: debianEnvironment(folder),
  });
}

/** Makes all tables, and Keystone's keys and first user; once for a folder. Three chains side by side: two cores. */
export async function makeSchemas(folder: string): Promise<void> {
  const done = join(folder, 'state/schemas-are-made');
  if (existsSync(done)) return;
  const etc = (service: string) => ['--config-file', join(folder, 'etc', service, `${service}.conf`)];
  const manage = async (command: string, ...args: string[]) =>
    await run(`/usr/bin/${command}`, args, { env: debianEnvironment(folder), cwd: '/', maxBuffer: 2 ** 26 });
  const root = ['--keystone-user', 'root', '--keystone-group', 'root'];

  const identity = async () => {
    await manage('keystone-manage', ...etc('keystone'), 'db_sync');
    await manage('keystone-manage', ...etc('keystone'), 'fernet_setup', ...root);
    await manage('keystone-manage', ...etc('keystone'), 'credential_setup', ...root);
    const urls = ['public', 'internal', 'admin'].flatMap((name) => [
      `--bootstrap-${name}-url`,
      `${serviceUrl.keystone}/v3`,
    ]);
    const region = ['--bootstrap-region-id', 'RegionOne'];
    await manage(
      'keystone-manage',
      ...etc('keystone'),
      'bootstrap',
      '--bootstrap-password',
      password,
      ...region,
      ...urls,
    );
    await manage('magnum-db-manage', ...etc('magnum'), 'upgrade');
    await manage('heat-manage', ...etc('heat'), 'db_sync');
  };
  const compute = async () => {
    await manage('nova-manage', ...etc('nova'), 'api_db', 'sync');
    await manage(
      'nova-manage',
      ...etc('nova'),
      'cell_v2',
      'map_cell0',
      '--database_connection',
      databases.nova_cell0,
    );
    const cells = await manage('nova-manage', ...etc('nova'), 'cell_v2', 'list_cells');
    if (!cells.stdout.includes('cell1'))
      await manage('nova-manage', ...etc('nova'), 'cell_v2', 'create_cell', '--name', 'cell1');
    await manage('nova-manage', ...etc('nova'), 'db', 'sync');
  };
  const network = async () => {
    const ml2 = ['--config-file', join(folder, 'etc/neutron/ml2.ini')];
    await manage('neutron-db-manage', ...etc('neutron'), ...ml2, 'upgrade', 'heads');
    await manage('glance-manage', '--config-file', join(folder, 'etc/glance/glance-api.conf'), 'db_sync');
    await manage('placement-manage', ...etc('placement'), 'db', 'sync');
  };
  await Promise.all([identity(), compute(), network()]);
  writeFileSync(done, '');
}

/** Nova schedules only to hosts that are mapped to a cell; nova-compute is one some seconds after its start. */
export async function mapHosts(folder: string): Promise<boolean> {
  const config = ['--config-file', join(folder, 'etc/nova/nova.conf')];
  const nova = async (...args: string[]) =>
    (await run('/usr/bin/nova-manage', [...config, 'cell_v2', ...args], { env: debianEnvironment(folder) }))
      .stdout;
  await nova('discover_hosts');
  return (await nova('list_hosts')).includes('cell1');
}

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '@gantry/magnum';
import { costsContract } from '../../packages/magnum/src/api/testing/costs-contract.ts';
import { storeContract, type DatabaseInTest } from '../../packages/magnum/src/store/contract.ts';
import { racesContract } from '../../packages/magnum/src/store/contract-races.ts';
import { exampleCluster, exampleTemplate } from '../../packages/magnum/src/store/example-rows.ts';
import { startMariadb, startPostgres, type DatabaseServer } from './database-servers.ts';

const run = promisify(execFile);

describe('MariaDB, on tables that the original made', () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMariadb();
    // As OpenStack's installation guides have it: text of three bytes a character.
    await server.sql('create database magnum character set utf8');
    await originalUpgrade(server.url('magnum'));
  });
  afterAll(() => server?.stop());

  contracts(() => server);

  test('the original’s own tables stay as they were, but for indexes', async () => {
    const columns = `select group_concat(column_name order by ordinal_position) from information_schema.columns
      where table_schema = '%' and table_name in ('cluster', 'cluster_template', 'nodegroup') group by table_name`;
    await server.sql('create database untouched character set utf8');
    await originalUpgrade(server.url('untouched'));
    expect(await server.sql(columns.replace('%', 'magnum'))).toBe(
      await server.sql(columns.replace('%', 'untouched')),
    );
  });

  test('an empty database becomes one that the original can take over, up to its last release with Heat', async () => {
    await server.sql('create database empty');
    await (await openStore({ url: server.url('empty') })).close();
    await (await openStore({ url: server.url('empty') })).close();
    expect((await server.sql('select version_num from alembic_version', 'empty')).trim()).toBe(
      'c0f832afc4fd',
    );
  });

  test('a character that the database’s "utf8" has no room for is refused by the name of its field', async () => {
    const store = await openStore({ url: server.url('magnum') });
    const emoji = store.clusters.insert(exampleCluster({ name: '\u{1f600}' }));
    await expect(emoji).rejects.toThrow(/attribute name: .*character/);
    await store.close();
  });

  survivesCrash(() => server);

  test('a user who may not make tables is told what to grant', async () => {
    await server.sql(
      `create database guarded; create user poor@'%' identified by 'x'; grant select on guarded.* to poor@'%'`,
    );
    const url = `mysql://poor:x@127.0.0.1:${server.port}/guarded`;
    await expect(openStore({ url })).rejects.toThrow(/may not make them.*grant it CREATE/);
  });
});

describe('PostgreSQL', () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startPostgres();
    await server.sql('create database magnum');
  });
  afterAll(() => server?.stop());

  contracts(() => server);
  survivesCrash(() => server);
});

function contracts(server: () => DatabaseServer): void {
  const tables = 'cluster cluster_template nodegroup x509keypair magnum_service quotas'.split(' ');
  const ours = 'operation event condition lock extra'.split(' ').map((name) => `gantry_${name}`);
  const database = (): DatabaseInTest => ({
    url: server().url('magnum'),
    shared: true,
    async empty() {
      await (await openStore({ url: server().url('magnum') })).close();
      await server().sql([...tables, ...ours].map((table) => `delete from ${table};`).join(' '), 'magnum');
    },
  });
  storeContract('rows', database);
  racesContract('many at once', database);
  costsContract('what requests cost', database);

  test('many processes that start at once on an empty database make its tables together', async () => {
    await server().sql('create database fresh');
    const url = server().url('fresh');
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore({ url })));
    for (const store of stores) {
      expect(await store.services.list()).toEqual([]);
      await store.close();
    }
  });
}

function survivesCrash(server: () => DatabaseServer): void {
  test('a crash of the server is not seen by those who ask afterwards, and nothing that was told is lost', async () => {
    const store = await openStore({ url: server().url('magnum') });
    const [row] = await Promise.all([
      store.templates.insert(exampleTemplate({ uuid: '99999999-0000-4000-8000-000000000001' })),
      ...Array.from({ length: 5 }, () => store.services.list()),
    ]);
    await server().crash();
    expect(await store.templates.get(row.uuid)).toEqual(row);
    expect(await store.transaction((inner) => inner.templates.destroy(row.uuid))).toBe(true);
    await store.close();
  });
}

async function originalUpgrade(url: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-magnum-conf-'));
  const file = join(folder, 'magnum.conf');
  writeFileSync(file, `[database]\nconnection = ${url}\n`);
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', HOME: folder };
  await run('magnum-db-manage', ['--config-file', file, 'upgrade'], { env, cwd: folder });
  rmSync(folder, { recursive: true });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { storeContract } from './contract.ts';
import { racesContract } from './contract-races.ts';
import { exampleCluster } from './example-rows.ts';
import { openStore } from './open-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
let file = '';
const sqlite = () => ({
  url: `sqlite:///${file}`,
  shared: false,
  async empty() {
    file = join(folder, `${(count += 1)}.sqlite`);
  },
});

storeContract('SQLite', sqlite);
racesContract('SQLite, many at once', sqlite);

test('a file of SQLite has the original’s format, and one of another layout is left alone', async () => {
  const path = join(folder, 'magnum.db');
  const url = `sqlite:///${path}`;
  const store = await openStore({ url, now: () => new Date('2030-01-01T00:00:00.250Z') });
  await store.clusters.insert(exampleCluster({ labels: { a: 'Ω' }, floating_ip_enabled: false }));
  await store.close();
  const raw = new DatabaseSync(path);
  expect(raw.prepare('select created_at, labels, floating_ip_enabled from cluster').get()).toEqual({
    created_at: '2030-01-01 00:00:00.000000',
    labels: '{"a":"Ω"}',
    floating_ip_enabled: 0,
  });
  raw.exec('PRAGMA user_version = 99');
  raw.close();
  await expect(openStore({ url })).rejects.toThrow(/layout 99.*use the gantry that made it/);
});

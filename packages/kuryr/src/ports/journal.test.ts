import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { openJournal } from './journal.ts';
import type { SubnetRecord } from './records.ts';

function subnet(id: string): SubnetRecord {
  return { id, neutronId: 'n', cidr: '10.0.0.0/24', gateway: undefined, routes: [], seen: 1 };
}

test('what was written is there after a restart, in the order in which it came', () => {
  const dir = temporaryFolder();
  const first = openJournal(dir);
  for (const id of ['a', 'b', 'c']) first.subnets.put(subnet(id));
  first.subnets.put({ ...subnet('a'), gateway: '10.0.0.1' });
  first.subnets.remove('b');
  first.close();
  const second = openJournal(dir);
  expect(second.subnets.all().map(({ id, gateway }) => [id, gateway])).toEqual([
    ['a', '10.0.0.1'],
    ['c', undefined],
  ]);
  second.close();
  expect(statSync(join(dir, 'kuryr.db')).mode & 0o777).toBe(0o600);
});

test('changes made together are undone together', () => {
  const journal = openJournal(temporaryFolder());
  journal.subnets.put(subnet('a'));
  const work = (): void => {
    journal.subnets.put(subnet('b'));
    journal.subnets.remove('a');
    throw new Error('no');
  };
  expect(() => journal.together(work)).toThrow('no');
  expect(journal.subnets.all().map(({ id }) => id)).toEqual(['a']);
  journal.close();
});

test('two processes cannot have one journal', () => {
  const dir = temporaryFolder();
  const first = openJournal(dir);
  expect(() => openJournal(dir)).toThrow(/another process uses .*kuryr\.db: stop it/);
  first.close();
});

test.each([
  ['rubbish', 'not a database at all, but long enough to be taken for one'.repeat(100)],
  ['a torn header', 'SQLite format 3'],
])('%s is refused, with what to do', (_, text) => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'kuryr.db'), text);
  expect(() => openJournal(dir)).toThrow(/kuryr\.db is damaged.*move it away/);
});

test('a journal of another version is refused, not converted', () => {
  const dir = temporaryFolder();
  const db = new DatabaseSync(join(dir, 'kuryr.db'));
  db.exec('PRAGMA user_version = 7');
  db.close();
  expect(() => openJournal(dir)).toThrow(/another version of Kuryr \(7\)/);
});

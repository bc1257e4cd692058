import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from './store.ts';

interface Port {
  readonly id: string;
  readonly network: string;
  readonly tags: readonly string[];
}

const indexes = { network: (port: Port) => port.network, tag: (port: Port) => port.tags };

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'store-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function ports(store: Store) {
  return store.table<Port>('network/ports', indexes);
}

describe.each([
  ['in memory', () => undefined],
  ['in a file', () => join(folder, 'cloud.sqlite')],
])('the store %s', (_name, file) => {
  it('finds rows by id and by index, in the order in which they were first put', () => {
    const table = ports(openStore(file()));
    table.put({ id: 'b', network: 'n1', tags: ['x', 'y'] });
    table.put({ id: 'a', network: 'n1', tags: ['y'] });
    table.put({ id: 'b', network: 'n2', tags: ['y'] });
    expect(table.all().map((row) => row.id)).toEqual(['b', 'a']);
    expect(table.by('network', 'n1').map((row) => row.id)).toEqual(['a']);
    expect(table.by('tag', 'x')).toEqual([]);
    expect(table.by('tag', 'y')).toHaveLength(2);
    expect(table.delete('b')).toBe(true);
    expect(table.delete('b')).toBe(false);
    expect(table.by('network', 'n2')).toEqual([]);
  });

  it('takes back every change of a transaction that fails', () => {
    const store = openStore(file());
    const table = ports(store);
    table.put({ id: 'a', network: 'n1', tags: [] });
    table.put({ id: 'b', network: 'n1', tags: [] });
    expect(() =>
      store.transaction(() => {
        table.delete('a');
        table.put({ id: 'b', network: 'n2', tags: [] });
        store.transaction(() => table.put({ id: 'c', network: 'n2', tags: [] }));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(table.get('a')?.network).toBe('n1');
    expect(
      table
        .by('network', 'n1')
        .map((row) => row.id)
        .toSorted(),
    ).toEqual(['a', 'b']);
    expect(table.by('network', 'n2')).toEqual([]);
    expect(table.get('c')).toBeUndefined();
  });
});

describe('a state file', () => {
  const path = (): string => join(folder, 'cloud.sqlite');

  it('has at the next start what was put, in the same order, and nothing of a failed transaction', () => {
    const first = openStore(path());
    ports(first).put({ id: 'b', network: 'n1', tags: [] });
    ports(first).put({ id: 'a', network: 'n1', tags: ['t'] });
    ports(first).put({ id: 'b', network: 'n2', tags: [] });
    expect(() =>
      first.transaction(() => {
        ports(first).delete('a');
        throw new Error('no');
      }),
    ).toThrow();
    first.close();
    const second = openStore(path());
    expect(ports(second).all()).toEqual([
      { id: 'b', network: 'n2', tags: [] },
      { id: 'a', network: 'n1', tags: ['t'] },
    ]);
    expect(ports(second).by('tag', 't')).toHaveLength(1);
    second.close();
  });

  it('is refused, unchanged and with advice, when it is damaged, of another layout, or in use', () => {
    writeFileSync(
      path(),
      'not a database at all, but long enough to look like a file of some kind'.repeat(40),
    );
    expect(() => openStore(path())).toThrow(/cloud.sqlite: damaged .*nothing was changed/);
    rmSync(path());

    const other = new DatabaseSync(path());
    other.exec('PRAGMA user_version = 7');
    other.close();
    expect(() => openStore(path())).toThrow(/has layout 7, and this gantry reads layout 1/);
    rmSync(path());

    const first = openStore(path());
    ports(first).put({ id: 'a', network: 'n', tags: [] });
    expect(() => openStore(path())).toThrow(/another gantry is using it/);
    first.close();
  });

  it('says what is wrong when a row in it is not JSON', () => {
    const store = openStore(path());
    ports(store).put({ id: 'a', network: 'n', tags: [] });
    store.close();
    const raw = new DatabaseSync(path());
    raw.exec(`UPDATE rows SET body = '{'`);
    raw.close();
    expect(() => ports(openStore(path()))).toThrow(
      /a row of network\/ports is not JSON: the file is damaged/,
    );
  });
});

import { DatabaseSync } from 'node:sqlite';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Chore, NetworkRecord, PoolRecord, PortRecord, SubnetRecord } from './records.ts';

/** Records of one kind by id: read from memory, written through to disk. Records are never changed in place. */
export interface Book<T extends { readonly id: string }> {
  get(id: string): T | undefined;
  /** Oldest first. */
  all(): T[];
  find(test: (record: T) => boolean): T | undefined;
  put(record: T): void;
  remove(id: string): void;
}

/**
 * What this driver must not forget: what it promised Docker, and what it still owes Neutron. Written before the call
 * that it is about, so that a killed process finds what it left behind. Were it lost, names and tags in Neutron still
 * say enough to serve running containers.
 */
export interface Journal {
  readonly pools: Book<PoolRecord>;
  readonly networks: Book<NetworkRecord>;
  readonly subnets: Book<SubnetRecord>;
  readonly ports: Book<PortRecord>;
  readonly chores: Book<Chore>;
  /** Single facts by name. */
  readonly facts: Book<{ readonly id: string; readonly value: string }>;
  /** All changes of `work` reach the disk, or none of them. `work` must not await. */
  together(work: () => void): void;
  close(): void;
}

/** The journal can't be used; the message says what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

const VERSION = 1;

/**
 * Opens `<dir>/kuryr.db`, for one process at a time.
 *
 * @throws JournalError if another process has it, it is damaged, or of another version
 */
export function openJournal(dir: string): Journal {
  const path = join(dir, 'kuryr.db');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(path);
    try {
      return journalIn(db, path);
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw error instanceof JournalError ? error : new JournalError(reason(error, path), { cause: error });
  }
}

function journalIn(db: DatabaseSync, path: string): Journal {
  // The lock is the kernel's: it ends with the process, however that ends.
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version !== 0 && version !== VERSION) {
    throw new JournalError(
      `${path} was written by another version of Kuryr (${version}): start that one, or move it away`,
    );
  }
  db.exec(
    `BEGIN IMMEDIATE; PRAGMA user_version = ${VERSION};
     CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id));
     COMMIT`,
  );
  chmodSync(path, 0o600);
  const upsert = db.prepare(
    'INSERT INTO records (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body',
  );
  const remove = db.prepare('DELETE FROM records WHERE kind = ? AND id = ?');
  const loads: (() => void)[] = [];

  function book<T extends { readonly id: string }>(kind: string): Book<T> {
    const records = new Map<string, T>();
    function load(): void {
      records.clear();
      for (const row of db.prepare('SELECT body FROM records WHERE kind = ? ORDER BY seq').all(kind)) {
        const record = JSON.parse(String(row['body'])) as T;
        records.set(record.id, record);
      }
    }
    loads.push(load);
    load();
    return {
      get: (id) => records.get(id),
      all: () => [...records.values()],
      find(test) {
        for (const record of records.values()) if (test(record)) return record;
        return undefined;
      },
      put(record) {
        upsert.run(kind, record.id, JSON.stringify(record));
        records.set(record.id, record);
      },
      remove(id) {
        if (!records.has(id)) return;
        remove.run(kind, id);
        records.delete(id);
      },
    };
  }

  return {
    pools: book('pool'),
    networks: book('network'),
    subnets: book('subnet'),
    ports: book('port'),
    chores: book('chore'),
    facts: book('fact'),
    together(work) {
      db.exec('BEGIN');
      try {
        work();
        db.exec('COMMIT');
      } catch (error) {
        // A full disk may have ended the transaction already.
        if (db.isTransaction) db.exec('ROLLBACK');
        for (const load of loads) load();
        throw error;
      }
    },
    close: () => db.close(),
  };
}

function reason(error: unknown, path: string): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/locked|busy/.test(text))
    return `another process uses ${path}: stop it, or give this one another folder`;
  if (/not a database|malformed|Unexpected|JSON/.test(text)) {
    return `${path} is damaged (${text}): move it away and start again; Kuryr finds its ports again in Neutron`;
  }
  return `can't use ${path}: ${text}`;
}

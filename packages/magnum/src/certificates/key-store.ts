import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../store/store.ts';

/** A certificate with its key. */
export interface KeyPair {
  /** PEM */
  readonly certificate: string;
  /** PEM, PKCS#8, encrypted. */
  readonly privateKey: string;
  readonly passphrase: string | null;
}

export interface Owner {
  readonly project_id: string;
  readonly user_id: string;
}

/** Where certificates and keys are kept. `[certificates] cert_manager_type` chooses. */
export interface KeyStore {
  /**
   * @param store the transaction in which the reference is written, so that both happen or neither
   * @returns the reference by which {@link get} finds it
   */
  put(pair: KeyPair, owner: Owner, store: Store): Promise<string>;
  get(ref: string, store: Store): Promise<KeyPair | undefined>;
  /** Can be called again. */
  delete(ref: string, store: Store): Promise<void>;
}

/** The table `x509keypair`. */
export function databaseKeyStore(uuid: () => string = randomUUID): KeyStore {
  return {
    async put(pair, owner, store) {
      const row = await store.keypairs.insert({
        uuid: uuid(),
        certificate: pair.certificate,
        private_key: pair.privateKey,
        private_key_passphrase: pair.passphrase,
        intermediates: null,
        project_id: owner.project_id,
        user_id: owner.user_id,
      });
      return row.uuid;
    },
    async get(ref, store) {
      const row = await store.keypairs.get(ref);
      return (
        row && {
          certificate: row.certificate,
          privateKey: row.private_key,
          passphrase: row.private_key_passphrase,
        }
      );
    },
    async delete(ref, store) {
      await store.keypairs.destroy(ref);
    },
  };
}

const REFERENCE = /^[\w-]+$/;

/** Files `<uuid>.crt`, `.key` and `.pass` in a folder, as the original's back end `local` has them. For trying out. */
export function localKeyStore(folder: string, uuid: () => string = randomUUID): KeyStore {
  const path = (ref: string, suffix: string): string => {
    if (!REFERENCE.test(ref)) throw new Error(`${ref} is no reference of a locally stored certificate`);
    return join(folder, ref + suffix);
  };
  return {
    async put(pair) {
      const ref = uuid();
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(path(ref, '.crt'), pair.certificate, { mode: 0o600 });
      await writeFile(path(ref, '.key'), pair.privateKey, { mode: 0o600 });
      if (pair.passphrase !== null) await writeFile(path(ref, '.pass'), pair.passphrase, { mode: 0o600 });
      return ref;
    },
    async get(ref) {
      const [certificate, privateKey, passphrase] = await Promise.all(
        ['.crt', '.key', '.pass'].map((suffix) => readIfThere(path(ref, suffix))),
      );
      if (certificate === undefined || privateKey === undefined) return undefined;
      return { certificate, privateKey, passphrase: passphrase ?? null };
    },
    async delete(ref) {
      for (const suffix of ['.crt', '.key', '.pass', '.int']) await rm(path(ref, suffix), { force: true });
    },
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

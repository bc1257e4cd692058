import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** Keeps a secret unreadable while it waits in the database. */
export interface Sealer {
  seal(secret: string): string;
  /** @throws SealBroken if it was sealed with another key, for another purpose, or was changed */
  open(sealed: string): string;
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken';

  constructor() {
    super('a sealed secret can not be opened: it was sealed with another key, or was changed');
  }
}

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * AES-256-GCM.
 *
 * @param key 32 bytes
 * @param purpose what is sealed for one can't be opened for another
 */
export function createSealer(key: Uint8Array, purpose: string): Sealer {
  if (key.length !== KEY_BYTES) throw new Error(`a sealing key has ${KEY_BYTES} bytes, not ${key.length}`);
  return {
    seal(secret) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return `${VERSION}:${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
    },
    open(sealed) {
      const [version, text = ''] = sealed.split(':');
      const bytes = Buffer.from(text, 'base64');
      if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken();
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(purpose));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        const body = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([body, decipher.final()]).toString('utf8');
      } catch {
        throw new SealBroken();
      }
    },
  };
}

/**
 * Reads the key from a file, or makes the file (readable by its owner only) with a random one. API and conductors
 * need the same key.
 *
 * @throws Error if the file holds something else
 */
export function loadSealingKey(path: string): Uint8Array {
  try {
    writeFileSync(path, randomBytes(KEY_BYTES).toString('base64'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = Buffer.from(readFileSync(path, 'utf8'), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new Error(
    `${path} holds no key of ${KEY_BYTES} bytes in base64: put the right one there, or remove it`,
  );
}

/**
 * A key made from a secret that API and conductors of a cloud share anyway: the password of Magnum's own user. When
 * that is changed, what was sealed before can't be opened any more, which is what orders of that moment wait for.
 * Source: RFC 5869.
 */
export function derivedSealingKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, 'gantry', 'sealing of tokens', KEY_BYTES));
}

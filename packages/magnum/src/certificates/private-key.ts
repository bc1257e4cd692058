import { createPrivateKey, generateKeyPair, randomBytes, webcrypto, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** A private key as it is stored: PEM, PKCS#8, encrypted, with what opens it. OpenSSL reads and writes the same. */
export interface StoredKey {
  readonly pem: string;
  readonly passphrase: string;
}

const generate = promisify(generateKeyPair);

/** Characters of base32, in lower case, as the original's passphrases are made of. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const PASSPHRASE_LENGTH = 12;

/** A new RSA key with the exponent 65537. @param bits its size */
export async function createKey(bits: number): Promise<KeyObject> {
  const { privateKey } = await generate('rsa', { modulusLength: bits, publicExponent: 0x10001 });
  return privateKey;
}

export function storeKey(key: KeyObject): StoredKey {
  const passphrase = Array.from(randomBytes(PASSPHRASE_LENGTH), (byte) => ALPHABET[byte % 32]).join('');
  const pem = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
  return { pem, passphrase };
}

/** @throws Error if it can't be read */
export function openKey(pem: string, passphrase: string | null): KeyObject {
  return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === null ? {} : { passphrase }) });
}

export function unencrypted(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}

/** The key for signing with WebCrypto. */
export async function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

import { Buffer } from 'node:buffer';
import { createHash, generateKeyPair, X509Certificate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

const TYPES =
  /^(ssh-rsa|ssh-dss|ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)$/;

/**
 * The fingerprint of a public key in OpenSSH's format, as Nova gives it: MD5 of the key, in pairs of hex digits.
 *
 * @returns undefined if that is no public key
 */
export function sshFingerprint(publicKey: string): string | undefined {
  const [type = '', encoded = ''] = publicKey.trim().split(/\s+/);
  if (!TYPES.test(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const blob = Buffer.from(encoded, 'base64');
  // The key begins with its own type: what was cut off or pasted together is found out here.
  const inner = blob.length > 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() : '';
  return inner === type ? pairs(createHash('md5').update(blob).digest('hex')) : undefined;
}

/** As {@link sshFingerprint}, for a certificate: SHA-1 of its DER. */
export function certificateFingerprint(pem: string): string | undefined {
  try {
    return pairs(createHash('sha1').update(new X509Certificate(pem).raw).digest('hex'));
  } catch {
    return undefined;
  }
}

function pairs(hex: string): string {
  return (hex.match(/../g) ?? []).join(':');
}

/** A new RSA key pair of 2048 bits, as Nova makes them: the private key in PKCS#1 PEM. */
export async function generateSshKey(): Promise<{ privateKey: string; publicKey: string }> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
  return {
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }),
    publicKey: `ssh-rsa ${rsaBlob(publicKey).toString('base64')} Generated-by-Nova`,
  };
}

/** RFC 4253, section 6.6: the type, the exponent and the modulus, each with its length in front. */
function rsaBlob(key: KeyObject): Buffer {
  const { e = '', n = '' } = key.export({ format: 'jwk' });
  const parts = [Buffer.from('ssh-rsa'), mpint(e), mpint(n)];
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

/** A number whose first bit is set would be negative: a zero byte goes in front. */
function mpint(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

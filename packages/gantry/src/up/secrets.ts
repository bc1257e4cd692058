import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../cli/exit.ts';
import { reason, writePrivate } from './data-folder.ts';

/** Users of the embedded cloud that have a password. */
export const USERS = [
  ...['admin', 'demo', 'glance', 'nova', 'neutron', 'cinder', 'heat', 'magnum', 'kuryr'],
  ...['heat_domain_admin', 'trustee_domain_admin'],
] as const;

export interface Secrets {
  readonly passwords: Readonly<Record<(typeof USERS)[number], string>>;
  /** Key that seals what Magnum keeps of its callers: 32 bytes, base64. */
  readonly sealingKey: string;
}

/** Reads the passwords of this cloud; at the first start it makes them, at random. */
export function loadSecrets(path: string): Secrets {
  if (existsSync(path)) {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Secrets;
    } catch (error) {
      throw new UserError(`${path}: not readable (${reason(error)}): put back a copy. Nothing was changed.`, {
        cause: error,
      });
    }
  }
  const passwords = Object.fromEntries(USERS.map((user) => [user, randomBytes(15).toString('base64url')]));
  const secrets = { passwords, sealingKey: randomBytes(32).toString('base64') } as Secrets;
  writePrivate(path, `${JSON.stringify(secrets, undefined, 2)}\n`);
  return secrets;
}

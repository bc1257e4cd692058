import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { UserError } from '../cli/exit.ts';
import { readOwn, writePrivate } from './data-folder.ts';

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

/**
 * Reads the passwords of this cloud; at the first start it makes them, at random.
 *
 * @throws UserError if they are damaged: new ones would not open what the old ones have closed
 */
export function loadSecrets(path: string): Secrets {
  if (existsSync(path)) return readSecrets(path);
  const passwords = Object.fromEntries(USERS.map((user) => [user, randomBytes(15).toString('base64url')]));
  const secrets = { passwords, sealingKey: randomBytes(32).toString('base64') } as Secrets;
  writePrivate(path, `${JSON.stringify(secrets, undefined, 2)}\n`);
  return secrets;
}

/** @throws UserError if there are none, or damaged ones */
export function readSecrets(path: string): Secrets {
  const { passwords, sealingKey } = readOwn(path);
  const known = new Map(
    typeof passwords === 'object' && passwords !== null ? Object.entries<unknown>({ ...passwords }) : [],
  );
  const lacking: string[] = USERS.filter(
    (user) => typeof known.get(user) !== 'string' || known.get(user) === '',
  );
  if (typeof sealingKey !== 'string' || Buffer.from(sealingKey, 'base64').length !== 32)
    lacking.push('sealingKey');
  if (lacking.length > 0) {
    throw new UserError(
      `${path}: damaged: it lacks ${lacking.join(', ')}: put back a copy. Nothing was changed.`,
    );
  }
  return { passwords: Object.fromEntries(known), sealingKey } as Secrets;
}

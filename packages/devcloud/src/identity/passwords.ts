import { createHmac, randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';

/** A few milliseconds of one core and 2 MB a hash: simple clients log in anew for each request. */
const COST = { N: 2048, r: 8, p: 1 } as const;
const KEY_BYTES = 32;
const REMEMBER_MS = 5 * 60_000;
const REMEMBER_MOST = 1000;

/** Checks passwords and other secrets that people choose, and remembers the good ones for a while. */
export interface Passwords {
  /**
   * Says whether `password` is the one `hash` was made of. An undefined hash takes as long and is never
   * right, so that the time of an answer does not tell which users there are.
   */
  matches(password: string, hash: string | undefined): Promise<boolean>;
}

export function makePasswords(now: () => Date): Passwords {
  const key = randomBytes(32);
  const nobody = hashPassword(randomBytes(16).toString('hex'));
  /** HMAC of hash and password, with the time until which it is known to be right. */
  const known = new Map<string, number>();

  return {
    async matches(password, hash) {
      const mark = createHmac('sha256', key).update(`${hash}\0${password}`).digest('base64');
      const until = known.get(mark);
      if (until !== undefined && until > now().getTime()) return true;
      known.delete(mark);
      const right = await verify(password, hash ?? nobody);
      if (!right || hash === undefined) return false;
      for (const oldest of known.keys()) {
        if (known.size < REMEMBER_MOST) break;
        known.delete(oldest);
      }
      known.set(mark, now().getTime() + REMEMBER_MS);
      return true;
    },
  };
}

/** A salted scrypt hash with its parameters: `scrypt$N$r$p$salt$key`, the last two in base64. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, KEY_BYTES, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), key.toString('base64')].join('$');
}

function verify(password: string, hash: string): Promise<boolean> {
  const [, cost, blockSize, parallel, salt = '', key = ''] = hash.split('$');
  const expected = Buffer.from(key, 'base64');
  const parameters = { N: Number(cost), r: Number(blockSize), p: Number(parallel) };
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'base64'), expected.length, parameters, (error, actual) => {
      if (error) reject(error);
      else resolve(timingSafeEqual(actual, expected));
    });
  });
}

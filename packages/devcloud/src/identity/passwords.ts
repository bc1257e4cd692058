import { createHmac, randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';

/** A few milliseconds of one core and 2 MB a hash: simple clients log in anew for each request. */
const COST = { N: 2048, r: 8, p: 1 } as const;
/** A password that a program made of random bytes can't be guessed, however fast one guess is. */
const COST_OF_RANDOM = { N: 2, r: 8, p: 1 } as const;
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
  let nobody: string | undefined;
  /** HMAC of hash and password, with the time until which it is known to be right. */
  const known = new Map<string, number>();

  return {
    async matches(password, hash) {
      const mark = createHmac('sha256', key).update(`${hash}\0${password}`).digest('base64');
      const until = known.get(mark);
      if (until !== undefined && until > now().getTime()) return true;
      known.delete(mark);
      nobody ??= hashPassword(randomBytes(16).toString('hex'));
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

/**
 * A salted scrypt hash with its parameters: `scrypt$N$r$p$salt$key`, the last two in base64.
 *
 * @param madeBy whether somebody may have chosen the password, or it has 100 and more random bits
 */
export function hashPassword(password: string, madeBy: 'people' | 'chance' = 'people'): string {
  const cost = madeBy === 'chance' ? COST_OF_RANDOM : COST;
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, KEY_BYTES, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$');
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

import { hash } from 'node:crypto';
import { identityClient, isNotFound, OpenStackError, type Session } from '@gantry/openstack';
import { contextOf, type RequestContext } from './request-context.ts';

export interface TokenCheckOptions {
  /** With the service's own credentials, which may look at others' tokens. */
  readonly session: Session;
  /** Seconds for which an answer of Keystone's is believed; 0 or less: never. `[keystone_authtoken] token_cache_time` */
  readonly cacheSeconds: number;
  readonly now?: () => number;
}

/** Tells who holds a token. */
export interface TokenCheck {
  /**
   * @param options.expired whether it may have expired lately
   * @returns undefined if the token is unknown, expired or revoked
   * @throws KeystoneUnavailable if Keystone can't be asked
   */
  check(token: string, options?: { readonly expired?: boolean }): Promise<RequestContext | undefined>;
}

/** Keystone didn't answer, or refused the service itself. */
export class KeystoneUnavailable extends Error {
  override readonly name = 'KeystoneUnavailable';
}

interface Entry {
  /** Undefined: not valid. */
  readonly context: RequestContext | undefined;
  readonly until: number;
}

/** Tokens remembered, so that a flood of new ones doesn't fill the memory. */
const MAX_ENTRIES = 10_000;

/** Longer ones are no token of any Keystone, and aren't asked about. */
const MAX_TOKEN_LENGTH = 8192;

/** Checks tokens with Keystone: each once in the cache's time, whoever else asks meanwhile waits for the same answer. */
export function createTokenCheck(options: TokenCheckOptions): TokenCheck {
  const identity = identityClient(options.session);
  const now = options.now ?? Date.now;
  const known = new Map<string, Entry>();
  const asking = new Map<string, Promise<RequestContext | undefined>>();

  async function ask(token: string, expired: boolean): Promise<RequestContext | undefined> {
    try {
      const context = contextOf(token, await identity.validate(token, { expired }));
      return expired || context.tokenExpiresAt > now() ? context : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      const why = error instanceof OpenStackError ? error.message : String(error);
      throw new KeystoneUnavailable(`the token can't be checked: ${why}`, { cause: error });
    }
  }

  function remember(key: string, context: RequestContext | undefined, expired: boolean): void {
    const time = now() + options.cacheSeconds * 1000;
    const until = context && !expired ? Math.min(time, context.tokenExpiresAt) : time;
    if (until <= now()) return;
    const [oldest] = known.keys();
    if (known.size >= MAX_ENTRIES && oldest !== undefined) known.delete(oldest);
    known.set(key, { context, until });
  }

  return {
    async check(token, { expired = false } = {}) {
      if (token === '' || token.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(token)) return undefined;
      // The cache holds no token that could be used.
      const key = hash('sha256', token, 'base64') + (expired ? ' expired' : '');
      const entry = known.get(key);
      if (entry && entry.until > now()) return entry.context && { ...entry.context, token };
      if (entry) known.delete(key);
      let pending = asking.get(key);
      if (!pending) {
        pending = ask(token, expired).finally(() => asking.delete(key));
        asking.set(key, pending);
        const context = await pending;
        remember(key, context && { ...context, token: '' }, expired);
        return context;
      }
      return pending;
    },
  };
}

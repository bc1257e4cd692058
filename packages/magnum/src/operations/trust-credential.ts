import { randomInt } from 'node:crypto';
import {
  identityClient,
  isConflict,
  OpenStackError,
  orUndefined,
  type IdentityClient,
  type Reference,
} from '@gantry/openstack';
import type { Cluster } from '../store/rows.ts';
import { isLockedOut } from './as-owner.ts';
import { callerSession } from './caller-session.ts';
import { OperationFailure } from './failures.ts';
import type { CredentialStrategy, StepContext } from './verb.ts';

export interface TrustOptions {
  /** Where trustees live, by `id` or `name`. `[trust] trustee_domain_id/_name` */
  readonly domain: Reference;
  /** Roles to delegate; empty: all that the caller's token has. `[trust] roles` */
  readonly roles: readonly string[];
}

/**
 * A user of the cluster's own in the trustees' domain, and a trust by which the caller delegates to it. Names as
 * the original's. Source: Identity API v3, OS-TRUST.
 */
export function trustCredential(options: TrustOptions): CredentialStrategy {
  return {
    async obtain(context) {
      const cluster = await ownCluster(context);
      if (cluster.trust_id === null) {
        const trusteeId = await ensureTrustee(context, cluster, options);
        const trustId = await ensureTrust(context, cluster, trusteeId, options.roles);
        await context.store.clusters.update(cluster.uuid, { trust_id: trustId });
      }
    },
    async discard(context) {
      const cluster = await context.store.clusters.get(context.operation.cluster_uuid);
      if (!cluster) return;
      await removeTrust(context, cluster);
      await removeTrustee(context, cluster, options);
      await context.store.clusters.update(cluster.uuid, {
        trust_id: null,
        trustee_user_id: null,
        trustee_username: null,
        trustee_password: null,
      });
    },
  };
}

async function ownCluster(context: StepContext): Promise<Cluster> {
  const cluster = await context.store.clusters.get(context.operation.cluster_uuid);
  if (cluster) return cluster;
  throw new OperationFailure('the cluster is not in the database any more', 'Create it again.');
}

async function ensureTrustee(context: StepContext, cluster: Cluster, options: TrustOptions): Promise<string> {
  if (cluster.trustee_user_id !== null) return cluster.trustee_user_id;
  const identity = trusteeIdentity(context);
  const name = `${cluster.uuid}_${cluster.project_id}`;
  // Written down first: a user whose making nobody lived to write down is found by this name.
  const password = cluster.trustee_password ?? randomPassword();
  await context.store.clusters.update(cluster.uuid, { trustee_username: name, trustee_password: password });
  const domain_id = await domainId(context, identity, options.domain);
  const { signal } = context;
  let user;
  try {
    user = await identity.users.create({ name, password, domain_id, enabled: true }, signal);
  } catch (error) {
    const [made] = isConflict(error) ? await identity.users.list({ name, domain_id }, signal) : [];
    if (!made) throw error;
    user = await identity.users.update(made.id, { password }, { signal });
  }
  await context.store.clusters.update(cluster.uuid, { trustee_user_id: user.id });
  return user.id;
}

async function ensureTrust(
  context: StepContext,
  cluster: Cluster,
  trusteeId: string,
  configured: readonly string[],
): Promise<string> {
  const { caller } = context.operation;
  const session = callerSession(context);
  if (!session) {
    throw new OperationFailure(
      'the token the cluster was ordered with is not known any more',
      'Delete the cluster and create it again.',
    );
  }
  const identity = identityClient(session);
  try {
    const existing = await identity.trusts.list({ trustor_user_id: caller.user_id }, context.signal);
    const made = existing.find((trust) => trust.trustee_user_id === trusteeId);
    if (made) return made.id;
    const roles = configured.length > 0 ? configured : caller.roles;
    const trust = await identity.trusts.create(
      {
        trustor_user_id: caller.user_id,
        trustee_user_id: trusteeId,
        project_id: cluster.project_id,
        impersonation: true,
        roles: roles.map((name) => ({ name })),
      },
      context.signal,
    );
    return trust.id;
  } catch (error) {
    throw explained(error, context);
  }
}

/** Keystone's refusals in words of what the user can do. */
function explained(error: unknown, context: StepContext): unknown {
  if (!(error instanceof OpenStackError) || error.transient || error.status >= 500) return error;
  const message = `Keystone did not let the cluster act for you (no trust): ${error.reason}`;
  if (error.status === 401) {
    const { token_expires_at } = context.operation.caller;
    return new OperationFailure(
      `the token the cluster was ordered with is not valid any more (it ended ${token_expires_at ?? 'early'})`,
      'Delete the cluster and create it again with a fresh token.',
      { cause: error },
    );
  }
  if (context.operation.caller.trust_id !== null) {
    return new OperationFailure(
      message,
      'A token that comes from a trust can not pass it on: use one of your own.',
      {
        cause: error,
      },
    );
  }
  return new OperationFailure(
    message,
    'If you use an application credential, make one with --unrestricted, or log in with your password. ' +
      'Otherwise ask the operator whether you have all roles named in [trust] roles.',
    { cause: error },
  );
}

/** Only its trustor may remove a trust, or whoever acts for them by it. */
async function removeTrust(context: StepContext, cluster: Cluster): Promise<void> {
  const { trust_id } = cluster;
  const owner = context.sessions.ofOwner(cluster);
  if (trust_id === null || !owner) return;
  try {
    await orUndefined(identityClient(owner).trusts.delete(trust_id, context.signal));
  } catch (error) {
    if (!isLockedOut(error)) throw error;
    // The trustor is gone, or the trustee. With the trustee goes the trust; try in our own name nevertheless.
    await orUndefined(
      identityClient(context.sessions.ofService()).trusts.delete(trust_id, context.signal),
    ).catch((refused: unknown) => {
      if (!isLockedOut(refused)) throw refused;
    });
  }
}

/** Looks for the user by name, too: it may have been made by somebody who didn't live to write it down. */
async function removeTrustee(context: StepContext, cluster: Cluster, options: TrustOptions): Promise<void> {
  const { trustee_user_id: id, trustee_username: name } = cluster;
  if (name === null && id === null) return;
  const identity = trusteeIdentity(context);
  const { signal } = context;
  const named = async (): Promise<string[]> => {
    if (name === null) return [];
    const domain_id = await domainId(context, identity, options.domain);
    return (await identity.users.list({ name, domain_id }, signal)).map((user) => user.id);
  };
  const remove = async (user: string): Promise<void> => {
    await orUndefined(identity.users.delete(user, signal));
  };
  if (id === null) {
    for (const user of await named()) await remove(user);
    return;
  }
  try {
    await remove(id);
  } catch (error) {
    // A domain's admin may delete its users, and of one that is gone Keystone can't tell whose it was.
    if (!isLockedOut(error) || name === null || (await named()).includes(id)) throw error;
  }
}

function trusteeIdentity(context: StepContext): IdentityClient {
  const session = context.sessions.ofTrusteeDomain();
  if (session) return identityClient(session);
  throw new OperationFailure(
    'magnum.conf names nobody who can make the users that clusters act by',
    'Have the operator set trustee_domain_name, trustee_domain_admin_name and trustee_domain_admin_password in [trust].',
  );
}

async function domainId(context: StepContext, identity: IdentityClient, domain: Reference): Promise<string> {
  if (domain.id !== undefined) return domain.id;
  // The token is scoped to that very domain, so it says its id; an admin of one domain may not list them all.
  const token = await context.sessions.ofTrusteeDomain()?.token();
  if (token?.body.domain) return token.body.domain.id;
  const [found] = await identity.domains.list({ name: domain.name }, context.signal);
  if (found) return found.id;
  throw new OperationFailure(
    `the domain ${domain.name} for users that clusters act by does not exist`,
    'Have the operator create it, or correct trustee_domain_name in [trust].',
  );
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function randomPassword(): string {
  return Array.from({ length: 32 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

import { randomBytes } from 'node:crypto';
import type { ResourceContext } from '../resource-type.ts';

/** Where the resource is found in the API, below the service's path. */
export function resourcePath(context: ResourceContext): string {
  const { stack } = context;
  return `/v1/${stack.projectId}/stacks/${stack.name}/${stack.id}/resources/${encodeURIComponent(context.name)}`;
}

/** The secret that lets whoever has it signal this one resource, and nothing else; made once. */
export function signalToken(context: ResourceContext): string {
  const known = context.row.data['token'];
  if (typeof known === 'string') return known;
  const token = randomBytes(32).toString('base64url');
  context.note('token', token);
  return token;
}

/** The address for a signal with a token in X-Auth-Token. Servers have to reach it. */
export function signalEndpoint(context: ResourceContext): string {
  return `${context.cloud.internalUrl}/orchestration${resourcePath(context)}/signal`;
}

/** The address that needs no token because nobody can guess it. */
export function signedSignalUrl(context: ResourceContext): string {
  return `${context.cloud.internalUrl}/orchestration/signal/${context.row.id}/${signalToken(context)}`;
}

/** The address under which a server reads what is to be deployed to it. */
export function signedMetadataUrl(context: ResourceContext): string {
  return `${context.cloud.internalUrl}/orchestration/metadata/${context.row.id}/${signalToken(context)}`;
}

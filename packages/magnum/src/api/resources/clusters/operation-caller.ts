import type { OperationCaller } from '../../../store/rows.ts';
import type { ApiRequest } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';

/**
 * In whose name an operation is ordered.
 *
 * @param project the one it is about
 * @param token whether the caller's token is kept, sealed, for what nobody else can do
 */
export function operationCaller(
  services: Pick<ApiServices, 'sealer'>,
  { context, requestId }: Pick<ApiRequest, 'context' | 'requestId'>,
  project: string,
  token: 'with its token' | 'without its token',
): OperationCaller {
  return {
    user_id: context.userId,
    project_id: context.projectId ?? project,
    user_domain_id: context.userDomainId,
    project_domain_id: context.projectDomainId ?? null,
    roles: context.roles,
    trust_id: context.trustId ?? null,
    sealed_token: token === 'with its token' ? services.sealer.seal(context.token) : null,
    token_expires_at: new Date(context.tokenExpiresAt).toISOString(),
    request_id: requestId,
  };
}

import { badRequest } from '../../../clusters/errors.ts';
import { refusal } from '../../../clusters/life-cycle.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { driverOf } from '../templates/cluster-type.ts';
import { oneCluster, visibleTo } from '../lookup.ts';
import { CREDENTIALS_SINCE } from '../../wire/microversion.ts';
import { enforce } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';

/** `/v1/credentials`: drivers whose clusters hold a credential of their user's replace it. None here do. */
export function credentialRoutes(services: ApiServices): Route[] {
  const { store, policies } = services;

  async function rotate({ context, params }: ApiRequest): Promise<ApiReply> {
    const cluster = await oneCluster(store, params['ident'] ?? '', visibleTo(context));
    enforce(policies, 'credential:rotate', context, cluster);
    const refused = refusal('resize', cluster.status);
    if (refused) throw refused;
    const [shown] = await store.clusters.withGroups([cluster]);
    const driver = driverOf(services.drivers, shown ?? { cluster, template: undefined });
    throw badRequest(`Credential rotation is not supported by driver ${driver.name}.`);
  }

  return [
    {
      method: 'PATCH',
      path: '/credentials/:ident',
      since: CREDENTIALS_SINCE,
      policies: ['credential:rotate'],
      summary: 'Replace the credential by which a cluster acts',
      responses: { 202: answers.accepted },
      handle: rotate,
    },
  ];
}

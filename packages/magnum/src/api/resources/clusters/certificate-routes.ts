import type { RequestContext } from '@gantry/oslo';
import { caTypeOf } from '../../../certificates/cluster-certificates.ts';
import { badRequest, clusterNotFound, invalidField, MagnumError } from '../../../clusters/errors.ts';
import { notSupported, refusal } from '../../../clusters/life-cycle.ts';
import type { Cluster } from '../../../store/rows.ts';
import * as answers from '../../wire/answer-schemas.ts';
import { driverOf } from '../templates/cluster-type.ts';
import { linksTo } from '../../wire/links.ts';
import { oneCluster, visibleBeyond } from '../lookup.ts';
import { orderChange } from './order-change.ts';
import { enforce, type AcrossProjects } from '../../policy/policies.ts';
import type { ApiReply, ApiRequest, Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { bodySchema, mandatoryText, readObject, readOnly, text, type Read } from '../../wire/wire-fields.ts';

const certificateFields = {
  cluster_uuid: text({ min: 1, max: 255 }),
  /** What it was called before. */
  bay_uuid: text({ min: 1, max: 255 }),
  links: readOnly(),
  csr: mandatoryText({ min: 1, max: 65_536 }),
  pem: readOnly(),
  ca_cert_type: text({ max: 255 }),
} as const;

/** `/v1/certificates` @param legacy whether clusters are still called bays as well */
export function certificateRoutes(services: ApiServices, legacy: boolean): Route[] {
  const { store, certificates, policies } = services;
  const { bay_uuid, ...modernFields } = certificateFields;
  const fields = legacy ? { ...modernFields, bay_uuid } : modernFields;
  const named = ({ uuid }: Cluster): object =>
    legacy ? { bay_uuid: uuid, cluster_uuid: uuid } : { cluster_uuid: uuid };

  /** A cluster's own user belongs to no project, and sees that one cluster. */
  async function clusterOf(context: RequestContext, ident: string, rule: AcrossProjects): Promise<Cluster> {
    if (!services.inTrusteeDomain(context)) {
      return oneCluster(store, ident, visibleBeyond(policies, rule, context));
    }
    const cluster = await oneCluster(store, ident, 'all');
    if (cluster.trustee_user_id !== context.userId) throw clusterNotFound(ident);
    return cluster;
  }

  async function show({ context, params, query, base }: ApiRequest): Promise<ApiReply> {
    const cluster = await clusterOf(context, params['ident'] ?? '', 'cluster:get_one_all_projects');
    enforce(policies, 'certificate:get', context, cluster);
    const pem = await certificates.caCertificateOf(cluster, caTypeOf(query['ca_cert_type']));
    const links = linksTo(base, `certificates/${cluster.uuid}`);
    return { status: 200, body: { ...named(cluster), links, pem } };
  }

  async function rotate(request: ApiRequest): Promise<ApiReply> {
    const { context, params } = request;
    const cluster = await clusterOf(context, params['ident'] ?? '', 'cluster:update_all_projects');
    enforce(policies, 'certificate:rotate_ca', context, cluster);
    const [shown] = await store.clusters.withGroups([cluster]);
    if (shown?.template?.tls_disabled === true) {
      throw notSupported('Rotating the CA certificate on a non-TLS cluster');
    }
    const refused = refusal('rotate', cluster.status);
    if (refused) throw refused;
    const driver = driverOf(services.drivers, shown ?? { cluster, template: undefined });
    if (!driver.rotateCa) {
      throw notSupported(`Rotating the CA certificate of a cluster of the Magnum driver ${driver.name}`);
    }
    await orderChange(services, request, cluster, { verb: 'rotate-ca', kind: 'rotate', parameters: {} });
    return { status: 202, body: { uuid: cluster.uuid } };
  }

  async function sign({ context, body, base }: ApiRequest): Promise<ApiReply> {
    const asked: Read<typeof modernFields> & { bay_uuid?: string | null | undefined } = readObject(
      'certificate',
      body(),
      fields,
    );
    const ident = asked.cluster_uuid ?? asked.bay_uuid;
    if (ident === null || ident === undefined) {
      throw invalidField('cluster_uuid', undefined, 'Mandatory field missing.');
    }
    const cluster = await referred(context, ident);
    enforce(policies, 'certificate:create', context, cluster);
    const pem = await certificates.sign(cluster, caTypeOf(asked.ca_cert_type ?? undefined), asked.csr);
    return {
      status: 201,
      body: {
        ...named(cluster),
        links: linksTo(base, `certificates/${cluster.uuid}`),
        csr: asked.csr,
        pem,
        ...(typeof asked.ca_cert_type === 'string' ? { ca_cert_type: asked.ca_cert_type } : {}),
      },
    };
  }

  /** In a body, an unknown cluster is a fault of the request. */
  async function referred(context: RequestContext, ident: string): Promise<Cluster> {
    try {
      return await clusterOf(context, ident, 'cluster:update_all_projects');
    } catch (error) {
      throw error instanceof MagnumError && error.status === 404 ? badRequest(error.message, error) : error;
    }
  }

  return [
    {
      method: 'GET',
      path: '/certificates/:ident',
      query: ['ca_cert_type'],
      policies: ['certificate:get', 'cluster:get_one_all_projects'],
      summary: "Show the certificate of a cluster's CA",
      responses: { 200: answers.certificate },
      handle: show,
    },
    {
      method: 'POST',
      path: '/certificates',
      policies: ['certificate:create', 'cluster:update_all_projects'],
      summary: "Have a certificate signed by a cluster's CA",
      request: bodySchema(fields),
      responses: { 201: answers.certificate },
      handle: sign,
    },
    {
      method: 'PATCH',
      path: '/certificates/:ident',
      policies: ['certificate:rotate_ca', 'cluster:update_all_projects'],
      summary: "Replace a cluster's CA, and all certificates of it",
      responses: { 202: answers.accepted },
      handle: rotate,
    },
  ];
}

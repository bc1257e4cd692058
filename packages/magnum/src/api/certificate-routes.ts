import type { RequestContext } from '@gantry/oslo';
import { caTypeOf } from '../certificates/cluster-certificates.ts';
import { badRequest, clusterNotFound, MagnumError } from '../clusters/errors.ts';
import type { Cluster } from '../store/rows.ts';
import * as answers from './answer-schemas.ts';
import { linksTo } from './links.ts';
import { oneCluster, visibleOrAll } from './lookup.ts';
import { enforce } from './policies.ts';
import type { ApiReply, ApiRequest, Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { bodySchema, mandatoryText, readObject, readOnly, text } from './wire-fields.ts';

const certificateFields = {
  cluster_uuid: mandatoryText({ min: 1, max: 255 }),
  links: readOnly(),
  csr: mandatoryText({ min: 1, max: 65_536 }),
  pem: readOnly(),
  ca_cert_type: text({ max: 255 }),
} as const;

/** `/v1/certificates` */
export function certificateRoutes(services: ApiServices): Route[] {
  const { store, certificates, policies } = services;

  /** A cluster's own user belongs to no project, and sees that one cluster. */
  async function clusterOf(context: RequestContext, ident: string): Promise<Cluster> {
    if (!services.inTrusteeDomain(context)) return oneCluster(store, ident, visibleOrAll(context));
    const cluster = await oneCluster(store, ident, 'all');
    if (cluster.trustee_user_id !== context.userId) throw clusterNotFound(ident);
    return cluster;
  }

  async function show({ context, params, query, base }: ApiRequest): Promise<ApiReply> {
    const cluster = await clusterOf(context, params['ident'] ?? '');
    enforce(policies, 'certificate:get', context, cluster);
    const pem = await certificates.caCertificateOf(cluster, caTypeOf(query['ca_cert_type']));
    const links = linksTo(base, `certificates/${cluster.uuid}`);
    return { status: 200, body: { cluster_uuid: cluster.uuid, links, pem } };
  }

  async function sign({ context, body, base }: ApiRequest): Promise<ApiReply> {
    const asked = readObject('certificate', body(), certificateFields);
    const cluster = await referred(context, asked.cluster_uuid);
    enforce(policies, 'certificate:create', context, cluster);
    const pem = await certificates.sign(cluster, caTypeOf(asked.ca_cert_type ?? undefined), asked.csr);
    return {
      status: 201,
      body: {
        cluster_uuid: cluster.uuid,
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
      return await clusterOf(context, ident);
    } catch (error) {
      throw error instanceof MagnumError && error.status === 404 ? badRequest(error.message, error) : error;
    }
  }

  return [
    {
      method: 'GET',
      path: '/certificates/:ident',
      query: ['ca_cert_type'],
      policies: ['certificate:get'],
      summary: "Show the certificate of a cluster's CA",
      responses: { 200: answers.certificate },
      handle: show,
    },
    {
      method: 'POST',
      path: '/certificates',
      policies: ['certificate:create'],
      summary: "Have a certificate signed by a cluster's CA",
      request: bodySchema(certificateFields),
      responses: { 201: answers.certificate },
      handle: sign,
    },
  ];
}

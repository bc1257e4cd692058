import type { KeyObject } from 'node:crypto';
import { MagnumError, notFound } from '../clusters/errors.ts';
import type { Cluster } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { CsrPolicy } from './csr-policy.ts';
import type { KeyPair, KeyStore } from './key-store.ts';
import { createKey, openKey, storeKey, unencrypted } from './private-key.ts';

/** Which of a cluster's authorities; every other name stands for the main one, as in the original. */
export type CaType = 'kubernetes' | 'etcd' | 'front_proxy';

export interface ClientCredentials {
  /** PEM, each: the cluster's CA, and Magnum's own certificate and key, unencrypted, for its COE's API. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** The certificates of clusters: one authority a purpose, and Magnum's own client certificate. */
export interface ClusterCertificates {
  /**
   * Makes what the cluster doesn't have yet and writes the references to its row. Can be called again: what is
   * there stays.
   */
  createClusterCertificates(clusterUuid: string): Promise<void>;
  /** Removes all of them, and the references. Can be called again. */
  deleteClusterCertificates(clusterUuid: string): Promise<void>;
  /**
   * Makes new ones in the place of all; the old stay in the key store, for whoever still has to be told. Does
   * nothing if the cluster has others than `old` already.
   */
  replaceClusterCertificates(clusterUuid: string, old: CertificateRefs): Promise<void>;
  /** Takes that back: the old ones count again, and the new are removed. Can be called again. */
  restoreClusterCertificates(clusterUuid: string, old: CertificateRefs): Promise<void>;
  /** Removes certificates from the key store that no cluster refers to any more. Can be called again. */
  discardCertificates(refs: CertificateRefs): Promise<void>;
  clientCredentialsOf(cluster: Cluster): Promise<ClientCredentials>;
  /** PEM without a line end. @throws MagnumError 404 while there is none */
  caCertificateOf(cluster: Cluster, type: CaType): Promise<string>;
  /** @returns PEM without a line end. @throws MagnumError 400 for a bad CSR, 404 while there is no CA */
  sign(cluster: Cluster, type: CaType, csr: string): Promise<string>;
}

export interface CertificatesOptions {
  readonly store: Store;
  readonly keys: KeyStore;
  readonly csrPolicy: CsrPolicy;
  readonly rsaKeySize: number;
  /** Days. */
  readonly termOfValidity: number;
  now(): Date;
}

const refColumns = ['ca_cert_ref', 'magnum_cert_ref', 'etcd_ca_cert_ref', 'front_proxy_ca_cert_ref'] as const;
type RefColumn = (typeof refColumns)[number];

/** Where a cluster's certificates are kept. */
export type CertificateRefs = Readonly<Record<RefColumn, string | null>>;

/** The references among the columns of a cluster's row, or of what was kept of one. */
export function refsOf(row: object): CertificateRefs {
  const columns: Readonly<Record<string, unknown>> = { ...row };
  const refOf = (column: RefColumn): string | null => {
    const ref = columns[column];
    return typeof ref === 'string' ? ref : null;
  };
  return {
    ca_cert_ref: refOf('ca_cert_ref'),
    magnum_cert_ref: refOf('magnum_cert_ref'),
    etcd_ca_cert_ref: refOf('etcd_ca_cert_ref'),
    front_proxy_ca_cert_ref: refOf('front_proxy_ca_cert_ref'),
  };
}

const caColumns: Readonly<Record<CaType, RefColumn>> = {
  kubernetes: 'ca_cert_ref',
  etcd: 'etcd_ca_cert_ref',
  front_proxy: 'front_proxy_ca_cert_ref',
};

const noRefs = refsOf({});

/** The type that a `ca_cert_type` of a request means. */
export function caTypeOf(text: string | undefined): CaType {
  if (text === 'etcd') return 'etcd';
  return text === 'front_proxy' || text === 'front-proxy' ? 'front_proxy' : 'kubernetes';
}

export function createCertificates(options: CertificatesOptions): ClusterCertificates {
  const { store, keys } = options;

  const validity = () => ({ days: options.termOfValidity, now: options.now() });

  async function makePairs(cluster: Cluster): Promise<Map<RefColumn, KeyPair>> {
    const missing: RefColumn[] = [];
    for (const column of refColumns) {
      const ref = cluster[column];
      if (ref === null || (await keys.get(ref, store)) === undefined) missing.push(column);
    }
    // A client certificate is of no use without the CA that signed it.
    if (missing.includes('ca_cert_ref') && !missing.includes('magnum_cert_ref'))
      missing.push('magnum_cert_ref');
    if (missing.length === 0) return new Map();
    const { caName, issueCa, issueClient } = await issuing();
    const made = await Promise.all(missing.map(() => createKey(options.rsaKeySize)));
    const keyOf = new Map<RefColumn, KeyObject>(
      missing.map((column, index) => [column, made[index] as KeyObject]),
    );
    const pairs = new Map<RefColumn, KeyPair>();
    for (const [column, key] of keyOf) {
      if (column === 'magnum_cert_ref') continue;
      pairs.set(column, pairOf(await issueCa(caName(cluster), key, validity()), key));
    }
    const clientKey = keyOf.get('magnum_cert_ref');
    if (clientKey) {
      const ca = pairs.get('ca_cert_ref') ?? (await pairIn(cluster, 'ca_cert_ref'));
      const issuer = { certificate: ca.certificate, key: openKey(ca.privateKey, ca.passphrase) };
      pairs.set('magnum_cert_ref', pairOf(await issueClient(issuer, clientKey, validity()), clientKey));
    }
    return pairs;
  }

  /** Writes pairs and the references to them, all or none. */
  async function keep(cluster: Cluster, pairs: ReadonlyMap<RefColumn, KeyPair>): Promise<void> {
    const refs: Partial<Record<RefColumn, string>> = {};
    if (pairs.size === 0) return;
    try {
      await store.transaction(async (inner) => {
        for (const [column, pair] of pairs) refs[column] = await keys.put(pair, cluster, inner);
        const there = await inner.clusters.update(cluster.uuid, refs);
        if (!there) throw new MagnumError(404, `Cluster ${cluster.uuid} could not be found.`);
      });
    } catch (error) {
      // What isn't in the database isn't undone by its transaction.
      for (const ref of Object.values(refs)) await keys.delete(ref, store);
      throw error;
    }
  }

  async function pairIn(cluster: Cluster, column: RefColumn): Promise<KeyPair> {
    const ref = cluster[column];
    const pair = ref === null ? undefined : await keys.get(ref, store);
    if (pair) return pair;
    throw notFound(`Cluster ${cluster.uuid} has no certificate authority yet: wait until it is being built.`);
  }

  return {
    async createClusterCertificates(clusterUuid) {
      const cluster = await store.clusters.get(clusterUuid);
      if (cluster) await keep(cluster, await makePairs(cluster));
    },
    async replaceClusterCertificates(clusterUuid, old) {
      const cluster = await store.clusters.get(clusterUuid);
      if (!cluster || refColumns.some((column) => cluster[column] !== old[column])) return;
      await keep(cluster, await makePairs({ ...cluster, ...noRefs }));
    },
    async restoreClusterCertificates(clusterUuid, old) {
      await store.transaction(async (inner) => {
        const cluster = await inner.clusters.get(clusterUuid);
        if (!cluster) return;
        for (const column of refColumns) {
          const ref = cluster[column];
          if (ref !== null && ref !== old[column]) await keys.delete(ref, inner);
        }
        await inner.clusters.update(clusterUuid, old);
      });
    },
    async discardCertificates(refs) {
      for (const ref of Object.values(refs)) if (ref !== null) await keys.delete(ref, store);
    },
    async deleteClusterCertificates(clusterUuid) {
      const cluster = await store.clusters.get(clusterUuid);
      if (!cluster) return;
      await store.transaction(async (inner) => {
        for (const column of refColumns) {
          const ref = cluster[column];
          if (ref !== null) await keys.delete(ref, inner);
        }
        await inner.clusters.update(clusterUuid, noRefs);
      });
    },
    async clientCredentialsOf(cluster) {
      const ca = await pairIn(cluster, 'ca_cert_ref');
      const client = await pairIn(cluster, 'magnum_cert_ref');
      return {
        ca: ca.certificate,
        certificate: client.certificate,
        key: unencrypted(openKey(client.privateKey, client.passphrase)),
      };
    },
    async caCertificateOf(cluster, type) {
      return (await pairIn(cluster, caColumns[type])).certificate.trimEnd();
    },
    async sign(cluster, type, csr) {
      const ca = await pairIn(cluster, caColumns[type]);
      const { signCsr } = await issuing();
      const issuer = { certificate: ca.certificate, key: openKey(ca.privateKey, ca.passphrase) };
      return (await signCsr(issuer, csr, validity(), options.csrPolicy)).trimEnd();
    },
  };
}

/** Loaded when first needed: it takes a tenth of a second. */
function issuing() {
  return import('./issue.ts');
}

function pairOf(certificate: string, key: KeyObject): KeyPair {
  const { pem, passphrase } = storeKey(key);
  return { certificate, privateKey: pem, passphrase };
}

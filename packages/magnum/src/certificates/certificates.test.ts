import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exampleCluster } from '../store/example-rows.ts';
import { openStore } from '../store/open-store.ts';
import type { Cluster } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { caTypeOf, createCertificates, type ClusterCertificates } from './cluster-certificates.ts';
import { defaultCsrPolicy } from './csr-policy.ts';
import { exampleAuthority, exampleCsrs } from './example-csrs.ts';
import { databaseKeyStore, localKeyStore, type KeyStore } from './key-store.ts';
import { createSealer, SealBroken } from './sealing.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-certificates-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Made {
  readonly store: Store;
  readonly certificates: ClusterCertificates;
  readonly cluster: Cluster;
}

/** A cluster with certificates. */
async function made(keys: KeyStore = databaseKeyStore()): Promise<Made> {
  const store = await openStore({ url: 'sqlite://' });
  const { uuid } = await store.clusters.insert(exampleCluster());
  const certificates = createCertificates({
    store,
    keys,
    csrPolicy: defaultCsrPolicy,
    rsaKeySize: 2048,
    termOfValidity: 1825,
    now: () => new Date(),
  });
  await certificates.createClusterCertificates(uuid);
  const cluster = await store.clusters.get(uuid);
  if (!cluster) throw new Error('the cluster is gone');
  return { store, certificates, cluster };
}

function refsOf(cluster: Cluster): (string | null)[] {
  return [
    cluster.ca_cert_ref,
    cluster.etcd_ca_cert_ref,
    cluster.front_proxy_ca_cert_ref,
    cluster.magnum_cert_ref,
  ];
}

function issuedBy(ca: string, certificate: string): boolean {
  const issuer = new X509Certificate(ca);
  const issued = new X509Certificate(certificate);
  return issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}

/** How often an extension is in a certificate, by the bytes of its OID. */
function count(pem: string, oid: readonly number[]): number {
  const der = new X509Certificate(pem).raw.toString('latin1');
  return der.split(String.fromCharCode(...oid)).length - 1;
}

const OIDS = {
  subjectKey: [0x55, 0x1d, 0x0e],
  authorityKey: [0x55, 0x1d, 0x23],
  keyUsage: [0x55, 0x1d, 0x0f],
};

describe('a cluster’s certificates', () => {
  let all: Made;
  beforeEach(async () => {
    all = await made();
  });
  afterEach(() => all.store.close());

  test('are three authorities and an administrator’s client certificate, made once however often asked', async () => {
    const { certificates, cluster, store } = all;
    await certificates.createClusterCertificates(cluster.uuid);
    const again = await store.clusters.get(cluster.uuid);
    expect(again && refsOf(again)).toEqual(refsOf(cluster));
    expect(new Set(refsOf(cluster)).size).toBe(4);
    const { ca, certificate, key } = await certificates.clientCredentialsOf(cluster);
    expect(issuedBy(ca, certificate)).toBe(true);
    const client = new X509Certificate(certificate);
    expect(client.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(client.subject).toBe('CN=admin\nO=system:masters');
    // Client authentication, by its OID.
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect([client.ca, count(certificate, OIDS.authorityKey), count(certificate, OIDS.subjectKey)]).toEqual([
      false,
      1,
      1,
    ]);
    const authority = new X509Certificate(ca);
    expect([authority.ca, authority.subject, authority.issuer]).toEqual([true, 'CN=demo', 'CN=demo']);
    expect(authority.publicKey.asymmetricKeyDetails).toMatchObject({
      modulusLength: 2048,
      publicExponent: 65_537n,
    });
    const days = (Date.parse(client.validTo) - Date.parse(client.validFrom)) / 86_400_000;
    expect(days).toBe(1826);
  });

  test('are kept with a passphrase, as the original keeps them, and what it kept is read', async () => {
    const { certificates, cluster, store } = all;
    const row = await store.keypairs.get(cluster.ca_cert_ref ?? '');
    expect(row?.private_key).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(row?.private_key_passphrase).toMatch(/^[a-z2-7]{12}$/);
    const theirs = await store.keypairs.insert({
      uuid: 'theirs',
      certificate: exampleAuthority.certificate,
      private_key: exampleAuthority.encryptedKey,
      private_key_passphrase: exampleAuthority.passphrase,
      intermediates: null,
      project_id: null,
      user_id: null,
    });
    const signed = await certificates.sign(
      { ...cluster, ca_cert_ref: theirs.uuid },
      'kubernetes',
      exampleCsrs.plain,
    );
    expect(issuedBy(exampleAuthority.certificate, signed)).toBe(true);
  });

  test('all go when the cluster goes, as often as asked', async () => {
    const { certificates, cluster, store } = all;
    await certificates.deleteClusterCertificates(cluster.uuid);
    await certificates.deleteClusterCertificates(cluster.uuid);
    for (const ref of refsOf(cluster)) expect(await store.keypairs.get(ref ?? '')).toBeUndefined();
    const bare = await store.clusters.get(cluster.uuid);
    expect(bare && refsOf(bare)).toEqual([null, null, null, null]);
    await expect(certificates.caCertificateOf(bare ?? cluster, 'etcd')).rejects.toMatchObject({
      status: 404,
    });
  });

  test('can be kept in files', async () => {
    const local = await made(localKeyStore(join(folder, 'local')));
    const pem = await local.certificates.caCertificateOf(local.cluster, 'kubernetes');
    expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----[^]*-----$/);
    expect(await local.store.keypairs.get(local.cluster.ca_cert_ref ?? '')).toBeUndefined();
    await local.certificates.deleteClusterCertificates(local.cluster.uuid);
    const gone = local.certificates.caCertificateOf(local.cluster, 'kubernetes');
    await expect(gone).rejects.toMatchObject({ status: 404 });
    await local.store.close();
  });
});

describe('signing', () => {
  let all: Made;
  beforeAll(async () => {
    all = await made();
  });
  afterAll(() => all.store.close());

  test('keeps the subject as it is and grants what servers and nodes need', async () => {
    const { certificates, cluster } = all;
    const signed = await certificates.sign(cluster, caTypeOf('kubelet'), exampleCsrs.node);
    expect(issuedBy(await certificates.caCertificateOf(cluster, 'kubernetes'), signed)).toBe(true);
    const certificate = new X509Certificate(signed);
    expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:n1');
    expect(certificate.subjectAltName).toBe('IP Address:10.0.0.4, DNS:n1');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
    expect([count(signed, OIDS.keyUsage), count(signed, OIDS.subjectKey)]).toEqual([1, 1]);
  });

  test('is done by each authority for itself', async () => {
    const { certificates, cluster } = all;
    const signed = await certificates.sign(cluster, caTypeOf('front-proxy'), exampleCsrs.plain);
    expect(issuedBy(await certificates.caCertificateOf(cluster, 'front_proxy'), signed)).toBe(true);
    expect(issuedBy(await certificates.caCertificateOf(cluster, caTypeOf('etcd')), signed)).toBe(false);
  });

  test.each([
    ['a critical wish to be an authority', exampleCsrs.criticalAuthority, /basicConstraints with CA:TRUE/],
    ['a critical key usage beyond the allowed', exampleCsrs.criticalUsage, /keyUsage Certificate Sign/],
    ['a critical extension nobody allows', exampleCsrs.criticalUnknown, /2\.5\.29\.30/],
    ['no PEM at all', 'nonsense', /no PEM block/],
    [
      'damaged base64',
      '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
      /can't be decoded/,
    ],
  ])('refuses %s', async (_what, csr, message) => {
    const signing = all.certificates.sign(all.cluster, 'kubernetes', csr);
    await expect(signing).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });

  test('leaves out what is not allowed where it is not critical', async () => {
    const signed = await all.certificates.sign(all.cluster, 'kubernetes', exampleCsrs.greedy);
    expect(new X509Certificate(signed).ca).toBe(false);
    const der = new X509Certificate(signed).raw.toString('hex');
    // keyUsage as a bit string with nothing but digitalSignature in it.
    expect(der).toContain('0603551d0f040403020780');
    // ocsp-nocheck
    expect(der).not.toContain('2b0601050507300105');
  });

  test('refuses a request for somebody else’s key', async () => {
    const bytes = Buffer.from(exampleCsrs.plain.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    const changed = Buffer.from(bytes.toString('latin1').replace('honest', 'h0nest'), 'latin1').toString(
      'base64',
    );
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${changed}\n-----END CERTIFICATE REQUEST-----\n`;
    const signing = all.certificates.sign(all.cluster, 'kubernetes', pem);
    await expect(signing).rejects.toThrow(/not signed by the key it is for/);
  });
});

test('what is sealed opens with the same key for the same purpose only', () => {
  const key = Buffer.alloc(32, 1);
  const sealer = createSealer(key, 'tokens');
  const sealed = sealer.seal('secret');
  expect(sealed).not.toContain('secret');
  expect(sealer.open(sealed)).toBe('secret');
  expect(() => createSealer(key, 'others').open(sealed)).toThrow(SealBroken);
  expect(() => createSealer(Buffer.alloc(32, 2), 'tokens').open(sealed)).toThrow(SealBroken);
  expect(() => sealer.open(`${sealed.slice(0, -4)}AAA=`)).toThrow(SealBroken);
  expect(() => sealer.open('nonsense')).toThrow(SealBroken);
});

import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleCluster } from '../store/example-rows.ts';
import { openStore } from '../store/open-store.ts';
import type { Cluster } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { caTypeOf, createCertificates, type ClusterCertificates } from './cluster-certificates.ts';
import { defaultCsrPolicy } from './csr-policy.ts';
import { databaseKeyStore, localKeyStore, type KeyStore } from './key-store.ts';
import { createSealer, SealBroken } from './sealing.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-certificates-'));
afterAll(() => rmSync(folder, { recursive: true }));

let store: Store;
let certificates: ClusterCertificates;
let cluster: Cluster;

beforeEach(async () => {
  store = await openStore({ file: ':memory:' });
  await use(databaseKeyStore());
});
afterEach(() => store.close());

async function use(keys: KeyStore): Promise<void> {
  certificates = createCertificates({
    store,
    keys,
    csrPolicy: defaultCsrPolicy,
    rsaKeySize: 2048,
    termOfValidity: 1825,
    now: () => new Date(),
  });
  cluster =
    (await store.clusters.get(exampleCluster().uuid)) ?? (await store.clusters.insert(exampleCluster()));
}

async function built(): Promise<Cluster> {
  await certificates.createClusterCertificates(cluster.uuid);
  return (await store.clusters.get(cluster.uuid)) ?? cluster;
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A CSR as nodes and clients make it; `extensions` in OpenSSL's words. */
function csr(subject: string, ...extensions: string[]): string {
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  return openssl(
    ...[
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'csr.key',
    ],
    ...['-subj', subject, ...added],
  );
}

function text(pem: string): string {
  writeFileSync(join(folder, 'shown.pem'), pem);
  return openssl('x509', '-in', 'shown.pem', '-noout', '-text');
}

function verify(ca: string, pem: string): string {
  writeFileSync(join(folder, 'ca.pem'), ca);
  writeFileSync(join(folder, 'leaf.pem'), pem);
  return openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', 'leaf.pem').trim();
}

describe('a cluster’s certificates', () => {
  test('are three authorities and a client certificate that OpenSSL accepts strictly, made once however often asked', async () => {
    const first = await built();
    const again = await built();
    expect(again.ca_cert_ref).toBe(first.ca_cert_ref);
    const refs = [
      first.ca_cert_ref,
      first.etcd_ca_cert_ref,
      first.front_proxy_ca_cert_ref,
      first.magnum_cert_ref,
    ];
    expect(new Set(refs).size).toBe(4);
    const credentials = await certificates.clientCredentialsOf(first);
    expect(verify(credentials.ca, credentials.certificate)).toBe('leaf.pem: OK');
    const client = new X509Certificate(credentials.certificate);
    expect(client.checkPrivateKey(createPrivateKey(credentials.key))).toBe(true);
    expect(client.subject).toBe('CN=admin\nO=system:masters');
    const shown = text(credentials.ca);
    for (const part of ['CN = demo', 'CA:TRUE, pathlen:0', 'Certificate Sign', 'sha256WithRSA', '2048 bit']) {
      expect(shown).toContain(part);
    }
    expect(text(credentials.certificate)).toMatch(
      /TLS Web Client Authentication[\s\S]*Authority Key Identifier/,
    );
    const days = (Date.parse(client.validTo) - Date.parse(client.validFrom)) / 86_400_000;
    expect(days).toBe(1826);
  });

  test('are kept with a passphrase in a form OpenSSL opens, and a key that OpenSSL encrypted is read', async () => {
    const first = await built();
    const row = await store.keypairs.get(first.ca_cert_ref ?? '');
    expect(row?.private_key).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(row?.private_key_passphrase).toMatch(/^[a-z2-7]{12}$/);
    writeFileSync(join(folder, 'stored.key'), row?.private_key ?? '');
    const opened = openssl('pkey', '-in', 'stored.key', '-passin', `pass:${row?.private_key_passphrase}`);
    writeFileSync(join(folder, 'plain.key'), opened);
    const theirs = openssl(
      'pkcs8',
      '-topk8',
      '-in',
      'plain.key',
      '-v2',
      'aes-256-cbc',
      '-passout',
      'pass:other',
    );
    const replaced = await store.keypairs.insert({
      uuid: 'a-new-one',
      certificate: row?.certificate ?? '',
      private_key: theirs,
      private_key_passphrase: 'other',
      intermediates: null,
      project_id: null,
      user_id: null,
    });
    const moved = { ...first, ca_cert_ref: replaced.uuid };
    const signed = await certificates.sign(moved, 'kubernetes', csr('/CN=x'));
    expect(verify(row?.certificate ?? '', signed)).toBe('leaf.pem: OK');
  });

  test('all go when the cluster goes, as often as asked', async () => {
    const first = await built();
    await certificates.deleteClusterCertificates(cluster.uuid);
    await certificates.deleteClusterCertificates(cluster.uuid);
    const refs = [
      first.ca_cert_ref,
      first.etcd_ca_cert_ref,
      first.front_proxy_ca_cert_ref,
      first.magnum_cert_ref,
    ];
    for (const ref of refs) expect(await store.keypairs.get(ref ?? '')).toBeUndefined();
    const bare = await store.clusters.get(cluster.uuid);
    expect([bare?.ca_cert_ref, bare?.etcd_ca_cert_ref]).toEqual([null, null]);
    await expect(certificates.caCertificateOf(bare ?? cluster, 'etcd')).rejects.toMatchObject({
      status: 404,
    });
  });

  test('can be kept in files', async () => {
    await use(localKeyStore(join(folder, 'local')));
    const first = await built();
    expect(await certificates.caCertificateOf(first, 'kubernetes')).toMatch(
      /^-----BEGIN CERTIFICATE-----[^]*-----$/,
    );
    expect(await store.keypairs.get(first.ca_cert_ref ?? '')).toBeUndefined();
    await certificates.deleteClusterCertificates(cluster.uuid);
    await expect(certificates.caCertificateOf(first, 'kubernetes')).rejects.toMatchObject({ status: 404 });
  });
});

describe('signing', () => {
  test('keeps the subject as it is and grants what servers and nodes need', async () => {
    const first = await built();
    const asked = csr(
      '/O=system:nodes/CN=system:node:n1',
      'keyUsage = critical,digitalSignature,keyEncipherment',
      'extendedKeyUsage = clientAuth,serverAuth',
      'subjectAltName = IP:10.0.0.4,DNS:n1',
      'subjectKeyIdentifier = hash',
      'basicConstraints = CA:FALSE',
    );
    const signed = await certificates.sign(first, caTypeOf('kubelet'), asked);
    expect(verify(await certificates.caCertificateOf(first, 'kubernetes'), signed)).toBe('leaf.pem: OK');
    const certificate = new X509Certificate(signed);
    expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:n1');
    expect(certificate.subjectAltName).toBe('IP Address:10.0.0.4, DNS:n1');
    expect(text(signed)).toContain('Digital Signature, Key Encipherment');
    expect(text(signed).match(/X509v3 Subject Key Identifier/g)).toHaveLength(1);
  });

  test('each authority signs for itself', async () => {
    const first = await built();
    const signed = await certificates.sign(first, caTypeOf('front-proxy'), csr('/CN=front-proxy'));
    expect(verify(await certificates.caCertificateOf(first, 'front_proxy'), signed)).toBe('leaf.pem: OK');
    const other = await certificates.caCertificateOf(first, caTypeOf('etcd'));
    expect(() => verify(other, signed)).toThrow();
  });

  test.each([
    [
      'a critical wish to be an authority',
      'basicConstraints = critical,CA:TRUE',
      /basicConstraints with CA:TRUE/,
    ],
    [
      'a critical key usage beyond the allowed',
      'keyUsage = critical,keyCertSign',
      /keyUsage Certificate Sign/,
    ],
    ['a critical extension nobody allows', 'nameConstraints = critical,permitted;DNS:x', /2\.5\.29\.30/],
  ])('refuses %s', async (_what, extension, message) => {
    const first = await built();
    const signing = certificates.sign(first, 'kubernetes', csr('/CN=x', extension));
    await expect(signing).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });

  test('leaves out what is not allowed where it is not critical', async () => {
    const first = await built();
    const asked = csr(
      '/CN=x',
      'basicConstraints = CA:TRUE',
      'keyUsage = digitalSignature,cRLSign',
      'noCheck = ignored',
    );
    const shown = text(await certificates.sign(first, 'kubernetes', asked));
    expect(shown).toContain('CA:FALSE');
    expect(shown).toMatch(/Key Usage: \n\s+Digital Signature\n/);
    expect(shown).not.toContain('No Check');
  });

  test.each([
    ['no PEM at all', 'nonsense'],
    ['damaged base64', '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n'],
  ])('refuses %s', async (_what, given) => {
    const first = await built();
    await expect(certificates.sign(first, 'kubernetes', given)).rejects.toMatchObject({ status: 400 });
  });

  test('refuses a request for somebody else’s key', async () => {
    const first = await built();
    const bytes = Buffer.from(csr('/CN=honest').replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    const changed = Buffer.from(bytes.toString('latin1').replace('honest', 'h0nest'), 'latin1').toString(
      'base64',
    );
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${changed}\n-----END CERTIFICATE REQUEST-----\n`;
    await expect(certificates.sign(first, 'kubernetes', pem)).rejects.toThrow(
      /not signed by the key it is for/,
    );
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

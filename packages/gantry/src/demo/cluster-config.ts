import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '@gantry/openstack';
import { writePrivate } from '../up/data-folder.ts';

interface SignedCertificate {
  readonly pem: string;
}

const KEY = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

/**
 * Does what `openstack coe cluster config --dir` does: makes a key, has it signed for `admin` by the cluster's CA, and
 * writes `key.pem`, `cert.pem` and `ca.pem`, as Docker's client wants them.
 */
export async function writeClusterConfig(session: Session, cluster: string, folder: string): Promise<void> {
  // @peculiar/x509 can't be loaded without it.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=admin, O=system:masters',
    keys,
    signingAlgorithm: KEY,
  });
  const ca = await session.ask<SignedCertificate>('container-infra', {
    method: 'GET',
    path: `/certificates/${cluster}`,
  });
  const signed = await session.ask<SignedCertificate>('container-infra', {
    method: 'POST',
    path: '/certificates',
    body: { cluster_uuid: cluster, csr: request.toString('pem') },
  });
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey('pkcs8', keys.privateKey),
    'PRIVATE KEY',
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writePrivate(join(folder, 'key.pem'), `${key}\n`);
  writePrivate(join(folder, 'cert.pem'), `${signed.pem}\n`);
  writePrivate(join(folder, 'ca.pem'), `${ca.pem}\n`);
}

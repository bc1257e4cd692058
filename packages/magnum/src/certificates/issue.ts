import { createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { signingKey } from './private-key.ts';
import type { CsrPolicy } from './csr-policy.ts';
import { grantedExtensions, parseCsr } from './csr.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type JsonName,
} from './x509.ts';

const DAY = 24 * 3600 * 1000;

/** RFC 5280, appendix A.1: ub-common-name. */
const MAX_COMMON_NAME = 64;

export interface Validity {
  /** Days from now on; certificates begin one day ago, for clocks that are slow. */
  readonly days: number;
  readonly now: Date;
}

export interface Issuer {
  /** PEM */
  readonly certificate: string;
  readonly key: KeyObject;
}

/** A self-signed certificate authority that may sign no further ones. @returns PEM */
export async function issueCa(commonName: string, key: KeyObject, validity: Validity): Promise<string> {
  const name = new Name([{ CN: [commonName] }]);
  return issue({ subject: name, issuer: name, publicKey: spkiOf(key), signingKey: key, validity }, [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
  ]);
}

/** The name that is too long for a certificate gives way to the UUID. */
export function caName(cluster: { readonly name: string; readonly uuid: string }): string {
  return cluster.name === '' || cluster.name.length > MAX_COMMON_NAME ? cluster.uuid : cluster.name;
}

/** Magnum's own client certificate, which every COE takes for an administrator's. @returns PEM */
export async function issueClient(issuer: Issuer, key: KeyObject, validity: Validity): Promise<string> {
  const subject: JsonName = [{ CN: ['admin'] }, { O: ['system:masters'] }];
  const usage = (KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment) as KeyUsageFlags;
  return issueBy(issuer, new Name(subject), spkiOf(key), validity, [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(usage, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ]);
}

/**
 * Signs what somebody asks for: subject and public key as they are, extensions as far as the policy allows.
 *
 * @param csr PEM
 * @returns PEM
 * @throws MagnumError 400 if it can't be read, isn't signed by its own key, or asks for too much
 */
export async function signCsr(
  issuer: Issuer,
  csr: string,
  validity: Validity,
  policy: CsrPolicy,
): Promise<string> {
  const request = await parseCsr(csr);
  return issueBy(
    issuer,
    request.subjectName,
    request.publicKey.rawData,
    validity,
    grantedExtensions(request, policy),
  );
}

async function issueBy(
  issuer: Issuer,
  subject: Name,
  publicKey: ArrayBuffer,
  validity: Validity,
  extensions: readonly Extension[],
): Promise<string> {
  const ca = new X509Certificate(issuer.certificate);
  // Strict verifiers want to find the issuer by its key; a CA without such an identifier can't be found so.
  const ski = ca.getExtension(SubjectKeyIdentifierExtension);
  const authority = ski ? [new AuthorityKeyIdentifierExtension(ski.keyId)] : [];
  return issue({ subject, issuer: ca.subjectName, publicKey, signingKey: issuer.key, validity }, [
    ...extensions,
    ...authority,
  ]);
}

interface Issue {
  readonly subject: Name;
  readonly issuer: Name;
  /** SPKI */
  readonly publicKey: ArrayBuffer;
  readonly signingKey: KeyObject;
  readonly validity: Validity;
}

async function issue(details: Issue, extensions: readonly Extension[]): Promise<string> {
  const { days, now } = details.validity;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomUUID().replaceAll('-', ''),
    subject: details.subject,
    issuer: details.issuer,
    // Certificates count whole seconds.
    notBefore: wholeSeconds(now.getTime() - DAY),
    notAfter: wholeSeconds(now.getTime() + days * DAY),
    publicKey: details.publicKey,
    signingKey: await signingKey(details.signingKey),
    signingAlgorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    extensions: [...extensions, await SubjectKeyIdentifierExtension.create(details.publicKey)],
  });
  return `${certificate.toString('pem').trim()}\n`;
}

function wholeSeconds(time: number): Date {
  return new Date(Math.floor(time / 1000) * 1000);
}

function spkiOf(key: KeyObject): ArrayBuffer {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return new Uint8Array(der).buffer;
}

import { badRequest, type MagnumError } from '../clusters/errors.ts';
import { extensionOids, keyUsageBits, type CsrPolicy } from './csr-policy.ts';
import {
  BasicConstraintsExtension,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  type Extension,
} from './x509.ts';

const PEM =
  /-----BEGIN (NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END \1?CERTIFICATE REQUEST-----/;

/** @throws MagnumError 400 unless it is a PEM-encoded request that is signed with the key it is for */
export async function parseCsr(pem: string): Promise<Pkcs10CertificateRequest> {
  const base64 = PEM.exec(pem)?.[2];
  if (base64 === undefined) throw invalidCsr('there is no PEM block CERTIFICATE REQUEST in it');
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(new Uint8Array(Buffer.from(base64, 'base64')));
  } catch (error) {
    throw invalidCsr(`it can't be decoded: ${reason(error)}`, error);
  }
  let genuine: boolean;
  try {
    genuine = await request.verify();
  } catch (error) {
    throw invalidCsr(`its signature can't be checked: ${reason(error)}`, error);
  }
  if (!genuine) throw invalidCsr('it is not signed by the key it is for');
  return request;
}

/**
 * What a certificate gets of the extensions its request asks for. Those that aren't allowed are refused where
 * critical, else left out. The subject key identifier is made anew by the issuer.
 *
 * @throws MagnumError 400 naming the extension
 */
export function grantedExtensions(request: Pkcs10CertificateRequest, policy: CsrPolicy): Extension[] {
  const allowed = new Set(policy.allowedExtensions.map((name) => extensionOids[name] ?? name));
  const granted: Extension[] = [];
  for (const extension of request.extensions) {
    if (!allowed.has(extension.type)) {
      if (extension.critical) throw notAllowed(nameOf(extension.type));
    } else if (extension instanceof BasicConstraintsExtension) {
      granted.push(constrained(extension, policy));
    } else if (extension instanceof KeyUsagesExtension) {
      granted.push(...limitedUsage(extension, policy));
    } else if (extension.type !== extensionOids['subjectKeyIdentifier']) {
      granted.push(extension);
    }
  }
  return granted;
}

function constrained(extension: BasicConstraintsExtension, policy: CsrPolicy): Extension {
  if (!extension.ca || policy.allowCa) return extension;
  if (extension.critical) throw notAllowed('basicConstraints with CA:TRUE');
  return new BasicConstraintsExtension(false, undefined, extension.critical);
}

function limitedUsage(extension: KeyUsagesExtension, policy: CsrPolicy): Extension[] {
  const allowed = policy.allowedKeyUsage.reduce((bits, name) => bits | (keyUsageBits[name] ?? 0), 0);
  const asked: number = extension.usages;
  const granted = asked & allowed;
  if (granted === asked) return [extension];
  if (extension.critical) {
    const refused = Object.entries(keyUsageBits).filter(([, bit]) => (asked & bit & ~allowed) !== 0);
    throw notAllowed(`keyUsage ${refused.map(([name]) => name).join(', ')}`);
  }
  // A number again, because a combination of flags is none of the enum's own values.
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
  return granted === 0 ? [] : [new KeyUsagesExtension(granted, extension.critical)];
}

function nameOf(oid: string): string {
  return Object.entries(extensionOids).find(([, known]) => known === oid)?.[0] ?? oid;
}

function notAllowed(what: string): MagnumError {
  return badRequest(`Extension '${what}' not allowed`);
}

function invalidCsr(why: string, cause?: unknown): MagnumError {
  return badRequest(`Received invalid csr: ${why}.`, cause);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
}

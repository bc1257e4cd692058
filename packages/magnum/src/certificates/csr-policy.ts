/** Extensions that a CSR may ask for, by the names of `[x509] allowed_extensions`. */
export const extensionOids: Readonly<Record<string, string>> = {
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  subjectKeyIdentifier: '2.5.29.14',
};

/** Key usages by the names of `[x509] allowed_key_usage`, and their bits. RFC 5280, 4.2.1.3. */
export const keyUsageBits: Readonly<Record<string, number>> = {
  'Digital Signature': 1,
  'Non Repudiation': 2,
  'Key Encipherment': 4,
  'Data Encipherment': 8,
  'Key Agreement': 16,
  'Certificate Sign': 32,
  'CRL Sign': 64,
  'Encipher Only': 128,
  'Decipher Only': 256,
};

export interface CsrPolicy {
  readonly allowedExtensions: readonly string[];
  readonly allowedKeyUsage: readonly string[];
  /** Whether a CSR may ask for a certificate that signs others. */
  readonly allowCa: boolean;
}

/** What the original allows unless configured otherwise. */
export const defaultCsrPolicy: CsrPolicy = {
  allowedExtensions: Object.keys(extensionOids),
  allowedKeyUsage: ['Digital Signature', 'Key Encipherment', 'Non Repudiation'],
  allowCa: false,
};

import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { signalRequests } from './signal-requests.ts';

const BASE = 'http://172.24.4.1:9000';
const HANDLE = `${BASE}/orchestration/v1/p/stacks/s/1/resources/wait/signal`;
const SCRIPT = `#!/bin/sh\ncurl -i -X POST -H 'X-Auth-Token: gAAAA-b_c' -H 'Content-Type: application/json' ${HANDLE} --data-binary '{"status": "SUCCESS"}'\n`;
const found = (text: string | Uint8Array) =>
  signalRequests(Buffer.from(text), ['http://127.0.0.1:9000', BASE]);
const EXPECTED = [{ url: HANDLE, token: 'gAAAA-b_c' }];

test('the command of a wait condition handle is found in a script, with its token', () => {
  expect(found(SCRIPT)).toEqual(EXPECTED);
});

test('it is found in gzip, in multipart MIME with base64, and in files that cloud-config writes', () => {
  const packed = Buffer.from(SCRIPT).toString('base64');
  const multipart = [
    'Content-Type: multipart/mixed; boundary="==b=="',
    'MIME-Version: 1.0',
    '',
    '--==b==',
    'Content-Type: text/x-shellscript; charset="us-ascii"',
    'Content-Transfer-Encoding: base64',
    '',
    packed.replaceAll(/.{76}/g, '$&\n'),
    '--==b==--',
    '',
  ].join('\n');
  expect(found(gzipSync(SCRIPT))).toEqual(EXPECTED);
  expect(found(multipart)).toEqual(EXPECTED);
  expect(found(multipart.replaceAll('\n', '\r\n'))).toEqual(EXPECTED);
  expect(found(`#cloud-config\nwrite_files:\n- encoding: b64\n  content: ${packed}\n  path: /x\n`)).toEqual(
    EXPECTED,
  );
});

test('a signed address needs no token, and addresses of other clouds or other things are left alone', () => {
  const signed = `${BASE}/heat-api-cfn/v1/waitcondition/arn%3Aopenstack?Signature=abc`;
  expect(found(`curl -X PUT "${signed}"\nX-Auth-Token: t`)).toEqual([{ url: signed, token: undefined }]);
  expect(found('curl http://10.0.0.1:8004/v1/p/stacks/s/1/resources/wait/signal')).toEqual([]);
  expect(found(`curl ${BASE}/identity/v3/auth/tokens`)).toEqual([]);
});

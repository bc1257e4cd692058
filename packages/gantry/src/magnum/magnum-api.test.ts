import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../launch/free-port.ts';

/** The API as a process of its own, with a `magnum.conf`, on a file of SQLite; Keystone is played, behind TLS. */
const PROGRAM = fileURLToPath(new URL('magnum-api.ts', import.meta.url));

/** Of 127.0.0.1, until 2126; `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes …` */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUdh6NYAMmNS4trn81H91wdQ6gG6gwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMjAzMTg1MFoYDzIxMjYxMDI5
MDMxODUwWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASd827dWNXgcers8vBi2BcNCHRJPIaQRpgQYLPD6A8yNr59/wd9diBB
0a9guT7PFv5oYZRhaiITEwpKd9JUw/97o2QwYjAdBgNVHQ4EFgQUDcgw6guNsSEW
1pYLAn43GI4i5NAwHwYDVR0jBBgwFoAUDcgw6guNsSEW1pYLAn43GI4i5NAwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IHjFz3V+7TucbdcMF/lMjB/XwU2eI8eNFmbyr1YyNMVKAiAMVDpPqB6nzaaSj+ys
7R4LE4GDYWh0slBic5vfJfAluA==
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsxcgZ9za7zrAOhqJ
xaaKjEyYWUKUZyDQYev8O19OiKGhRANCAASd827dWNXgcers8vBi2BcNCHRJPIaQ
RpgQYLPD6A8yNr59/wd9diBB0a9guT7PFv5oYZRhaiITEwpKd9JUw/97
-----END PRIVATE KEY-----
`;

let folder: string;
let keystone: Server;
/** Whoever asks Keystone about a token waits for this. */
let held: Promise<void>;
let asked: number;
let port: number;
let api: ChildProcess | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-magnum-api-'));
  held = Promise.resolve();
  asked = 0;
  keystone = createServer({ cert: CERTIFICATE, key: KEY }, (incoming, answer) => {
    incoming.resume();
    if (incoming.method === 'GET') asked += 1;
    void (incoming.method === 'GET' ? held : Promise.resolve()).then(() => {
      answer.writeHead(incoming.method === 'POST' ? 201 : 200, {
        'content-type': 'application/json',
        'x-subject-token': 'service',
      });
      answer.end(JSON.stringify({ token: TOKEN }));
    });
  });
  keystone.listen(0, '127.0.0.1');
  await once(keystone, 'listening');
  port = await freePort();
});

afterEach(() => {
  api?.kill('SIGKILL');
  keystone.close();
  keystone.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

const domain = { id: 'default', name: 'Default' };
const TOKEN = {
  user: { id: 'u', name: 'u', domain },
  project: { id: 'p', name: 'p', domain },
  roles: [{ id: 'r', name: 'reader' }],
  catalog: [],
  expires_at: '2126-01-01T00:00:00.000000Z',
  issued_at: '2026-01-01T00:00:00.000000Z',
  methods: ['password'],
};

const log = (): string => join(folder, 'magnum.log');

/** @param trust what is said of whom to believe to be Keystone; `cert.pem` is its certificate */
function start(more = '', trust = `cafile = ${folder}/cert.pem`): ChildProcess {
  const address = keystone.address();
  const keystonePort = typeof address === 'object' ? address?.port : undefined;
  writeFileSync(join(folder, 'cert.pem'), CERTIFICATE);
  writeFileSync(join(folder, 'key.pem'), KEY);
  const conf = join(folder, 'magnum.conf');
  writeFileSync(
    conf,
    `[DEFAULT]
log_file = ${log()}
use_syslog = true
[api]
port = ${port}
workers = 4
enabled_ssl = true
ssl_cert_file = ${folder}/cert.pem
ssl_key_file = ${folder}/key.pem
${more}
[database]
connection = sqlite:///${folder}/magnum.sqlite
[keystone_authtoken]
auth_url = https://127.0.0.1:${keystonePort}
username = magnum
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default
${trust}
`,
  );
  const stdio = ['ignore', 'ignore', 'pipe'] as const;
  api = spawn(process.execPath, [PROGRAM, '--config-file', conf], { stdio: [...stdio] });
  return api;
}

/** Waits until the log tells so. */
function told(text: string): Promise<void> {
  return vi.waitFor(() => expect(readFileSync(log(), 'utf8')).toContain(text), { timeout: 60_000 });
}

function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, path, headers, ca: CERTIFICATE, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (data) => (text += String(data)));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asking.on('error', reject).end();
  });
}

test('the API serves TLS, says what has no effect, goes on in a new log after SIGHUP, and ends what is under way at SIGTERM', async () => {
  const process = start();
  const ended = once(process, 'close');
  await told('listens at');
  expect(await get('/')).toMatchObject({ status: 200, text: expect.stringContaining('https://') });
  expect(await get('/healthcheck')).toMatchObject({ status: 200 });

  renameSync(log(), join(folder, 'magnum.log.1'));
  process.kill('SIGHUP');
  await vi.waitFor(() => expect(readFileSync(log(), 'utf8')).toBe(''), { timeout: 60_000 });
  const before = readFileSync(join(folder, 'magnum.log.1'), 'utf8');
  expect(before).toContain('[api] workers has no effect');
  expect(before).toContain('[DEFAULT] use_syslog has no effect');

  let release = (): void => undefined;
  held = new Promise((resolve) => (release = resolve));
  const underWay = get('/v1/clusters', { 'x-auth-token': 'some' });
  await vi.waitFor(() => expect(asked).toBe(1), { timeout: 60_000 });
  process.kill('SIGTERM');
  await told('magnum-api stops');
  const refused = (): Promise<void> => expect(get('/')).rejects.toThrow(/ECONNREFUSED/);
  await vi.waitFor(refused, { timeout: 60_000 });
  release();
  expect(await underWay).toEqual({ status: 200, text: '{"clusters":[]}' });
  expect((await ended)[0]).toBe(0);
}, 120_000);

test('a client that never sends the rest of its request keeps no process alive', async () => {
  const process = start('[DEFAULT]\ngraceful_shutdown_timeout = 1');
  const ended = once(process, 'close');
  await told('listens at');
  const client = connect({ host: '127.0.0.1', port, ca: CERTIFICATE });
  client.on('error', () => undefined);
  client.write(
    'POST /v1/clusters HTTP/1.1\r\nhost: slow\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n{',
  );
  await once(client, 'data');
  process.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
}, 120_000);

test('an address that can’t be read is refused in the API’s own words', async () => {
  start();
  await told('listens at');
  const { status, text } = await get('/v1/clusters/%ff');
  expect([status, JSON.parse(text)]).toMatchObject([400, { errors: [{ status: 400, code: 'client' }] }]);
}, 60_000);

test.each([
  ['that is not there', '/nowhere/cert.pem', /\[api\] ssl_cert_file.*\/nowhere\/cert\.pem/],
  [
    'that is none',
    import.meta.filename,
    /\[api\] ssl_cert_file and ssl_key_file are no certificate and its key/,
  ],
])(
  'a certificate %s is named, with its option',
  async (_, file, message) => {
    const process = start(`ssl_cert_file = ${file}`);
    let said = '';
    process.stderr?.on('data', (data) => (said += String(data)));
    const [code] = await once(process, 'close');
    expect(code).not.toBe(0);
    expect(said).toMatch(message);
    expect(said).not.toContain('    at ');
  },
  60_000,
);

test.each([
  ['insecure = true', 200, ''],
  ['[heat_client]\nca_file = FOLDER/cert.pem', 200, ''],
  ['', 503, 'self-signed certificate'],
  ['cafile = /nowhere/ca.pem', 503, '/nowhere/ca.pem'],
  [
    '[trust]\ntrustee_domain_name = magnum\ntrustee_domain_admin_name = a\ntrustee_domain_admin_password = b',
    503,
    'self-signed certificate',
  ],
])(
  'told "%s" about a Keystone with a certificate of its own, a request gets %i',
  async (trust, status, reason) => {
    start('', trust.replace('FOLDER', folder));
    await told('listens at');
    expect(await get('/v1/clusters', { 'x-auth-token': 'some' })).toMatchObject({ status });
    expect(readFileSync(log(), 'utf8')).toContain(reason);
  },
  60_000,
);

import { hostname } from 'node:os';
import { createKuryr } from '@gantry/kuryr';
import { createSession, httpTransport } from '@gantry/openstack';
import { createLogger } from '@gantry/oslo';

/**
 * Kuryr alone, as a process that a test can kill: `node lone-kuryr.ts NEUTRON SOCKET STATE_DIR DOCKER`, with a Neutron that
 * believes every token. Says `listening`, then `asks METHOD PATH` before each request to Neutron. SIGHUP makes it compare itself
 * with Neutron at once.
 */
const [neutron = '', socket = '', stateDir = '', docker = ''] = process.argv.slice(2);
const http = httpTransport();
const session = createSession({
  authUrl: 'http://keystone',
  credentials: { type: 'token', token: 'admin', scope: { unscoped: true } },
  endpoints: { network: neutron },
  transport: async (request) => {
    if (request.url.startsWith('http://keystone')) {
      const token = { expires_at: '2099-01-01T00:00:00Z', catalog: [] };
      return { status: 201, headers: { 'x-subject-token': 'admin' }, body: { token } };
    }
    process.stdout.write(`asks ${request.method} ${new URL(request.url).pathname}\n`);
    return http(request);
  },
});
const kuryr = createKuryr({
  session,
  socket,
  stateDir,
  docker,
  hostName: hostname(),
  log: createLogger('lone-kuryr', { level: 'error' }),
});
await kuryr.start();
process.stdout.write('listening\n');
process.on('SIGHUP', () => void kuryr.reconcile().catch(() => undefined));
process.once('SIGTERM', () => {
  void kuryr.stop().then(() => process.exit(0));
});

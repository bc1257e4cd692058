import Fastify from 'fastify';
import { createLogger } from '@gantry/oslo';
import { mountCloud, network, openStore, type Caller } from '@gantry/devcloud';

/**
 * Neutron alone with its real data plane, as a process that a test can kill: `node lone-neutron.ts STATE_FILE`.
 * Believes every token to be an admin's. Says `listening PORT` when its data plane is up.
 */
const admin: Caller = {
  userId: 'admin',
  userName: 'admin',
  userDomainId: 'default',
  projectId: 'admin',
  projectName: 'admin',
  domainId: undefined,
  systemScope: false,
  roles: ['admin'],
  isAdmin: true,
};

const app = Fastify();
const running = mountCloud(app, {
  store: openStore(process.argv[2]),
  log: createLogger('lone-neutron', { level: 'warn' }),
  publicUrl: 'http://127.0.0.1',
  services: [network({ dataPlane: 'linux' })],
});
running.cloud.authenticate = () => admin;
const address = await app.listen({ host: '127.0.0.1', port: 0 });
await running.start();
process.stdout.write(`listening ${new URL(address).port}\n`);
process.once('SIGTERM', () => {
  void app.close().then(() => running.stop());
});

import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { host, ports } from './addresses.ts';
import { pidOf, start, type ProcessSpec } from './processes.ts';

/** The stores, which the schemas need; in the order in which they start. */
export const storeNames = ['mariadb', 'epmd', 'rabbitmq', 'memcached', 'etcd-discovery'] as const;

/** Everything else; Keystone first, because the others ask it for tokens as they start. */
export const serviceNames = [
  'keystone',
  'glance-api',
  'placement-api',
  'neutron-server',
  'neutron-linuxbridge-agent',
  'nova-conductor',
  'nova-scheduler',
  'nova-compute',
  'nova-api',
  'heat-engine',
  'heat-api',
  'magnum-conductor',
  'magnum-api',
] as const;

export const allNames = [...storeNames, ...serviceNames];
export type ServiceName = (typeof allNames)[number];

export const isServiceName = (name: string): name is ServiceName => allNames.some((known) => known === name);

/** Of `serviceNames`: whether it has an API. */
export const listensForHttp = (name: string): name is keyof typeof ports => name in ports;

/** Whose Magnum it is: that of Debian, or Gantry's with the same configuration on the same database. */
export const magnums = ['original', 'gantry'] as const;
export type Magnum = (typeof magnums)[number];

export async function startService(folder: string, name: ServiceName, magnum: Magnum): Promise<void> {
  const gantrys = magnum === 'gantry' && (name === 'magnum-api' || name === 'magnum-conductor');
  await start(folder, gantrys ? gantrySpec(folder, name) : specOf(folder, name));
}

/** @throws when it ended, or doesn't listen within a minute */
export async function untilListening(folder: string, name: keyof typeof ports): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await listens(ports[name]))) {
    const trace = `see ${join(folder, 'log')}/${name}*`;
    if (pidOf(folder, name) === undefined) throw new Error(`${name} has ended; ${trace}`);
    if (Date.now() > deadline) throw new Error(`${name} doesn't listen on port ${ports[name]}; ${trace}`);
    await delay(100);
  }
}

/** @returns whoever answers to HTTP there, be it with an error: uwsgi listens before its application is loaded */
export async function untilAnswering(name: keyof typeof ports, path = '/'): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${ports[name]}${path}`, {
        signal: AbortSignal.timeout(30_000),
      });
      await response.arrayBuffer();
      if (response.status < 500) return;
    } catch {
      // Not yet.
    }
    if (Date.now() > deadline) throw new Error(`${name} doesn't answer on port ${ports[name]}`);
    await delay(100);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

function specOf(folder: string, name: ServiceName): ProcessSpec {
  const etc = join(folder, 'etc');
  const log = (file = name) => ['--log-file', join(folder, 'log', `${file}.log`)];
  const neutron = ['--config-file', `${etc}/neutron/neutron.conf`, '--config-file', `${etc}/neutron/ml2.ini`];
  switch (name) {
    case 'mariadb':
      return { name, command: mariadb(folder) };
    case 'epmd':
      return { name, command: ['/usr/bin/epmd', '-address', '127.0.0.1', '-port', String(ports.epmd)] };
    case 'rabbitmq':
      return { name, command: ['/usr/lib/rabbitmq/bin/rabbitmq-server'], env: rabbit(folder) };
    case 'memcached':
      return {
        name,
        command: [
          '/usr/bin/memcached',
          '-u',
          'root',
          '-l',
          '127.0.0.1',
          '-p',
          String(ports.memcached),
          '-m',
          '64',
        ],
      };
    case 'etcd-discovery':
      return {
        name,
        command: [
          process.execPath,
          fileURLToPath(new URL('etcd-discovery.ts', import.meta.url)),
          String(ports[name]),
        ],
      };
    case 'keystone':
      return { name, command: uwsgi(folder, name) };
    case 'glance-api':
      return { name, command: uwsgi(folder, name), env: { OS_GLANCE_CONFIG_DIR: join(etc, 'glance') } };
    case 'placement-api':
      return { name, command: uwsgi(folder, name), env: { OS_PLACEMENT_CONFIG_DIR: join(etc, 'placement') } };
    case 'nova-api':
      return { name, command: uwsgi(folder, name), env: { OS_NOVA_CONFIG_DIR: join(etc, 'nova') } };
    case 'heat-api':
    case 'magnum-api':
      return { name, command: uwsgi(folder, name) };
    case 'neutron-server':
    case 'neutron-linuxbridge-agent':
      return { name, command: [`/usr/bin/${name}`, ...neutron, ...log()] };
    case 'nova-conductor':
    case 'nova-scheduler':
      return { name, command: [`/usr/bin/${name}`, '--config-file', `${etc}/nova/nova.conf`, ...log()] };
    case 'nova-compute':
      // Its package would bring libvirt and QEMU; its code is in python3-nova.
      return {
        name,
        command: [
          '/usr/bin/python3',
          '-c',
          'import sys; sys.argv[0] = "nova-compute"; from nova.cmd.compute import main; main()',
          '--config-file',
          `${etc}/nova/nova.conf`,
          ...log(),
        ],
      };
    case 'heat-engine':
      return { name, command: ['/usr/bin/heat-engine', '--config-file', `${etc}/heat/heat.conf`, ...log()] };
    case 'magnum-conductor':
      return {
        name,
        command: ['/usr/bin/magnum-conductor', '--config-file', `${etc}/magnum/magnum.conf`, ...log()],
      };
  }
}

const gantrySpec = (folder: string, name: 'magnum-api' | 'magnum-conductor'): ProcessSpec => ({
  name,
  command: [
    process.execPath,
    fileURLToPath(new URL(`../../../packages/gantry/src/magnum/${name}.ts`, import.meta.url)),
    '--config-file',
    join(folder, 'etc/magnum/magnum.conf'),
  ],
});

const uwsgi = (folder: string, name: string) => [
  '/usr/bin/uwsgi_python311',
  '--ini',
  join(folder, 'etc/uwsgi', `${name}.ini`),
];

/** Without fsync: a kept folder survives the end of a process, which is all that a test asks of it. */
const mariadb = (folder: string) => [
  '/usr/sbin/mariadbd',
  '--no-defaults',
  '--user=root',
  `--datadir=${folder}/state/mariadb`,
  '--socket=mariadb.sock',
  `--init-file=${folder}/etc/mariadb/init.sql`,
  `--log-error=${folder}/log/mariadb.log`,
  '--bind-address=127.0.0.1',
  `--port=${ports.mariadb}`,
  '--max-connections=1000',
  '--skip-name-resolve',
  '--innodb-buffer-pool-size=256M',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-flush-method=nosync',
  '--performance-schema=OFF',
];

/** Erlang's port mapper is ours too (`epmd` above): one that RabbitMQ started would stay behind. */
const rabbit = (folder: string) => ({
  HOME: join(folder, 'state'),
  ERL_EPMD_PORT: String(ports.epmd),
  ERL_EPMD_ADDRESS: '127.0.0.1',
  RABBITMQ_NODENAME: `${host}@localhost`,
  RABBITMQ_MNESIA_BASE: join(folder, 'state/rabbitmq'),
  RABBITMQ_LOG_BASE: join(folder, 'log'),
  RABBITMQ_PID_FILE: join(folder, 'run/rabbitmq.pid'),
  RABBITMQ_CONFIG_FILE: join(folder, 'etc/rabbitmq/rabbitmq.conf'),
  RABBITMQ_CONF_ENV_FILE: join(folder, 'etc/rabbitmq/rabbitmq-env.conf'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'etc/rabbitmq/enabled_plugins'),
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none',
});

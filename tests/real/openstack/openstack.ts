import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { password, serviceUrl } from './addresses.ts';
import { configure, type ConfigureOptions } from './configuration.ts';
import { makeIdentities, makeResources } from './contents.ts';
import { memoryOf, pidOf, stop } from './processes.ts';
import { makeDatabaseFolder, makeSchemas, mapHosts } from './schemas.ts';
import {
  allNames,
  isServiceName,
  listensForHttp,
  magnums,
  serviceNames,
  startService,
  storeNames,
  untilAnswering,
  untilListening,
  type Magnum,
} from './services.ts';

const usage = `A real OpenStack from Debian's packages (see ../install.sh), with the original Magnum or Gantry's, on the loopback.

  node tests/real/openstack/openstack.ts up                starts what doesn't run; the first time it makes everything
  node tests/real/openstack/openstack.ts status            processes and their memory
  node tests/real/openstack/openstack.ts restart NAME...   stops and starts single processes
  node tests/real/openstack/openstack.ts down              stops everything; what is in the folder stays

  --magnum original|gantry   whose Magnum (original)
  --folder PATH              where its state, configuration and logs are (.cache/openstack)
  --password-rounds N        bcrypt's, for a new folder: 4; Keystone's own choice, for measuring, is 12
`;

export interface UpOptions extends ConfigureOptions {
  readonly magnum?: Magnum;
}

/** Brings everything up and makes its contents; does nothing that is done already. About 4 GiB of memory. */
export async function up(
  folder: string,
  { magnum = 'original', ...options }: UpOptions = {},
  say: (line: string) => void = () => undefined,
): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('only root can start the services of an OpenStack');
  mkdirSync(join(folder, 'state'), { recursive: true });
  const timed = stopwatch(say);
  configure(folder, options);
  await makeDatabaseFolder(folder);
  for (const name of storeNames) await startService(folder, name, magnum);
  for (const name of storeNames) await untilListening(folder, name);
  timed('stores');
  await makeSchemas(folder);
  timed('schemas');
  await startService(folder, 'keystone', magnum);
  await untilAnswering('keystone', '/v3');
  await makeIdentities();
  timed('identities');
  for (const name of serviceNames) await startService(folder, name, magnum);
  for (const name of serviceNames) if (listensForHttp(name)) await untilAnswering(name);
  for (const name of serviceNames) {
    if (pidOf(folder, name) === undefined) throw new Error(`${name} has ended; see ${folder}/log/${name}*`);
  }
  timed('services');
  await makeResources();
  while (!(await mapHosts(folder))) await delay(500);
  writeFileSync(join(folder, 'clouds.yaml'), cloudsYaml());
  timed('contents');
}

/** Stops everything that `up` started from this folder. */
export async function down(folder: string): Promise<void> {
  await Promise.all(serviceNames.map(async (name) => await stop(folder, name)));
  for (const name of storeNames.toReversed()) await stop(folder, name, 30_000);
}

function status(folder: string): void {
  const groups = new Map<number, number[]>();
  for (const pid of readdirSync('/proc').map(Number)) {
    const group = Number.isInteger(pid) ? processGroup(pid) : undefined;
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), pid]);
  }
  for (const name of allNames) {
    const pid = pidOf(folder, name);
    const memory = pid === undefined ? '' : `pid ${pid}, ${memoryOf(groups.get(pid) ?? [])} MB`;
    process.stdout.write(`${name.padEnd(28)}${pid === undefined ? 'down' : memory}\n`);
  }
}

function processGroup(pid: number): number | undefined {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[2],
    );
  } catch {
    return undefined;
  }
}

function stopwatch(say: (line: string) => void): (what: string) => void {
  let last = Date.now();
  return (what) => {
    const now = Date.now();
    say(`${what}: ${((now - last) / 1000).toFixed(1)} s`);
    last = now;
  };
}

const cloudsYaml = () => `clouds:\n${entry('openstack', 'demo')}${entry('openstack-admin', 'admin')}`;

const entry = (name: string, user: string) => `  ${name}:
    region_name: RegionOne
    auth:
      auth_url: ${serviceUrl.keystone}/v3
      username: ${user}
      password: ${password}
      project_name: ${user}
      user_domain_name: Default
      project_domain_name: Default
`;

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      folder: { type: 'string', default: '.cache/openstack' },
      magnum: { type: 'string', default: 'original' },
      'password-rounds': { type: 'string' },
    },
    allowPositionals: true,
  });
  const [verb, ...names] = positionals;
  const folder = resolve(values.folder);
  const rounds = values['password-rounds'];
  const options = rounds === undefined ? {} : { passwordRounds: Number(rounds) };
  const magnum = magnums.find((known) => known === values.magnum);
  if (verb === 'up' && magnum) {
    await up(folder, { ...options, magnum }, say);
  } else if (verb === 'down') {
    await down(folder);
  } else if (verb === 'status') {
    status(folder);
  } else if (verb === 'restart' && magnum && names.length > 0 && names.every(isServiceName)) {
    configure(folder, options);
    for (const name of names.filter(isServiceName)) {
      await stop(folder, name);
      await startService(folder, name, magnum);
    }
  } else {
    process.stderr.write(usage);
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

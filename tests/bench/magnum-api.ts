import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openStore, type Store } from '@gantry/magnum';
import { databases, password, serviceUrl } from '../real/openstack/addresses.ts';
import { down, up } from '../real/openstack/openstack.ts';
import { stop } from '../real/openstack/processes.ts';
import type { Statement } from './floor.ts';
import { fillMagnum, type Filled, type Owner } from './magnum-rows.ts';
import { startFloor, startMended, startOurs, type Server } from './magnum-servers.ts';
import { publish, result, type Result } from './result.ts';
import { wrk, type Measured } from './wrk.ts';

const run = promisify(execFile);

const FOLDER = resolve('.cache/openstack-bench');
const DATABASE = databases.magnum.replace('mysql+pymysql:', 'mysql:').replace(/\?.*$/, '');

/** What no request of these asks anything of. */
const IDLE = [
  'heat-api',
  'heat-engine',
  'magnum-conductor',
  'neutron-linuxbridge-agent',
  'nova-compute',
  'nova-scheduler',
] as const;

const CONNECTIONS = 8;
const ROUNDS = 3;
const SECONDS = 3;
/** Milliseconds for the original as shipped to list 500 clusters: it logs in once for each. */
const PATIENCE = 1_800_000;
/** Answers that are to come quickly are measured alone as well: this many, one after the other. */
const ALONE = 15;

/** One request, and what the database is asked for it. */
interface Case {
  readonly name: string;
  readonly path: string;
  /** Too much for the original to answer several in the time of a round. */
  readonly onlyAlone?: boolean;
  readonly read?: ((store: Store, visible: { readonly projectId: string }) => Promise<unknown>) | undefined;
}

interface Rivals {
  readonly ours: Server;
  readonly mended: Server;
  /** As Debian ships it. */
  readonly shipped: Pick<Server, 'url'>;
}

/**
 * The Magnum API beside the original's, one process beside two workers, on the same MariaDB and the same Keystone: requests
 * a second with 8 connections, ours, the mended original and the floor taking turns, the best of three rounds each; and
 * requests alone, with the original as Debian ships it too. As root on Debian 12.
 */
export async function benchMagnumApi(): Promise<void> {
  await run(fileURLToPath(new URL('../real/install.sh', import.meta.url)));
  await up(FOLDER, { passwordRounds: 12 }, say);
  const started: Server[] = [];
  const results: Result[] = [];
  try {
    for (const name of IDLE) await stop(FOLDER, name);
    const { token, owner } = await login();
    const ours = await startOurs(FOLDER);
    started.push(ours);
    const mended = await startMended(FOLDER);
    started.push(mended);
    const rivals = { ours, mended, shipped: { url: serviceUrl.magnum } };
    const few = await fillMagnum(DATABASE, owner, { templates: 10, clusters: 10 });
    results.push(...(await compare(rivals, token, owner, casesOfFew(few))));
    await fillMagnum(DATABASE, owner, { templates: 0, clusters: 0 });
    results.push(...(await creations(rivals, token)));
    await fillMagnum(DATABASE, owner, { templates: 200, clusters: 500 });
    results.push(...(await compare(rivals, token, owner, casesOfMany())));
  } finally {
    publish('magnum-api', GOAL, results);
    for (const server of started) await server.stop();
    await down(FOLDER);
  }
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

const GOAL =
  'of the mended original 40, 60, 150, 400 and 3 times (10 and 200 templates, one and 10 clusters, POST), p99 a twentieth';

const PAGE = { sortKey: 'id', sortDir: 'asc', limit: 1000 } as const;

function casesOfFew({ template = '', cluster = '' }: Filled): Case[] {
  return [
    { name: 'GET /', path: '/' },
    {
      name: '10 templates',
      path: '/v1/clustertemplates',
      read: (store, visible) => store.templates.list(visible, PAGE),
    },
    {
      name: 'one template',
      path: `/v1/clustertemplates/${template}`,
      read: (store, visible) => store.templates.find({ uuid: template }, visible),
    },
    {
      name: '10 clusters',
      path: '/v1/clusters',
      read: (store, visible) => store.clusters.overview(visible, PAGE),
    },
    {
      name: 'one cluster',
      path: `/v1/clusters/${cluster}`,
      read: (store, visible) => store.clusters.shown(cluster, visible),
    },
  ];
}

function casesOfMany(): Case[] {
  const [, templates, , clusters] = casesOfFew({ template: undefined, cluster: undefined });
  return [
    { name: '200 templates', path: '/v1/clustertemplates', read: templates?.read },
    { name: '500 clusters', path: '/v1/clusters', read: clusters?.read, onlyAlone: true },
  ];
}

async function compare(
  rivals: Rivals,
  token: string,
  owner: Owner,
  cases: readonly Case[],
): Promise<Result[]> {
  const floor = await startFloor(join(FOLDER, 'floor.json'), {
    database: DATABASE,
    answers: await answersOf(rivals.ours, token, owner, cases),
  });
  try {
    const results: Result[] = [];
    for (const each of cases) {
      if (!each.onlyAlone) {
        results.push(...(await underLoad(each, token, { ours: rivals.ours, mended: rivals.mended, floor })));
      }
      results.push(...(await alone(each, token, { ...rivals, floor })));
      say(`measured: ${each.name}`);
    }
    return results;
  } finally {
    await floor.stop();
  }
}

/** What the floor is to do: what our own queries ask of the database, and the bytes that we sent. */
async function answersOf(ours: Server, token: string, owner: Owner, cases: readonly Case[]) {
  const heard: Statement[] = [];
  const store = await openStore({
    url: DATABASE,
    onStatement: (text, parameters) => void heard.push({ text, parameters }),
  });
  const answers: Record<string, { body: string; statement?: Statement }> = {};
  for (const { path, read } of cases) {
    heard.length = 0;
    await read?.(store, { projectId: owner.project_id });
    const [statement, more] = heard;
    if (more) throw new Error(`${path} takes more than one statement, and the floor knows one`);
    const answer = await fetch(ours.url + path, { headers: headersOf(token) });
    answers[path] = { body: await answer.text(), ...(statement && { statement }) };
  }
  await store.close();
  return answers;
}

async function underLoad(
  { name, path }: Case,
  token: string,
  servers: Readonly<Record<'ours' | 'mended' | 'floor', Server>>,
): Promise<Result[]> {
  const load = { token, connections: CONNECTIONS, seconds: SECONDS };
  const rounds: Record<keyof typeof servers, Measured[]> = { ours: [], mended: [], floor: [] };
  for (const { url } of Object.values(servers)) await wrk({ ...load, url: url + path, seconds: 2 });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const server of ['ours', 'mended', 'floor'] as const) {
      rounds[server].push(await wrk({ ...load, url: servers[server].url + path }));
      if (server === 'ours') expectNoFailure(rounds.ours);
    }
  }
  return [
    figures(`${name}, ${CONNECTIONS} connections`, 'requests/s', 'perSecond', best(rounds)),
    figures(`${name}, ${CONNECTIONS} connections, p99`, 'ms', 'p99', best(rounds)),
  ];
}

/** The original fails some of many requests for templates, which is counted against it; we must not. */
function expectNoFailure(rounds: readonly Measured[]): void {
  const failed = rounds.reduce((sum, round) => sum + round.failed, 0);
  if (failed > 0) throw new Error(`${failed} requests failed`);
}

function figures(
  name: string,
  unit: Result['unit'],
  figure: 'perSecond' | 'p99',
  { ours, mended, floor }: Record<'ours' | 'mended', Measured> & { readonly floor?: Measured },
): Result {
  return result(name, unit, ours[figure], mended[figure], floor?.[figure]);
}

/** The round of each with the most requests: whatever else the machine does takes some away, and adds none. */
function best<T extends string>(rounds: Readonly<Record<T, readonly Measured[]>>): Record<T, Measured> {
  const entries = Object.entries<readonly Measured[]>(rounds).map(([server, measured]) => [
    server,
    measured.reduce((most, each) => (each.perSecond > most.perSecond ? each : most)),
  ]);
  return Object.fromEntries(entries) as Record<T, Measured>;
}

/** One request after the other, the quickest. The original as shipped is asked once: it takes minutes for some. */
async function alone(
  { name, path }: Case,
  token: string,
  { ours, mended, shipped, floor }: Rivals & { readonly floor: Server },
): Promise<Result[]> {
  const our = await quickest(ours.url + path, token, ALONE);
  const least = await quickest(floor.url + path, token, ALONE);
  const their = await quickest(mended.url + path, token, 3);
  const shippedOne = await quickest(shipped.url + path, token, 1);
  return [
    result(`${name}, alone`, 'ms', our, their, least),
    result(`${name}, alone, beside the original as shipped`, 'ms', our, shippedOne),
  ];
}

async function quickest(url: string, token: string, times: number): Promise<number> {
  let least = Infinity;
  for (let n = 0; n < times; n += 1) {
    const begin = performance.now();
    // Not by fetch, which gives up after 5 minutes without an answer, whatever it is told.
    const request = get(url, { headers: headersOf(token), signal: AbortSignal.timeout(PATIENCE) });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    await once(answer.resume(), 'end');
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`);
    least = Math.min(least, performance.now() - begin);
  }
  return least;
}

/** New templates: most of the time goes to Glance, Nova and Neutron, which both ask. */
async function creations({ ours, mended }: Rivals, token: string): Promise<Result[]> {
  const body = {
    name: 'post',
    coe: 'kubernetes',
    image_id: 'fedora-coreos-38',
    external_network_id: 'external',
    flavor_id: 'm1.small',
    master_flavor_id: 'm1.small',
  };
  const load = { token, connections: CONNECTIONS, seconds: 2 * SECONDS, body };
  const rounds: Record<'ours' | 'mended', Measured[]> = { ours: [], mended: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.ours.push(await wrk({ ...load, url: `${ours.url}/v1/clustertemplates` }));
    expectNoFailure(rounds.ours);
    rounds.mended.push(await wrk({ ...load, url: `${mended.url}/v1/clustertemplates` }));
    // What the one's requests began goes on in the services a little.
    await delay(1000);
  }
  return [
    figures(`POST template, ${CONNECTIONS} connections`, 'requests/s', 'perSecond', best(rounds)),
    figures(`POST template, ${CONNECTIONS} connections, p99`, 'ms', 'p99', best(rounds)),
  ];
}

function headersOf(token: string): Record<string, string> {
  return { 'x-auth-token': token, 'openstack-api-version': 'container-infra latest' };
}

/** As user `demo`, who is no administrator. */
async function login(): Promise<{ token: string; owner: Owner }> {
  const domain = { id: 'default' };
  const auth = {
    identity: { methods: ['password'], password: { user: { name: 'demo', password, domain } } },
    scope: { project: { name: 'demo', domain } },
  };
  const answer = await fetch(`${serviceUrl.keystone}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  const token = answer.headers.get('x-subject-token');
  if (token === null) throw new Error(`demo can't log in: ${answer.status}`);
  const body = (await answer.json()) as { token: { project: { id: string }; user: { id: string } } };
  return { token, owner: { project_id: body.token.project.id, user_id: body.token.user.id } };
}

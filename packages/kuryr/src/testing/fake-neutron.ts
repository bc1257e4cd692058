import { randomBytes, randomUUID } from 'node:crypto';
import {
  createSession,
  NoAnswer,
  type HttpRequest,
  type HttpResponse,
  type Session,
} from '@gantry/openstack';
import { contains, overlaps, parseCidr, type Cidr } from '../ipam/cidr.ts';

type Row = Record<string, unknown> & { id: string; tags: string[]; revision_number: number };

/** What happens to one request: refused with a status, or its answer lost after (`lost`) or before it was carried out. */
export type Misfortune = number | 'lost' | 'unreachable';

export interface FakeNeutron {
  readonly session: Session;
  /** The same without the session's own repetitions: quicker where nothing will answer anyhow. */
  readonly hastySession: Session;
  /** `METHOD /path?query` of every request so far, in order. */
  readonly calls: string[];
  readonly networks: Map<string, Row>;
  readonly subnets: Map<string, Row>;
  readonly subnetpools: Map<string, Row>;
  readonly ports: Map<string, Row>;
  readonly 'security-groups': Map<string, Row>;
  /** Asked before each request, with its number from 0. */
  misfortune: ((call: string, number: number) => Misfortune | undefined) | undefined;
  /** Makes something behind Kuryr's back. */
  make(kind: Kind, body: Record<string, unknown>): Row;
}

const KINDS = [
  'networks',
  'subnets',
  'subnetpools',
  'ports',
  'security-groups',
  'security-group-rules',
] as const;
type Kind = (typeof KINDS)[number];

/** A Neutron in memory, as far as Kuryr uses it, with Neutron's own refusals. Its agent runs on `hosts`. */
export function fakeNeutron(hosts: readonly string[] = ['docker-1']): FakeNeutron {
  const tables = Object.fromEntries(KINDS.map((kind) => [kind, new Map<string, Row>()])) as Record<
    Kind,
    Map<string, Row>
  >;
  const calls: string[] = [];

  async function transport(request: HttpRequest): Promise<HttpResponse> {
    const url = new URL(request.url);
    const call = `${request.method} ${url.pathname}${decodeURIComponent(url.search)}`;
    const number = calls.push(call) - 1;
    const bad = fake.misfortune?.(call, number);
    const lost = new NoAnswer({
      status: 0,
      reason: 'connection reset',
      method: request.method,
      url: request.url,
    });
    if (bad === 'unreachable') throw lost;
    if (typeof bad === 'number') return answer(bad, failure('Injected', `injected ${bad}`));
    const answered = handle(request, url);
    if (bad === 'lost') throw lost;
    return answered;
  }

  function handle(request: HttpRequest, url: URL): HttpResponse {
    const [kind = '', id, tags, tag] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const body =
      typeof request.body === 'string' ? (JSON.parse(request.body) as Record<string, unknown>) : {};
    try {
      if (kind === 'extensions') {
        return answer(200, {
          extensions: [{ alias: 'tag-ports-during-bulk-creation' }, { alias: 'standard-attr-tag' }],
        });
      }
      const table = tables[kind as Kind];
      if (!table) throw new Refused(404, 'NotFound', 'no such resource');
      const plural = kind.replaceAll('-', '_');
      const singular = plural.slice(0, -1);
      if (id === undefined) {
        if (request.method === 'POST') {
          return answer(201, { [singular]: make(kind as Kind, body[singular] as Record<string, unknown>) });
        }
        return answer(200, { [plural]: [...table.values()].filter((row) => matches(row, url.searchParams)) });
      }
      const row = table.get(id);
      if (!row) throw new Refused(404, 'NotFound', `${singular} ${id} could not be found.`);
      if (tags === 'tags') return changeTags(request.method, row, tag, body);
      if (request.method === 'DELETE') {
        refuseDelete(kind as Kind, row);
        table.delete(id);
        return answer(204, undefined);
      }
      if (request.method === 'PUT') {
        const wanted = /revision_number=(\d+)/.exec(request.headers['if-match'] ?? '')?.[1];
        if (wanted !== undefined && Number(wanted) !== row.revision_number) {
          throw new Refused(412, 'RevisionNumberConstraintFailed', 'revision differs');
        }
        const change = body[singular] as Record<string, unknown>;
        if (kind === 'ports') updatePort(row, change);
        else Object.assign(row, change);
        row.revision_number += 1;
      }
      return answer(200, { [singular]: row });
    } catch (error) {
      if (error instanceof Refused) return answer(error.status, failure(error.type, error.message));
      throw error;
    }
  }

  function make(kind: Kind, body: Record<string, unknown>): Row {
    const row: Row = {
      name: '',
      description: '',
      ...body,
      tags: (body['tags'] as string[] | undefined) ?? [],
      id: randomUUID(),
      revision_number: 1,
    };
    if (kind === 'networks') Object.assign(row, { mtu: 1450, shared: false, status: 'ACTIVE', ...body });
    if (kind === 'subnetpools') Object.assign(row, { shared: false, default_prefixlen: '8', ...body });
    if (kind === 'subnets') makeSubnet(row);
    if (kind === 'ports') makePort(row, body);
    tables[kind].set(row.id, row);
    return row;
  }

  function makeSubnet(row: Row): void {
    const cidr = parseCidr(String(row['cidr']), 'cidr');
    const siblings = [...tables.subnets.values()].filter((each) => each['network_id'] === row['network_id']);
    row['subnetpool_id'] ??= null;
    row['host_routes'] ??= [];
    if (row['gateway_ip'] === undefined) row['gateway_ip'] = addressAt(cidr, 1);
    for (const each of siblings) {
      if (overlaps(cidr, parseCidr(String(each['cidr']), 'cidr'))) {
        throw new Refused(400, 'InvalidInput', `cidr ${cidr.text} overlaps with another subnet`);
      }
      if (each['subnetpool_id'] !== row['subnetpool_id']) {
        throw new Refused(
          400,
          'NetworkSubnetPoolAffinityError',
          'must be allocated from the same subnet pool',
        );
      }
    }
    const pool = row['subnetpool_id'];
    const cut = [...tables.subnets.values()].filter(
      (each) => pool !== null && each['subnetpool_id'] === pool,
    );
    if (cut.some((each) => overlaps(cidr, parseCidr(String(each['cidr']), 'cidr')))) {
      const text =
        'Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.';
      throw new Refused(500, 'SubnetAllocationError', text);
    }
  }

  function makePort(row: Row, body: Record<string, unknown>): void {
    const network = tables.networks.get(String(row['network_id']));
    if (!network) throw new Refused(404, 'NetworkNotFound', 'Network could not be found.');
    const given = row['mac_address'];
    const random = randomBytes(3).toString('hex').replaceAll(/../g, ':$&');
    const mac = typeof given === 'string' ? given : `fa:16:3e${random}`;
    const onNetwork = [...tables.ports.values()].filter((each) => each['network_id'] === network.id);
    if (onNetwork.some((each) => each['mac_address'] === mac)) {
      throw new Refused(409, 'MacAddressInUse', `The mac address ${mac} is in use.`);
    }
    const wanted = (body['fixed_ips'] as Partial<FixedIp>[] | undefined) ?? [];
    Object.assign(row, {
      device_id: '',
      device_owner: '',
      admin_state_up: true,
      security_groups: ['default'],
      'binding:host_id': '',
      ...body,
      tags: row.tags,
      status: 'DOWN',
      mac_address: mac,
      fixed_ips: wanted.map((each) => allocate(each)),
    });
    bind(row);
  }

  function updatePort(row: Row, change: Record<string, unknown>): void {
    const bound = row['binding:vif_type'] === 'bridge';
    if (change['mac_address'] !== undefined && change['mac_address'] !== row['mac_address'] && bound) {
      throw new Refused(409, 'PortBound', 'port is already bound');
    }
    if (change['fixed_ips'] !== undefined) {
      const old = row['fixed_ips'] as FixedIp[];
      change['fixed_ips'] = (change['fixed_ips'] as Partial<FixedIp>[]).map(
        (each) => old.find((had) => had.ip_address === each.ip_address) ?? allocate(each),
      );
    }
    Object.assign(row, change);
    bind(row);
  }

  function bind(row: Row): void {
    const host = String(row['binding:host_id']);
    row['binding:vif_type'] = host === '' ? 'unbound' : hosts.includes(host) ? 'bridge' : 'binding_failed';
    row['status'] = row['binding:vif_type'] === 'bridge' ? 'ACTIVE' : 'DOWN';
  }

  function allocate(wanted: Partial<FixedIp>): FixedIp {
    const subnet = tables.subnets.get(String(wanted.subnet_id));
    if (!subnet) throw new Refused(404, 'SubnetNotFound', 'Subnet could not be found.');
    const cidr = parseCidr(String(subnet['cidr']), 'cidr');
    const used = new Set(
      [...tables.ports.values()].flatMap((port) =>
        (port['fixed_ips'] as FixedIp[])
          .filter((ip) => ip.subnet_id === subnet.id)
          .map((ip) => ip.ip_address),
      ),
    );
    if (wanted.ip_address !== undefined) {
      if (!contains(cidr, wanted.ip_address)) throw new Refused(400, 'InvalidIpForSubnet', 'not in subnet');
      if (used.has(wanted.ip_address)) {
        const text = `IP address ${wanted.ip_address} already allocated in subnet ${subnet.id}`;
        throw new Refused(409, 'IpAddressAlreadyAllocated', text);
      }
      return { subnet_id: subnet.id, ip_address: wanted.ip_address };
    }
    const pools = subnet['allocation_pools'] as { start: string; end: string }[] | undefined;
    for (let index = 1; BigInt(index) < cidr.last - cidr.first; index += 1) {
      const address = addressAt(cidr, index);
      if (used.has(address) || address === subnet['gateway_ip']) continue;
      if (pools && !pools.some(({ start, end }) => between(address, start, end))) continue;
      return { subnet_id: subnet.id, ip_address: address };
    }
    throw new Refused(409, 'IpAddressGenerationFailure', 'No more IP addresses available.');
  }

  function refuseDelete(kind: Kind, row: Row): void {
    const ports = [...tables.ports.values()];
    if (kind === 'networks') {
      const busy = ports.some((port) => port['network_id'] === row.id);
      if (busy)
        throw new Refused(409, 'NetworkInUse', 'There are one or more ports still in use on the network.');
      for (const subnet of tables.subnets.values()) {
        if (subnet['network_id'] === row.id) tables.subnets.delete(subnet.id);
      }
    }
    const onSubnet = (port: Row): boolean =>
      (port['fixed_ips'] as FixedIp[]).some((ip) => ip.subnet_id === row.id);
    if (kind === 'subnets' && ports.some(onSubnet))
      throw new Refused(409, 'SubnetInUse', 'One or more ports have it.');
    if (
      kind === 'subnetpools' &&
      [...tables.subnets.values()].some((each) => each['subnetpool_id'] === row.id)
    ) {
      throw new Refused(400, 'SubnetPoolDeleteError', 'Subnet pool has existing allocations.');
    }
    const inGroup = (port: Row): boolean => (port['security_groups'] as string[]).includes(row.id);
    if (kind === 'security-groups' && ports.some(inGroup))
      throw new Refused(409, 'SecurityGroupInUse', 'in use.');
  }

  const session = createSession({
    authUrl: 'http://keystone',
    credentials: { type: 'token', token: 'x', scope: { unscoped: true } },
    endpoints: { network: 'http://neutron' },
    transport: async (request) => {
      if (!request.url.startsWith('http://keystone')) {
        const inner = request.url.replace('http://neutron/v2.0', 'http://neutron');
        return transport({ ...request, url: inner });
      }
      const expires_at = '2099-01-01T00:00:00Z';
      return {
        status: 201,
        headers: { 'x-subject-token': 'x' },
        body: { token: { expires_at, catalog: [] } },
      };
    },
  });
  const fake: FakeNeutron = {
    calls,
    ...tables,
    make,
    misfortune: undefined,
    session,
    hastySession: { ...session, ask: (service, ask) => session.ask(service, { ...ask, retries: 0 }) },
  };
  return fake;
}

interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

class Refused extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

function failure(type: string, message: string): object {
  return { NeutronError: { type, message, detail: '' } };
}

/** A copy, so that nobody sees what changes later. */
function answer(status: number, body: unknown): HttpResponse {
  return { status, headers: {}, body: body === undefined ? undefined : structuredClone(body) };
}

function changeTags(
  method: string,
  row: Row,
  tag: string | undefined,
  body: Record<string, unknown>,
): HttpResponse {
  if (tag === undefined) {
    row.tags = body['tags'] as string[];
    return answer(200, { tags: row.tags });
  }
  if (method === 'DELETE') {
    if (!row.tags.includes(tag)) throw new Refused(404, 'TagNotFound', `Tag ${tag} could not be found.`);
    row.tags = row.tags.filter((each) => each !== tag);
    return answer(204, undefined);
  }
  if (!row.tags.includes(tag)) {
    if (row.tags.length >= 50) throw new Refused(400, 'BadRequest', 'The number of tags exceeds 50.');
    row.tags = [...row.tags, tag];
  }
  return answer(201, undefined);
}

function matches(row: Row, query: URLSearchParams): boolean {
  for (const key of new Set(query.keys())) {
    const values = query.getAll(key);
    if (key === 'tags') {
      if (!values.flatMap((value) => value.split(',')).every((tag) => row.tags.includes(tag))) return false;
    } else if (key === 'fixed_ips') {
      const ips = row['fixed_ips'] as FixedIp[];
      for (const name of ['subnet_id', 'ip_address'] as const) {
        const wanted = values
          .filter((value) => value.startsWith(`${name}=`))
          .map((value) => value.slice(name.length + 1));
        if (wanted.length > 0 && !ips.some((ip) => wanted.includes(ip[name]))) return false;
      }
    } else if (!values.includes(String(row[key]))) return false;
  }
  return true;
}

function addressAt(cidr: Cidr, index: number): string {
  if (cidr.version === 6) return cidr.text.replace(/\/\d+$/, index.toString(16));
  const number = Number(cidr.first) + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

function between(address: string, start: string, end: string): boolean {
  const [at, from, to] = [address, start, end].map((text) =>
    text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0),
  );
  return at !== undefined && from !== undefined && to !== undefined && at >= from && at <= to;
}

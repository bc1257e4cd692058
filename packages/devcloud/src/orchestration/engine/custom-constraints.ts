import type { ServiceType } from '../../cloud/service.ts';
import { reasonOf } from '../errors.ts';
import { EntityNotFound, ResourceFault, ServiceFault } from '../resources/resource-type.ts';
import type { CustomCheck } from '../template/constraints.ts';
import { isDict, listAt, text } from '../values.ts';
import type { Runtime } from './runtime.ts';
import { callService } from './service-call.ts';
import type { Owner } from './tables.ts';

/** Where a thing of the cloud is found: by its id first, then by its name. */
interface Finder {
  readonly service: ServiceType;
  readonly byId: (value: string) => string;
  readonly key: string;
  readonly byName?: (value: string, projectId: string) => string;
  readonly listKey?: string;
  readonly entity: string;
}

const neutron = (path: string, one: string, entity = one): Finder => ({
  service: 'network',
  byId: (value) => `/v2.0/${path}/${encodeURIComponent(value)}`,
  key: one,
  byName: (value) => `/v2.0/${path}?name=${encodeURIComponent(value)}`,
  listKey: path.replaceAll('-', '_'),
  entity,
});

const FINDERS: Readonly<Record<string, Finder>> = {
  'neutron.network': neutron('networks', 'network'),
  'neutron.subnet': neutron('subnets', 'subnet'),
  'neutron.port': neutron('ports', 'port'),
  'neutron.router': neutron('routers', 'router'),
  'neutron.security_group': neutron('security-groups', 'security_group'),
  'neutron.subnetpool': neutron('subnetpools', 'subnetpool'),
  'neutron.address_scope': neutron('address-scopes', 'address_scope'),
  'nova.network': neutron('networks', 'network'),
  'nova.flavor': {
    service: 'compute',
    byId: (value) => `/v2.1/flavors/${encodeURIComponent(value)}`,
    key: 'flavor',
    byName: () => '/v2.1/flavors',
    listKey: 'flavors',
    entity: 'Flavor',
  },
  'nova.keypair': {
    service: 'compute',
    byId: (value) => `/v2.1/os-keypairs/${encodeURIComponent(value)}`,
    key: 'keypair',
    entity: 'Key',
  },
  'nova.server': {
    service: 'compute',
    byId: (value) => `/v2.1/servers/${encodeURIComponent(value)}`,
    key: 'server',
    entity: 'Server',
  },
  'glance.image': {
    service: 'image',
    byId: (value) => `/v2/images/${encodeURIComponent(value)}`,
    key: '',
    byName: (value) => `/v2/images?name=${encodeURIComponent(value)}`,
    listKey: 'images',
    entity: 'image',
  },
  'cinder.volume': {
    service: 'volumev3',
    byId: (value) => `/v3/volumes/${encodeURIComponent(value)}`,
    key: 'volume',
    entity: 'Volume',
  },
  'cinder.snapshot': {
    service: 'volumev3',
    byId: (value) => `/v3/snapshots/${encodeURIComponent(value)}`,
    key: 'snapshot',
    entity: 'VolumeSnapshot',
  },
  'cinder.vtype': {
    service: 'volumev3',
    byId: (value) => `/v3/types/${encodeURIComponent(value)}`,
    key: 'volume_type',
    byName: () => '/v3/types',
    listKey: 'volume_types',
    entity: 'VolumeType',
  },
  'keystone.project': {
    service: 'identity',
    byId: (value) => `/v3/projects/${encodeURIComponent(value)}`,
    key: 'project',
    byName: (value) => `/v3/projects?name=${encodeURIComponent(value)}`,
    listKey: 'projects',
    entity: 'KeystoneProject',
  },
};

const PATTERNS: Readonly<Record<string, { test: (value: string) => boolean; what: string }>> = {
  ip_addr: { test: isIp, what: 'Invalid IP address' },
  net_cidr: { test: isCidr, what: 'Invalid net cidr' },
  ip_or_cidr: { test: (value) => isIp(value) || isCidr(value), what: 'Invalid IP or CIDR' },
  mac_addr: {
    test: (value) => /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(value),
    what: 'Invalid MAC address',
  },
  dns_name: {
    test: (value) => value.length <= 255 && /^[a-z0-9.-]+$/i.test(value),
    what: 'Invalid DNS name',
  },
  rel_dns_name: {
    test: (value) => value.length <= 255 && /^[a-z0-9.-]+$/i.test(value),
    what: 'Invalid DNS name',
  },
  dns_domain: { test: (value) => /^[a-z0-9.-]+\.$/i.test(value), what: 'Invalid DNS domain' },
  timezone: { test: isTimezone, what: 'Invalid timezone' },
  expiration: { test: (value) => !Number.isNaN(Date.parse(value)), what: 'Invalid expiration' },
  iso_8601: { test: (value) => /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(value), what: 'Invalid ISO 8601 date' },
};

/** A check of custom constraints in the owner's name; equal questions are asked once. */
export function customCheckFor(runtime: Runtime, owner: Owner, signal: AbortSignal): CustomCheck {
  const asked = new Map<string, Promise<string | undefined>>();
  return (constraint, value) => {
    const key = `${constraint}\n${text(value)}`;
    const known = asked.get(key);
    if (known) return known;
    const answer = checkOne(runtime, owner, signal, constraint, value);
    asked.set(key, answer);
    return answer;
  };
}

async function checkOne(
  runtime: Runtime,
  owner: Owner,
  signal: AbortSignal,
  constraint: string,
  value: unknown,
): Promise<string | undefined> {
  const pattern = PATTERNS[constraint];
  if (pattern) {
    if (pattern.test(text(value))) return undefined;
    return `${pattern.what} '${text(value)}'`;
  }
  const finder = FINDERS[constraint];
  if (!finder) return `"${text(value)}" does not validate ${constraint} (constraint not found)`;
  try {
    await findId(runtime, owner, signal, constraint, text(value));
    return undefined;
  } catch (error) {
    return `Error validating value '${text(value)}': ${reasonOf(error)}`;
  }
}

/**
 * The id of a thing that a template names by id or by name.
 *
 * @throws ResourceFault, named and worded as Heat's, if there is none, or more than one of that name
 */
export async function findId(
  runtime: Runtime,
  owner: Owner,
  signal: AbortSignal,
  constraint: string,
  value: string,
): Promise<string> {
  const finder = FINDERS[constraint];
  if (!finder) throw new Error(`no such thing as ${constraint}`);
  const get = (path: string): Promise<unknown> =>
    callService(runtime, owner, { service: finder.service, method: 'GET', path }, signal);
  try {
    if (value !== '') {
      const body = await get(finder.byId(value));
      const found = finder.key === '' ? body : isDict(body) ? body[finder.key] : undefined;
      return isDict(found) ? text(found['id'] ?? found['name'] ?? value) : value;
    }
  } catch (error) {
    // Ids that are no UUIDs are refused with 400 by some of the services.
    if (!(error instanceof ServiceFault) || ![400, 404].includes(error.status)) throw error;
  }
  if (!finder.byName) throw new EntityNotFound(finder.entity, value);
  const rows = listAt(await get(finder.byName(value, owner.projectId)), finder.listKey ?? '').filter(
    (row) => isDict(row) && row['name'] === value,
  );
  const [only] = rows;
  if (rows.length > 1) {
    const reason = `Multiple physical resources were found with name (${value}).`;
    throw new ResourceFault('PhysicalResourceNameAmbiguity', reason);
  }
  if (!isDict(only)) throw new EntityNotFound(finder.entity, value);
  return text(only['id']);
}

function isIp(value: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(value)
    ? value.split('.').every((part) => Number(part) <= 255)
    : /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(value) && URL.canParse(`http://[${value}]/`);
}

function isCidr(value: string): boolean {
  const [address = '', prefix = '', ...others] = value.split('/');
  if (others.length > 0 || !/^\d+$/.test(prefix) || !isIp(address)) return false;
  return Number(prefix) <= (address.includes(':') ? 128 : 32);
}

function isTimezone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

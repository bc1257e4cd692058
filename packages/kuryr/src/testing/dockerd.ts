import { randomBytes } from 'node:crypto';
import type { DockerHost } from './docker-host.ts';

/** Docker's side of a network, with the calls in the order in which dockerd makes them, and its ways when one fails. */
export interface DockerNetwork {
  readonly id: string;
  readonly poolId: string;
  readonly pool: string;
  readonly gateway: string;
  readonly auxiliary: readonly string[];
}

export interface NetworkFlags {
  readonly subnet?: string;
  readonly gateway?: string;
  readonly ipRange?: string;
  readonly auxiliary?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly ipamOptions?: Readonly<Record<string, string>>;
  readonly internal?: boolean;
}

export interface Container {
  readonly endpointId: string;
  /** With prefix length. */
  readonly address: string;
  readonly mac: string;
  readonly joined: Record<string, unknown>;
}

export function dockerId(): string {
  return randomBytes(32).toString('hex');
}

/** `docker network create`. What failed is given back as dockerd does, and thrown. */
export async function networkCreate(host: DockerHost, flags: NetworkFlags): Promise<DockerNetwork> {
  const requested = await host.ask('/IpamDriver.RequestPool', {
    AddressSpace: 'no_address_space',
    Pool: flags.subnet ?? '',
    SubPool: flags.ipRange ?? '',
    Options: flags.ipamOptions ?? {},
    V6: false,
  });
  const poolId = String(requested['PoolID']);
  const pool = String(requested['Pool']);
  const taken: string[] = [];
  try {
    const gateway = await host.ask('/IpamDriver.RequestAddress', {
      PoolID: poolId,
      Address: flags.gateway ?? '',
      Options: { RequestAddressType: 'com.docker.network.gateway' },
    });
    taken.push(String(gateway['Address']));
    const aux: Record<string, string> = {};
    for (const [name, address] of Object.entries(flags.auxiliary ?? {})) {
      const body = { PoolID: poolId, Address: address, Options: null };
      aux[name] = String((await host.ask('/IpamDriver.RequestAddress', body))['Address']);
      taken.push(aux[name]);
    }
    const id = dockerId();
    await host.ask('/NetworkDriver.CreateNetwork', {
      NetworkID: id,
      Options: {
        'com.docker.network.enable_ipv4': true,
        'com.docker.network.enable_ipv6': false,
        'com.docker.network.generic': flags.options ?? {},
        ...(flags.internal === true ? { 'com.docker.network.internal': true } : {}),
      },
      IPv4Data: [{ AddressSpace: 'no_address_space', AuxAddresses: aux, Gateway: taken[0], Pool: pool }],
      IPv6Data: [],
    });
    return { id, poolId, pool, gateway: taken[0] ?? '', auxiliary: Object.values(aux) };
  } catch (error) {
    for (const address of taken) await releaseAddress(host, poolId, address);
    await host.ask('/IpamDriver.ReleasePool', { PoolID: poolId }).catch(() => undefined);
    throw error;
  }
}

/** `docker network rm`: failures are nobody's business. */
export async function networkRemove(host: DockerHost, network: DockerNetwork): Promise<void> {
  for (const address of [network.gateway, ...network.auxiliary])
    await releaseAddress(host, network.poolId, address);
  await host.ask('/IpamDriver.ReleasePool', { PoolID: network.poolId }).catch(() => undefined);
  await host.ask('/NetworkDriver.DeleteNetwork', { NetworkID: network.id }).catch(() => undefined);
}

/** `docker run` up to the running container. */
export async function containerStart(
  host: DockerHost,
  network: DockerNetwork,
  flags: { readonly ip?: string; readonly mac?: string; readonly exposed?: readonly number[] } = {},
): Promise<Container> {
  const mac = flags.mac ?? `02:42${randomBytes(4).toString('hex').replaceAll(/../g, ':$&')}`;
  const reserved = await host.ask('/IpamDriver.RequestAddress', {
    PoolID: network.poolId,
    Address: flags.ip ?? '',
    Options: { 'com.docker.network.endpoint.macaddress': mac, 'com.docker.network.endpoint.name': 'c' },
  });
  const address = String(reserved['Address']);
  const ids = { NetworkID: network.id, EndpointID: dockerId() };
  const options = {
    'com.docker.network.endpoint.exposedports': (flags.exposed ?? []).map((Port) => ({ Proto: 6, Port })),
    'com.docker.network.portmap': [],
  };
  const wanted = { Address: address, AddressIPv6: '', MacAddress: mac };
  try {
    await host.ask('/NetworkDriver.CreateEndpoint', { ...ids, Interface: wanted, Options: options });
  } catch (error) {
    await releaseAddress(host, network.poolId, address);
    throw error;
  }
  const container = { endpointId: ids.EndpointID, address, mac, joined: {} };
  try {
    const SandboxKey = '/var/run/docker/netns/1c8957968575';
    const joined = await host.ask('/NetworkDriver.Join', { ...ids, SandboxKey, Options: options });
    const source = String((joined['InterfaceName'] as Record<string, unknown>)['SrcName']);
    host.links.inContainers.add(source.replace('t_c', 'tap'));
    await host.ask('/NetworkDriver.ProgramExternalConnectivity', { ...ids, Options: options });
    await host.ask('/NetworkDriver.EndpointOperInfo', ids);
    return { ...container, joined };
  } catch (error) {
    await containerStop(host, network, container);
    throw error;
  }
}

/** `docker stop`, with failures unheard. */
export async function containerStop(
  host: DockerHost,
  network: DockerNetwork,
  container: Container,
): Promise<void> {
  const ids = { NetworkID: network.id, EndpointID: container.endpointId };
  await host.ask('/NetworkDriver.RevokeExternalConnectivity', ids).catch(() => undefined);
  await host.ask('/NetworkDriver.Leave', ids).catch(() => undefined);
  host.links.inContainers.clear();
  await host.ask('/NetworkDriver.DeleteEndpoint', ids).catch(() => undefined);
  await releaseAddress(host, network.poolId, container.address);
}

async function releaseAddress(host: DockerHost, poolId: string, address: string): Promise<void> {
  const body = { PoolID: poolId, Address: address.split('/')[0] };
  await host.ask('/IpamDriver.ReleaseAddress', body).catch(() => undefined);
}

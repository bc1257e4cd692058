import type { Driver } from '../driver/context.ts';
import { createEndpoint } from '../endpoints/create-endpoint.ts';
import { deleteEndpoint } from '../endpoints/delete-endpoint.ts';
import { findEndpoint } from '../endpoints/endpoints.ts';
import { exposePorts, hidePorts } from '../endpoints/expose-ports.ts';
import { join } from '../endpoints/join.ts';
import { releaseAddress } from '../ipam/release-address.ts';
import { releasePool } from '../ipam/release-pool.ts';
import { requestAddress } from '../ipam/request-address.ts';
import { requestPool } from '../ipam/request-pool.ts';
import { createNetwork } from '../networks/create-network.ts';
import type { IpamData } from '../networks/network-request.ts';
import { deleteNetwork } from '../networks/delete-network.ts';
import { KuryrError } from '../driver/errors.ts';
import type { Message } from './message.ts';

/** Answers one request of Docker's. Without a body where the method has no arguments. */
export type Method =
  | { readonly body: false; readonly answer: (driver: Driver) => object }
  | {
      readonly body: true;
      readonly answer: (driver: Driver, message: Message, signal: AbortSignal) => Promise<object> | object;
    };

const DONE = {};

/**
 * The remote driver protocol of libnetwork, by path. Source: moby, daemon/libnetwork/drivers/remote/api and
 * ipams/remote/api.
 */
export const METHODS: Readonly<Record<string, Method>> = {
  '/Plugin.Activate': plain(() => ({ Implements: ['NetworkDriver', 'IpamDriver'] })),

  '/NetworkDriver.GetCapabilities': plain(({ config }) => ({
    Scope: config.capabilityScope,
    ConnectivityScope: config.capabilityScope,
    GwAllocChecker: false,
  })),
  // Asked only where GwAllocChecker is true; answered all the same.
  '/NetworkDriver.GwAllocCheck': method(() => ({ SkipIPv4: false, SkipIPv6: false })),
  '/NetworkDriver.CreateNetwork': method(async (driver, message, signal) => {
    const options = message.map('Options');
    await createNetwork(
      driver,
      {
        networkId: message.id('NetworkID'),
        options: record(options['com.docker.network.generic']),
        internal: options['com.docker.network.internal'] === true,
        data: [...message.parts('IPv4Data'), ...message.parts('IPv6Data')].map(ipamData),
      },
      signal,
    );
    return DONE;
  }),
  // A swarm manager's share in the creation of a network of scope global.
  '/NetworkDriver.AllocateNetwork': method((_, message) => ({ Options: message.map('Options') })),
  '/NetworkDriver.FreeNetwork': method(() => DONE),
  '/NetworkDriver.DeleteNetwork': method(async (driver, message, signal) => {
    await deleteNetwork(driver, message.id('NetworkID'), signal);
    return DONE;
  }),
  '/NetworkDriver.CreateEndpoint': method(async (driver, message, signal) => {
    const wanted = message.part('Interface');
    const mac = await createEndpoint(
      driver,
      {
        networkId: message.id('NetworkID'),
        endpointId: message.id('EndpointID'),
        addresses: [wanted.text('Address'), wanted.text('AddressIPv6')].filter((address) => address !== ''),
        mac: macAddress(wanted.text('MacAddress')),
      },
      signal,
    );
    // Docker takes an answer for what it chose itself as a conflict.
    return { Interface: mac === undefined ? {} : { MacAddress: mac } };
  }),
  '/NetworkDriver.EndpointOperInfo': method(async (driver, message, signal) => {
    const port = await findEndpoint(driver, message.id('EndpointID'), signal);
    return { Value: port ? { status: port.status } : {} };
  }),
  '/NetworkDriver.DeleteEndpoint': method(async (driver, message, signal) => {
    await deleteEndpoint(driver, message.id('EndpointID'), signal);
    return DONE;
  }),
  '/NetworkDriver.Join': method(async (driver, message, signal) => {
    const joined = await join(driver, message.id('NetworkID'), message.id('EndpointID'), signal);
    return {
      InterfaceName: { SrcName: joined.source, DstPrefix: driver.config.interfacePrefix },
      Gateway: joined.gateway,
      GatewayIPv6: joined.gatewayV6,
      StaticRoutes: joined.routes.map((route) => ({
        Destination: route.destination,
        RouteType: 0,
        NextHop: route.nextHop,
      })),
      // Docker would give a container without a gateway one more interface, on a bridge of its own.
      DisableGatewayService: true,
    };
  }),
  '/NetworkDriver.Leave': method(() => DONE),
  '/NetworkDriver.ProgramExternalConnectivity': method((driver, message) => {
    exposePorts(driver, message.id('EndpointID'), message.map('Options'));
    return DONE;
  }),
  '/NetworkDriver.RevokeExternalConnectivity': method((driver, message) => {
    hidePorts(driver, message.id('EndpointID'));
    return DONE;
  }),
  '/NetworkDriver.DiscoverNew': method(() => DONE),
  '/NetworkDriver.DiscoverDelete': method(() => DONE),

  '/IpamDriver.GetCapabilities': plain(() => ({ RequiresMACAddress: true, RequiresRequestReplay: false })),
  '/IpamDriver.GetDefaultAddressSpaces': plain(({ config }) => ({
    LocalDefaultAddressSpace: config.localAddressSpace,
    GlobalDefaultAddressSpace: config.globalAddressSpace,
  })),
  '/IpamDriver.RequestPool': method(async (driver, message, signal) => {
    const pool = await requestPool(
      driver,
      {
        pool: message.text('Pool'),
        subPool: message.text('SubPool'),
        options: message.map('Options'),
        v6: message.flag('V6'),
      },
      signal,
    );
    return { PoolID: pool.id, Pool: pool.cidr, Data: {} };
  }),
  '/IpamDriver.ReleasePool': method(async (driver, message, signal) => {
    await releasePool(driver, message.id('PoolID'), signal);
    return DONE;
  }),
  '/IpamDriver.RequestAddress': method(async (driver, message, signal) => {
    const options = message.map('Options');
    const mac = options['com.docker.network.endpoint.macaddress'];
    const address = await requestAddress(
      driver,
      {
        poolId: message.id('PoolID'),
        address: message.text('Address'),
        gateway: options['RequestAddressType'] === 'com.docker.network.gateway',
        mac: typeof mac === 'string' ? macAddress(mac) : undefined,
      },
      signal,
    );
    return { Address: address, Data: {} };
  }),
  '/IpamDriver.ReleaseAddress': method(async (driver, message, signal) => {
    await releaseAddress(driver, message.id('PoolID'), message.text('Address'), signal);
    return DONE;
  }),
};

function plain(answer: (driver: Driver) => object): Method {
  return { body: false, answer };
}

function method(answer: (Method & { body: true })['answer']): Method {
  return { body: true, answer };
}

function ipamData(part: Message): IpamData {
  const auxiliary = Object.values(part.map('AuxAddresses')).filter((value) => typeof value === 'string');
  return { pool: part.text('Pool'), gateway: part.text('Gateway'), auxiliary };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Neutron writes MAC addresses in lower case. */
function macAddress(text: string): string | undefined {
  if (text === '') return undefined;
  const mac = text.toLowerCase();
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac))
    throw new KuryrError('bad-request', `'${text}' is no MAC address`);
  return mac;
}

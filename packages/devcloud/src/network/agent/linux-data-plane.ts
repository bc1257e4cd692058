import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../model/context.ts';
import { revise, type Change } from '../model/context.ts';
import { DEVICE_OWNER, type NetworkRow, type PortRow } from '../model/rows.ts';
import type { DataPlane } from './data-plane.ts';
import { HostUplink, hostAddresses } from './host-uplink.ts';
import { linuxLinks, type LinkError, type Links } from './links.ts';
import { aliasOf, bridgeName, interfaceGroups, tapName, tapPart } from './names.ts';
import { bridgeLines, bridgeSettings, foundBridgeLine, isPlugged, newBridgeLine, plugLines } from './plug.ts';
import { planRouter } from './router-plan.ts';
import { RouterNamespaces } from './router-namespaces.ts';
import { openAgentState } from './agent-state.ts';
import { WorkQueue } from './work-queue.ts';

/** How often everything is looked at again, in case somebody else changed the machine; milliseconds. */
const AGAIN = 30_000;
/** How long whoever makes an interface is given to plug it in; milliseconds. */
const OWN_DOING = 10;
/** After a failure, how soon. */
const SOON = 1_000;

/**
 * The data plane on this machine's kernel: one bridge a network, any `tap` interface of a port plugged in
 * the moment it appears, one namespace a router, and the host as the way out of external networks.
 *
 * There are no DHCP agents and no router advertisements: servers and containers are given their addresses,
 * routes and name servers as configuration by whoever makes them.
 */
export function linuxDataPlane(context: Context, links: Links = linuxLinks(), cloudId?: string): DataPlane {
  const { cloud, tables } = context;
  const log = cloud.log.child({ component: 'network-agent' });
  const state = openAgentState(cloud, cloudId);
  const alias = aliasOf(state.cloudId);
  const groups = interfaceGroups(state.cloudId);
  const routers = new RouterNamespaces(links, state.cloudId);
  const uplink = new HostUplink(links, log, state.cloudId, (forwarding) =>
    state.rememberForwarding(forwarding),
  );
  /** Until it has started, changes need no work: starting looks at everything. */
  let started = false;
  let retry: NodeJS.Timeout | undefined;
  const waits = new Set<Promise<void>>();

  /** Interfaces and bridges; quick, and never behind the slower work on routers. */
  const plugging = new WorkQueue<`port ${string}` | `network ${string}`>(async (batch) => {
    const ports = new Map<string, PortRow>();
    const networks = new Set<string>();
    for (const item of batch) {
      const [kind = '', id = ''] = item.split(' ');
      const concerned = kind === 'network' ? tables.ports.by('network', id) : [tables.ports.get(id)];
      if (kind === 'network') networks.add(id);
      for (const port of concerned) {
        if (!port) continue;
        ports.set(port.id, port);
        if (isHere(port)) networks.add(port.network_id);
      }
    }
    await makeBridges([...networks]);
    const lines = [...networks].flatMap(networkLines);
    for (const port of ports.values()) {
      const network = tables.networks.get(port.network_id);
      const tap = links.find(tapName(port.id));
      if (network && tap) lines.push(...plugLines(port, network, tap));
    }
    const failures = await links.attempt(lines);
    reportFailures(failures);
    noteStatus([...ports.keys()]);
  }, failed);

  /** Routers by id, and `host` for the way out. */
  const routing = new WorkQueue<string>(async (batch) => {
    for (const id of batch) {
      try {
        await (id === HOST ? uplink.apply(presentAddresses()) : applyRouter(id));
      } catch (error) {
        failed(error);
      }
    }
  }, failed);

  /** A network has a bridge once something of it is on this machine, and as long as it exists. */
  async function makeBridges(ids: readonly string[]): Promise<void> {
    const missing = ids.flatMap((id) => tables.networks.get(id) ?? []).filter(needsBridge);
    for (const network of missing) {
      const failures = await links.attempt([newBridgeLine(network)]);
      // Whoever plugs something in may have been quicker, Kuryr for one, and made it a little different.
      const found = failures.length > 0 && links.find(bridgeName(network.id)) !== undefined;
      reportFailures(found ? await links.attempt([foundBridgeLine(network)]) : failures);
      if (links.find(bridgeName(network.id))) await links.sysctl(bridgeSettings(network));
    }
  }

  function needsBridge(network: NetworkRow): boolean {
    if (links.find(bridgeName(network.id))) return false;
    return network['router:external'] || tables.ports.by('network', network.id).some(isHere);
  }

  function networkLines(id: string): string[] {
    const network = tables.networks.get(id);
    const bridge = links.find(bridgeName(id));
    if (!bridge) return [];
    if (!network) return bridge.alias === alias ? [`link del dev ${bridge.name}`] : [];
    const group = network['router:external'] ? groups.external : groups.internal;
    return bridgeLines(network, bridge, { alias, group });
  }

  function isHere(port: PortRow): boolean {
    return port['binding:vif_type'] === 'bridge' || links.find(tapName(port.id)) !== undefined;
  }

  /** A port is ACTIVE while its interface is plugged in. */
  function noteStatus(ids: readonly string[]): void {
    const changed: string[] = [];
    cloud.store.transaction(() => {
      for (const id of ids) {
        const port = tables.ports.get(id);
        const network = port && tables.networks.get(port.network_id);
        if (!port || !network || port.status === 'N/A') continue;
        const status = isPlugged(port, network, links.find(tapName(id))) ? 'ACTIVE' : 'DOWN';
        if (status === port.status) continue;
        tables.ports.put(revise<PortRow>(context, port, { status }));
        changed.push(id);
      }
    });
    for (const id of changed) cloud.signals.emit('port', id);
  }

  async function applyRouter(id: string): Promise<void> {
    const router = tables.routers.get(id);
    const plan = router && planRouter(tables, router);
    if (plan) await routers.apply(plan);
    else await routers.remove(id);
  }

  /** Addresses can only be given to bridges that are there. */
  function presentAddresses(): ReturnType<typeof hostAddresses> {
    return hostAddresses(tables).filter(({ bridge }) => links.find(bridge));
  }

  function interfaceChanged(name: string): void {
    if (!started) return;
    const part = tapPart(name);
    if (part !== undefined) {
      const port = tables.ports.by('tap', part)[0];
      if (port) tapChanged(port);
      return;
    }
    // Somebody took a bridge away, or it has just been made: the host's address on it is looked at.
    const network = name.startsWith('brq') ? tables.networks.by('bridge', name.slice(3))[0] : undefined;
    if (!network) return;
    if (!links.find(name)) plugging.add(`network ${network.id}`);
    if (network['router:external']) routing.add(HOST);
  }

  /** A new one is mostly plugged in by whoever makes it, Kuryr for one; a process for that would cost more than waiting. */
  function tapChanged(port: PortRow): void {
    const network = tables.networks.get(port.network_id);
    const tap = links.find(tapName(port.id));
    if (!network || !tap || isPlugged(port, network, tap)) return plugging.add(`port ${port.id}`);
    const wait = delay(OWN_DOING).then(() => {
      waits.delete(wait);
      if (started) plugging.add(`port ${port.id}`);
    });
    waits.add(wait);
  }

  function changed(changes: readonly Change[]): void {
    if (!started) return;
    for (const { kind, id } of changes) {
      if (kind === 'router') routing.add(id);
      else plugging.add(`${kind} ${id}`);
      if (kind === 'network') {
        routing.add(HOST, ...routersOn(id));
      }
      const port = kind === 'port' ? tables.ports.get(id) : undefined;
      if (port && isRouterPort(port)) routing.add(port.device_id);
    }
  }

  function routersOn(networkId: string): string[] {
    return tables.ports
      .by('network', networkId)
      .filter(isRouterPort)
      .map((port) => port.device_id);
  }

  /** Takes away what belongs to nothing any more, and looks at all the rest. */
  async function reconcile(): Promise<void> {
    const stale = links.names().flatMap((name) => {
      const isOurs = links.find(name)?.alias === alias;
      if (!isOurs) return [];
      const part = tapPart(name);
      if (part !== undefined) return tables.ports.by('tap', part).length > 0 ? [] : [name];
      return tables.networks.by('bridge', name.slice(3)).length > 0 ? [] : [name];
    });
    reportFailures(await links.attempt(stale.map((name) => `link del dev ${name}`)));
    const gone = (await routers.ours()).filter((id) => !tables.routers.get(id));
    plugging.add(...tables.networks.all().map((network) => `network ${network.id}` as const));
    plugging.add(...tables.ports.all().map((port) => `port ${port.id}` as const));
    await plugging.idle();
    routing.add(...gone, HOST, ...tables.routers.all().map((router) => router.id));
    await routing.idle();
    await plugging.idle();
  }

  function reportFailures(failures: readonly LinkError[]): void {
    for (const failure of failures) failed(failure);
  }

  /** What failed may work soon: an interface that vanished midway, a bridge that was still busy. */
  function failed(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const isRace = /Cannot find device|No such device/.test(text);
    log[isRace ? 'debug' : 'error']({ err: error }, `network agent: ${text}`);
    retry ??= setTimeout(reconcileNow, SOON).unref();
  }

  function reconcileNow(): void {
    retry = undefined;
    reconcile().then(undefined, failed);
  }

  function follow(signal: AbortSignal): void {
    links.watch(
      interfaceChanged,
      (error) => {
        failed(error);
        setTimeout(() => signal.aborted || follow(signal), SOON).unref();
      },
      signal,
    );
  }

  async function settled(): Promise<void> {
    while (waits.size > 0 || plugging.busy || routing.busy) {
      await Promise.all(waits);
      await plugging.idle();
      await routing.idle();
    }
  }

  return {
    async start(signal) {
      await links.check();
      follow(signal);
      started = true;
      await reconcile();
      const again = setInterval(reconcileNow, AGAIN).unref();
      signal.addEventListener('abort', () => {
        started = false;
        clearInterval(again);
        clearTimeout(retry);
      });
    },
    changed,
    settled,
    async stop() {
      started = false;
      await settled();
      clearTimeout(retry);
    },
  };
}

const HOST = 'host';

function isRouterPort(port: PortRow): boolean {
  return (
    port.device_owner === DEVICE_OWNER.routerInterface || port.device_owner === DEVICE_OWNER.routerGateway
  );
}

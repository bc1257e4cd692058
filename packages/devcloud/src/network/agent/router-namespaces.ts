import { LinkError, type AddressedLink, type Links } from './links.ts';
import { aliasOf, routerNamespace } from './names.ts';
import type { Leg, PlannedRoute, RouterPlan } from './router-plan.ts';

/**
 * Routers as network namespaces. Each is compared with its plan and gets what is missing; running it again
 * changes nothing.
 */
export class RouterNamespaces {
  readonly #links: Links;
  readonly #alias: string;
  /** The translation table each namespace has; unknown after a start, then it is written once. */
  readonly #nat = new Map<string, string>();

  constructor(links: Links, cloudId: string) {
    this.#links = links;
    this.#alias = aliasOf(cloudId);
  }

  async apply(plan: RouterPlan): Promise<void> {
    const { namespace } = plan;
    if (!this.#links.namespaces().includes(namespace)) await this.#make(namespace);
    let present = await this.#links.addressed(namespace);
    const missing = plan.legs.filter((leg) => !present.some((link) => link.name === leg.inside));
    const extra = present.filter(
      (link) => /^q[rg]-/.test(link.name) && !plan.legs.some((leg) => leg.inside === link.name),
    );
    await this.#links.batch(
      extra.map((link) => `link del dev ${link.name}`),
      namespace,
    );
    if (missing.length > 0) {
      await this.#makeLegs(namespace, missing);
      present = await this.#links.addressed(namespace);
    }
    await this.#links.batch(
      plan.legs.flatMap((leg) => legLines(leg, present)),
      namespace,
    );
    await this.#applyRoutes(plan);
    if (this.#nat.get(namespace) !== plan.nat) {
      await this.#links.restoreTables(plan.nat, namespace);
      this.#nat.set(namespace, plan.nat);
    }
  }

  /** Takes a router's namespace away, and its legs with it. */
  async remove(routerId: string): Promise<void> {
    const namespace = routerNamespace(routerId);
    if (!this.#links.namespaces().includes(namespace)) return;
    await this.#links.batch([`netns del ${namespace}`]);
    this.#nat.delete(namespace);
  }

  /** Routers whose namespaces this cloud has made, by id. */
  async ours(): Promise<string[]> {
    const found: string[] = [];
    for (const namespace of this.#links.namespaces()) {
      if (!namespace.startsWith(routerNamespace(''))) continue;
      const links = await this.#links.addressed(namespace).catch(() => []);
      if (links.some((link) => link.alias === this.#alias)) found.push(namespace.slice('qrouter-'.length));
    }
    return found;
  }

  async #make(namespace: string): Promise<void> {
    await this.#links.batch([`netns add ${namespace}`]);
    await this.#links.batch([`link set dev lo alias ${this.#alias} up`], namespace);
    await this.#links.sysctl(
      [
        'net/ipv4/ip_forward=1',
        'net/ipv6/conf/all/forwarding=1',
        // Neighbours learn of an address when its leg is told its MAC anew.
        'net/ipv4/conf/default/arp_notify=1',
        'net/ipv4/conf/default/rp_filter=0',
        // Addresses come from Neutron, which knows that nobody else has them.
        'net/ipv6/conf/default/accept_dad=0',
        'net/ipv6/conf/default/accept_ra=0',
      ],
      namespace,
    );
    this.#nat.delete(namespace);
  }

  async #makeLegs(namespace: string, legs: readonly Leg[]): Promise<void> {
    const stale = legs.filter((leg) => this.#links.find(leg.outside));
    await this.#links.batch(stale.map((leg) => `link del dev ${leg.outside}`));
    await this.#links.batch(
      legs.flatMap((leg) => [
        `link add name ${leg.outside} mtu ${leg.mtu} type veth peer name ${leg.inside} address ${leg.mac} mtu ${leg.mtu} netns ${namespace}`,
        `link set dev ${leg.outside} alias ${this.#alias} addrgenmode none`,
      ]),
    );
  }

  async #applyRoutes({ namespace, routes }: RouterPlan): Promise<void> {
    const present = await this.#links.routes(namespace);
    const wanted = new Set(routes.map((route) => `${key(route.destination)} ${route.gateway}`));
    const has = new Set(present.map((route) => `${key(route.destination)} ${route.gateway ?? ''}`));
    const stale = present.filter((route) => !wanted.has(`${key(route.destination)} ${route.gateway ?? ''}`));
    const added = routes.filter((route) => !has.has(`${key(route.destination)} ${route.gateway}`));
    await this.#links.batch(
      [
        ...stale.map((route) => `route del ${route.destination} via ${route.gateway ?? ''}`),
        ...added.map(routeLine),
      ],
      namespace,
    );
  }
}

function legLines(leg: Leg, present: readonly AddressedLink[]): string[] {
  const link = present.find((candidate) => candidate.name === leg.inside);
  if (!link) throw new LinkError(`${leg.inside} went away while its router was being set up`);
  const added = leg.addresses.filter((address) => !link.addresses.includes(address));
  const stale = link.addresses.filter((address) => !leg.addresses.includes(address));
  const lines = [
    ...stale.map((address) => `addr del ${address} dev ${leg.inside}`),
    ...added.map((address) => `addr add ${address} dev ${leg.inside}`),
  ];
  if (link.mtu !== leg.mtu) lines.push(`link set dev ${leg.inside} mtu ${leg.mtu}`);
  if (!link.up) lines.push(`link set dev ${leg.inside} up`);
  // With arp_notify the kernel announces all addresses of a device that is told its MAC, even the same one.
  else if (added.length > 0) lines.push(`link set dev ${leg.inside} address ${leg.mac}`);
  return lines;
}

function routeLine(route: PlannedRoute): string {
  const device = route.device === undefined ? '' : ` dev ${route.device} onlink`;
  return `route replace ${route.destination} via ${route.gateway}${device} proto static`;
}

function key(destination: string): string {
  return destination === '0.0.0.0/0' || destination === '::/0' ? 'default' : destination;
}

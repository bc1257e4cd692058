import type { Logger } from '@gantry/oslo';
import { formatCidr, overlap, parseCidr } from '../model/addresses.ts';
import type { Tables } from '../model/tables.ts';
import { LinkError, type Links } from './links.ts';
import { aliasOf, bridgeName, interfaceGroups } from './names.ts';

/** A host's address on an external network. */
export interface HostAddress {
  readonly bridge: string;
  /** `172.24.4.1/24`. */
  readonly address: string;
  /** `172.24.4.0/24`. */
  readonly cidr: string;
}

/**
 * The host as the world beyond external networks: it has each subnet's gateway address on the network's
 * bridge, forwards, and hides the servers behind its own address where it has a way out.
 */
export class HostUplink {
  readonly #links: Links;
  readonly #log: Logger;
  readonly #cloudId: string;
  readonly #remember: (forwarding: boolean) => void;
  readonly #complained = new Set<string>();

  /** @param remember is told, before the host is made to forward, whether it did so by itself */
  constructor(links: Links, log: Logger, cloudId: string, remember: (forwarding: boolean) => void) {
    this.#links = links;
    this.#log = log;
    this.#cloudId = cloudId;
    this.#remember = remember;
  }

  async apply(wanted: readonly HostAddress[]): Promise<void> {
    const usable = await this.#applyAddresses(wanted);
    if (usable.length > 0 && !this.#links.forwards()) {
      this.#remember(false);
      await this.#links.sysctl(['net/ipv4/ip_forward=1']);
    }
    const uplink = usable.length > 0 && (await this.#hasWayOut());
    await replaceRules(this.#links, this.#cloudId, hostRules(this.#cloudId, uplink ? usable : []));
  }

  /** An address range that the host has elsewhere already stays there: two would make both unreachable. */
  async #applyAddresses(wanted: readonly HostAddress[]): Promise<HostAddress[]> {
    const present = await this.#links.hostAddresses();
    const lines: string[] = [];
    const usable: HostAddress[] = [];
    for (const want of wanted) {
      const clash = present.find(({ name, cidr }) => name !== want.bridge && meets(cidr, want.cidr));
      if (clash) {
        this.#complain(want, clash);
        continue;
      }
      usable.push(want);
      const has = present.some(({ name, cidr }) => name === want.bridge && cidr === want.address);
      if (!has) lines.push(`addr add ${want.address} dev ${want.bridge}`);
    }
    for (const bridge of new Set(wanted.map((want) => want.bridge))) {
      for (const { name, cidr } of present) {
        const stale =
          name === bridge && !cidr.startsWith('fe80:') && !wanted.some((one) => one.address === cidr);
        if (stale) lines.push(`addr del ${cidr} dev ${bridge}`);
      }
    }
    await this.#links.batch(lines);
    return usable;
  }

  #complain(want: HostAddress, clash: { readonly name: string; readonly cidr: string }): void {
    if (this.#complained.has(want.address)) return;
    this.#complained.add(want.address);
    this.#log.error(
      { network: want.cidr, interface: clash.name },
      `this machine has ${clash.cidr} on ${clash.name}, so that it can't be the gateway of the external network ${want.cidr}: give that network another range, or take the address from ${clash.name}`,
    );
  }

  async #hasWayOut(): Promise<boolean> {
    const routes = await this.#links.routes();
    return routes.some((route) => route.destination === 'default');
  }
}

/** The gateway addresses of all external networks whose bridge there is. */
export function hostAddresses(tables: Tables): HostAddress[] {
  return tables.networks
    .all()
    .filter((network) => network['router:external'])
    .flatMap((network) =>
      tables.subnets.by('network', network.id).flatMap((subnet) => {
        const cidr = parseCidr(subnet.cidr);
        if (!cidr || subnet.gateway_ip === null) return [];
        return [
          {
            bridge: bridgeName(network.id),
            address: `${subnet.gateway_ip}/${cidr.prefixLength}`,
            cidr: formatCidr(cidr),
          },
        ];
      }),
    );
}

function meets(a: string, b: string): boolean {
  const left = parseCidr(a);
  const right = parseCidr(b);
  return left !== undefined && right !== undefined && left.version === right.version && overlap(left, right);
}

interface Rule {
  readonly table: 'raw' | 'filter' | 'nat';
  /** Chain and matches, without the comment. */
  readonly rule: string;
}

/**
 * The host's rules of a cloud. Where the kernel hands bridged frames to iptables (`bridge-nf-call-iptables`,
 * which Docker switches on), they would meet the host's own rules: a DROP policy of FORWARD, or Docker's
 * MASQUERADE of a range that a tenant has too. So what stays inside a cloud's networks is let through, and
 * on networks the host is no part of it isn't even tracked.
 */
export function hostRules(cloudId: string, uplinks: readonly HostAddress[]): Rule[] {
  const { external, internal } = interfaceGroups(cloudId);
  const both = `0x${external.toString(16)}/0xfffffffe`;
  return [
    { table: 'raw', rule: `PREROUTING -m devgroup --src-group 0x${internal.toString(16)} -j NOTRACK` },
    { table: 'filter', rule: `FORWARD -m devgroup --src-group ${both} -j ACCEPT` },
    {
      table: 'filter',
      rule: `FORWARD -m devgroup --dst-group ${both} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    },
    ...uplinks
      .filter(({ cidr }) => cidr.includes('.'))
      .map(({ cidr, bridge }) => ({
        table: 'nat' as const,
        rule: `POSTROUTING -s ${cidr} ! -o ${bridge} -j MASQUERADE`,
      })),
  ];
}

const TABLES = ['raw', 'filter', 'nat'] as const;

/**
 * Makes the cloud's rules on the host be exactly `wanted`; nobody else's are touched. Rules carry a comment
 * with the cloud's id and what they are, by which they are known again.
 *
 * @returns how many were taken away
 */
export async function replaceRules(links: Links, cloudId: string, wanted: readonly Rule[]): Promise<number> {
  const text: string[] = [];
  let removed = 0;
  for (const table of TABLES) {
    const present = (await links.rules(table)).filter((line) => line.includes(`${aliasOf(cloudId)}:`));
    const mine = wanted.filter((rule) => rule.table === table).map((rule) => withComment(cloudId, rule.rule));
    const stale = present.filter((line) => !mine.some((rule) => commentOf(rule) === commentOf(line)));
    const added = mine.filter((rule) => !present.some((line) => commentOf(line) === commentOf(rule)));
    if (stale.length === 0 && added.length === 0) continue;
    removed += stale.length;
    text.push(
      `*${table}`,
      ...stale.map((line) => line.replace(/^-A /, '-D ')),
      // In front of the rules of others, which may end with a DROP for all.
      ...added.map((rule) => `-I ${rule}`),
      'COMMIT',
      '',
    );
  }
  if (text.length > 0) await links.changeTables(text.join('\n'));
  return removed;
}

/** Ids of the clouds that have rules on the host. */
export async function cloudsWithRules(links: Links): Promise<string[]> {
  const lines = (await Promise.all(TABLES.map((table) => links.rules(table)))).flat();
  return lines.flatMap((line) => /--comment "?gantry:([^:" ]+):/.exec(line)?.[1] ?? []);
}

/** The comment says the rule itself, so that a rule of an older form is seen to be another. */
function withComment(cloudId: string, rule: string): string {
  const [head = '', target = ''] = rule.split(/ (?=-j )/);
  const what = rule.replace(/[^\w./!-]+/g, '_').slice(0, 180);
  return `${head} -m comment --comment ${aliasOf(cloudId)}:${what} ${target}`;
}

function commentOf(line: string): string {
  const comment = /--comment "?([^" ]+)"?/.exec(line)?.[1];
  if (comment === undefined) throw new LinkError(`a rule without a comment: ${line}`);
  return comment;
}

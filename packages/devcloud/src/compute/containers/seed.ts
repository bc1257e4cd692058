import type { Nic, ServerSpec } from '../hypervisor.ts';

/** cloud-init's NoCloud data source: the files of its seed folder, by name. */
export interface Seed {
  /** As the user gave it: cloud-init itself tells scripts, `#cloud-config`, MIME and gzip apart. */
  readonly 'user-data': Uint8Array;
  /** JSON, which is YAML. */
  readonly 'meta-data': string;
  readonly 'network-config': string;
}

/** Says about a server to itself what Nova's metadata service would. */
export function serverSeed(spec: ServerSpec): Seed {
  return {
    'user-data': spec.userData ?? new Uint8Array(),
    'meta-data': json({
      'instance-id': spec.id,
      'local-hostname': spec.hostname,
      uuid: spec.id,
      name: spec.name,
      project_id: spec.projectId,
      availability_zone: spec.availabilityZone,
      'public-keys': spec.sshKeys.map((key) => key.publicKey),
      meta: spec.metadata,
    }),
    'network-config': json(networkConfig(spec.nics)),
  };
}

/** Name of a server's `index`th NIC inside it. */
export function nicName(index: number): string {
  return `eth${index}`;
}

/** DNS servers of all NICs, each once, in order. */
export function dnsServers(nics: readonly Nic[]): string[] {
  return [...new Set(nics.flatMap((nic) => nic.addresses.flatMap((address) => address.dnsNameservers)))];
}

interface Route {
  readonly to: string;
  readonly via: string;
}

/**
 * Network configuration version 2 with static addresses: the ports' fixed IPs are known, so a server need not
 * ask DHCP. The first NIC with a gateway gets the default route; a second of the same kind would be refused by
 * the kernel.
 */
function networkConfig(nics: readonly Nic[]): unknown {
  const defaults = new Set<number>();
  const ethernets = nics.map((nic, index) => {
    const routes = nic.addresses.flatMap((address): Route[] => {
      const hostRoutes = address.hostRoutes.map((route) => ({ to: route.destination, via: route.nexthop }));
      if (address.gateway === undefined || defaults.has(address.version)) return hostRoutes;
      defaults.add(address.version);
      return [{ to: address.version === 4 ? '0.0.0.0/0' : '::/0', via: address.gateway }, ...hostRoutes];
    });
    const dns = dnsServers([nic]);
    return [
      nicName(index),
      {
        match: { macaddress: nic.mac.toLowerCase() },
        mtu: nic.mtu,
        dhcp4: false,
        dhcp6: false,
        addresses: nic.addresses.map((address) => `${address.address}/${address.prefixLength}`),
        ...(routes.length > 0 ? { routes } : {}),
        ...(dns.length > 0 ? { nameservers: { addresses: dns } } : {}),
      },
    ];
  });
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

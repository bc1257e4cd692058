import type { Capacity, ServerSpec } from '../hypervisor.ts';
import type { Capabilities } from './capabilities.ts';
import { dnsServers } from './seed.ts';

export const CLOUD_LABEL = 'gantry.cloud';
export const SERVER_LABEL = 'gantry.server';

export interface ContainerConfigOptions {
  readonly cloudId: string;
  /** Reference of the image to run. */
  readonly image: string;
  /** What the image runs: its entry point and command. */
  readonly command: readonly string[];
  /** On this host; holds the files of cloud-init's seed. */
  readonly seedFolder: string;
  readonly capabilities: Capabilities;
}

/**
 * Runs before the image's own PID 1. Docker mounts control groups and `/proc/sys` read-only. Those of control
 * groups are made writable, which is safe as the container sees no group but its own (a cgroup name space, on
 * version 1 as on 2); so are the network's settings, which belong to the container's own network. Then it waits
 * for the NICs, which come from outside: the alias of `lo`, which is new at each start, says that all are there.
 */
export const ENTRY = `while read -r id parent device root point rest; do
  case $point in /sys/fs/cgroup*) mount -o remount,bind,rw "$point" 2>/dev/null ;; esac
done < /proc/self/mountinfo
mount --bind /proc/sys/net /proc/sys/net 2>/dev/null && mount -o remount,bind,rw /proc/sys/net 2>/dev/null
until read -r ready < /sys/class/net/lo/ifalias; do sleep 0.03; done
exec "$@"`;

/** The name of a server's container. */
export function containerName(serverId: string): string {
  return `gantry-server-${serverId}`;
}

/** The body of `POST /containers/create` for a server. */
export function containerConfig(spec: ServerSpec, options: ContainerConfigOptions): unknown {
  const labels = { [CLOUD_LABEL]: options.cloudId, [SERVER_LABEL]: spec.id };
  const { capabilities } = options;
  return {
    Image: options.image,
    Hostname: spec.hostname.slice(0, 63),
    Labels: labels,
    // /dev/console, which systemd and cloud-init write to, is there only with a terminal.
    Tty: true,
    // systemd takes its own id for the machine's from container_uuid; colours have no place in a log.
    Env: ['container=docker', `container_uuid=${spec.id}`, 'TERM=dumb', 'SYSTEMD_COLORS=0'],
    Entrypoint: ['/bin/sh', '-c', ENTRY, 'server', ...options.command],
    Cmd: [],
    HostConfig: {
      NetworkMode: 'none',
      CgroupnsMode: 'private',
      CapAdd: capabilities.add,
      CapDrop: capabilities.drop,
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
      DeviceCgroupRules: ['a *:* rwm'],
      Tmpfs: { '/run': 'exec,mode=755', '/run/lock': '', '/tmp': 'exec,mode=1777' },
      Binds: [`${options.seedFolder}:/var/lib/cloud/seed/nocloud:ro`],
      Mounts: [
        {
          // overlay2 can't sit on overlay2.
          Type: 'volume',
          Target: '/var/lib/docker',
          VolumeOptions: { NoCopy: true, Labels: labels },
        },
      ],
      Dns: dnsServers(spec.nics),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
      ...containerResources(spec.flavor),
    },
  };
}

/** What a flavor means here: a share of the processors, and memory that is only fought for when it is scarce. */
export function containerResources(flavor: Capacity): { CpuShares: number; MemoryReservation: number } {
  return { CpuShares: Math.max(2, flavor.vcpus * 1024), MemoryReservation: flavor.ramMiB * 1024 * 1024 };
}

/** What systemd, cloud-init and a Docker engine inside a server use, beyond what Docker gives to any container. */
const WANTED = [
  'SYS_ADMIN',
  'NET_ADMIN',
  'NET_RAW',
  'SYS_PTRACE',
  'SYS_CHROOT',
  'MKNOD',
  'AUDIT_WRITE',
  'SETFCAP',
  'DAC_READ_SEARCH',
  'SYS_MODULE',
  'IPC_LOCK',
  'SYS_NICE',
  'SYSLOG',
  'LINUX_IMMUTABLE',
  'SYS_BOOT',
  'SYS_TIME',
  'SYS_RESOURCE',
] as const;

/** What Docker gives to any container. Asking a machine for one that it lacks makes the start fail. */
const DOCKERS_OWN = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
] as const;

/** Without these there is no server: mounts and control groups inside, and NICs from outside. */
const INDISPENSABLE = ['SYS_ADMIN', 'NET_ADMIN', 'MKNOD', 'SYS_CHROOT'] as const;

/** Numbers of the capabilities above: linux/capability.h. */
const NUMBERS: Readonly<Record<(typeof WANTED | typeof DOCKERS_OWN)[number], number>> = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  LINUX_IMMUTABLE: 9,
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
  IPC_LOCK: 14,
  SYS_MODULE: 16,
  SYS_CHROOT: 18,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYS_BOOT: 22,
  SYS_NICE: 23,
  SYS_RESOURCE: 24,
  SYS_TIME: 25,
  MKNOD: 27,
  AUDIT_WRITE: 29,
  SETFCAP: 31,
  SYSLOG: 34,
};

export interface Capabilities {
  /** To add to a server's container. */
  readonly add: readonly string[];
  /** Docker's own that this machine lacks. */
  readonly drop: readonly string[];
  /** Names of the indispensable that are missing: `CAP_SYS_ADMIN`. */
  readonly missing: readonly string[];
}

/**
 * What a server's container is given on a machine whose bounding set is the one in `status`, the text of
 * `/proc/self/status` (proc(5), CapBnd). `--privileged` asks for all there are, and is refused where even one
 * is missing; this asks for what there is.
 */
export function serverCapabilities(status: string): Capabilities {
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const has = (name: keyof typeof NUMBERS) => ((bounding >> BigInt(NUMBERS[name])) & 1n) === 1n;
  return {
    add: WANTED.filter(has),
    drop: DOCKERS_OWN.filter((name) => !has(name)),
    missing: INDISPENSABLE.filter((name) => !has(name)).map((name) => `CAP_${name}`),
  };
}

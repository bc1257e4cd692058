/** What a server gets of its flavor. */
export interface Capacity {
  readonly vcpus: number;
  readonly ramMiB: number;
  /** 0: as much as the image needs. */
  readonly diskGiB: number;
}

export interface NicAddress {
  readonly address: string;
  readonly version: 4 | 6;
  readonly prefixLength: number;
  /** undefined: the subnet has none. */
  readonly gateway: string | undefined;
  readonly dnsNameservers: readonly string[];
  readonly hostRoutes: readonly { readonly destination: string; readonly nexthop: string }[];
}

/** A Neutron port of a server. */
export interface Nic {
  readonly portId: string;
  readonly networkId: string;
  readonly mac: string;
  /** Of the network, in bytes. */
  readonly mtu: number;
  /** What the host's end is called, as Neutron's agents expect it: `tap` and the first 11 of the port's id. */
  readonly tapName: string;
  /** The port's fixed IPs, each with what its subnet says. */
  readonly addresses: readonly NicAddress[];
}

/** A Cinder volume as a server sees it. */
export interface AttachedVolume {
  readonly volumeId: string;
  readonly sizeGiB: number;
  /** `/dev/vdb` */
  readonly device: string;
  /** The file on this host that holds its data; undefined where volumes are simulated. */
  readonly path: string | undefined;
  /** The server's root disk is on it. */
  readonly boot: boolean;
}

/** Everything a hypervisor needs to build a server; the same again when the build is resumed after a crash. */
export interface ServerSpec {
  readonly id: string;
  readonly name: string;
  /** `name` made fit for a host name. */
  readonly hostname: string;
  readonly projectId: string;
  readonly userId: string;
  readonly availabilityZone: string;
  /** undefined for a server that boots from a volume. */
  readonly imageId: string | undefined;
  /** Properties of the image, or of the image the boot volume was made from: `os_distro`… */
  readonly imageProperties: Readonly<Record<string, string>>;
  readonly flavor: Capacity;
  /** As the user gave it, without the base64 around it: a script, `#cloud-config`, multipart MIME, gzip… */
  readonly userData: Uint8Array | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** Public keys for the default user, in OpenSSH's format. */
  readonly sshKeys: readonly { readonly name: string; readonly publicKey: string }[];
  readonly adminPass: string;
  /** In the order in which the server shall see them. */
  readonly nics: readonly Nic[];
  readonly volumes: readonly AttachedVolume[];
  /** Files to put into the server before it boots (Nova's `personality`). */
  readonly files: readonly { readonly path: string; readonly contents: Uint8Array }[];
}

/** A server that a hypervisor doesn't know at all is in no state: it is missing. */
export type MachineState = 'running' | 'paused' | 'stopped';

/** A failure whose message is for the server's owner: it becomes the `fault` of the server. */
export class HypervisorError extends Error {
  override readonly name = 'HypervisorError';
}

/**
 * What runs the servers of the compute service.
 *
 * Every method can be called again with the same arguments and then ends in the same state: after a crash
 * that is what happens. The compute service calls at most one of them per server at a time. A method that
 * fails throws, best a {@link HypervisorError}; it need not clean up, as `delete` follows sooner or later.
 */
export interface Hypervisor {
  /** Shown as the hypervisor's type: `docker`, `simulated`. */
  readonly name: string;
  /** Says, in words, what has to be known about servers here; shown in `os-hypervisors` and console output. */
  readonly note?: string;
  /** What the host has, for `os-hypervisors`. */
  capacity(): Capacity;

  /**
   * Makes the server and starts it; resolves once it runs (its boot goes on by itself). Called for a server
   * that is half made, it completes it or makes it anew. When `signal` aborts (the server is being deleted,
   * or the cloud stops), it throws soon.
   */
  create(spec: ServerSpec, signal: AbortSignal): Promise<void>;
  /** Starts the stopped. `spec` is as it is now, should anything have changed since. Missing machines are made again. */
  start(spec: ServerSpec): Promise<void>;
  /** Asks it to shut down, and makes it after a time. The stopped and the unknown are left as they are. */
  stop(id: string): Promise<void>;
  reboot(spec: ServerSpec, type: 'SOFT' | 'HARD'): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  resize(id: string, flavor: Capacity): Promise<void>;
  /** Removes the server and everything made for it. Of the unknown: success. */
  delete(id: string): Promise<void>;

  attachNic(id: string, nic: Nic): Promise<void>;
  detachNic(id: string, portId: string): Promise<void>;
  attachVolume(id: string, volume: AttachedVolume): Promise<void>;
  detachVolume(id: string, volumeId: string): Promise<void>;

  /** What the server wrote to its console; `lines`: only so many of the last. */
  console(id: string, lines?: number): Promise<string>;
  /** Writes an image of the server's disk; absent where that can't be done. */
  snapshot?(id: string): Promise<AsyncIterable<Uint8Array>>;

  /** All machines that are there, by server id, those of forgotten servers included. */
  state(): Promise<Map<string, MachineState>>;
  /** Tells of machines that changed by themselves (halted from inside, killed, gone). Returns the way to stop listening. */
  onChange(listener: (id: string, state: MachineState | 'missing') => void): () => void;
  /** Lets go of connections and timers. Servers go on running where they can. */
  close(): Promise<void>;
}

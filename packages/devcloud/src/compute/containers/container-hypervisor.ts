import { statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@gantry/oslo';
import type { AttachedVolume, Capacity, Hypervisor, MachineState, Nic, ServerSpec } from '../hypervisor.ts';
import { consoleText } from './console-text.ts';
import { CLOUD_LABEL, containerName, containerResources, SERVER_LABEL } from './container-config.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { DockerEvent } from './docker-events.ts';
import { MachineLocks } from './machine-locks.ts';
import { MachineRecords, recordOf, type MachineRecord } from './machine-record.ts';
import { asHypervisorError, Machines } from './machines.ts';
import { addressLink, plugLinks, unplugLink } from './nic-links.ts';
import { nicName } from './seed.ts';

export interface ContainerHypervisorOptions {
  /** Closed with the hypervisor. */
  readonly engine: DockerEngine;
  /** Marks what belongs to this cloud, among all containers of the engine. */
  readonly cloudId: string;
  /** A folder of this host for seeds and records. */
  readonly stateDir: string;
  /** Image of servers whose Glance image doesn't name one in its property `docker_image`. */
  readonly defaultImage: string;
  readonly log: Logger;
}

/** How long a server may take to shut down when asked to, in seconds. */
const SHUTDOWN_PATIENCE = 30;
/** What a container's PID 1 ends with when something inside asked for a reboot: killed by SIGHUP, reboot(2). */
const REBOOT_EXIT_CODE = '129';

/**
 * Servers as system containers on a Docker engine of this host: systemd is PID 1, cloud-init runs the user
 * data, and NICs are veth pairs whose outer ends the network service's agent plugs in.
 */
export function containerHypervisor(options: ContainerHypervisorOptions): Hypervisor {
  return new ContainerHypervisor(options);
}

class ContainerHypervisor implements Hypervisor {
  readonly name = 'docker';
  readonly #options: ContainerHypervisorOptions;
  readonly #records: MachineRecords;
  readonly #machines: Machines;
  readonly #locks = new MachineLocks();
  readonly #listeners = new Set<(id: string, state: MachineState | 'missing') => void>();
  readonly #stopEvents: () => void;
  #lost = false;

  constructor(options: ContainerHypervisorOptions) {
    this.#options = options;
    this.#records = new MachineRecords(join(options.stateDir, 'servers'));
    this.#machines = new Machines({ ...options, records: this.#records });
    const filter = {
      type: ['container'],
      event: ['start', 'die', 'destroy', 'pause', 'unpause'],
      label: [`${CLOUD_LABEL}=${options.cloudId}`],
    };
    this.#stopEvents = options.engine.events(
      filter,
      (event) => this.#inBackground(this.#onEvent(event)),
      () => {
        if (this.#lost) options.log.info({ socket: options.engine.socket }, 'Docker answers again');
        this.#lost = false;
        this.#inBackground(this.#resume());
      },
      () => {
        this.#lost = true;
        options.log.error(
          { socket: options.engine.socket },
          "Docker doesn't answer any more: servers can't be changed until it is back",
        );
      },
    );
  }

  capacity(): Capacity {
    const disk = statfsSync(this.#options.stateDir, { bigint: false });
    return {
      vcpus: availableParallelism(),
      ramMiB: Math.floor(totalmem() / 2 ** 20),
      diskGiB: Math.floor((disk.blocks * disk.bsize) / 2 ** 30),
    };
  }

  async create(spec: ServerSpec, signal: AbortSignal): Promise<void> {
    await this.#do(spec.id, async () => {
      signal.throwIfAborted();
      await this.#records.writeSeed(spec);
      await this.#records.write(recordOf(spec, 'running'));
      await this.#machines.make(spec, signal);
      signal.throwIfAborted();
      await this.#machines.bringUp(recordOf(spec, 'running'), spec.files);
    });
  }

  async start(spec: ServerSpec): Promise<void> {
    await this.#do(spec.id, () => this.#start(spec));
  }

  async stop(id: string): Promise<void> {
    await this.#do(id, async () => {
      await this.#records.change(id, (record) => ({ ...record, wanted: 'stopped' }));
      await this.#shutDown(id);
    });
  }

  async reboot(spec: ServerSpec, type: 'SOFT' | 'HARD'): Promise<void> {
    await this.#do(spec.id, async () => {
      if (type === 'SOFT') await this.#shutDown(spec.id);
      else await this.#ifThere(spec.id, (name) => this.#options.engine.killContainer(name));
      await this.#start(spec);
    });
  }

  async pause(id: string): Promise<void> {
    await this.#do(id, async () => {
      const { State } = await this.#machines.inspect(id);
      if (!State.Paused) await this.#options.engine.pauseContainer(containerName(id));
    });
  }

  async unpause(id: string): Promise<void> {
    await this.#do(id, async () => {
      const { State } = await this.#machines.inspect(id);
      if (State.Paused) await this.#options.engine.unpauseContainer(containerName(id));
    });
  }

  async resize(id: string, flavor: Capacity): Promise<void> {
    await this.#do(id, () =>
      this.#options.engine.updateContainer(containerName(id), containerResources(flavor)),
    );
  }

  async delete(id: string): Promise<void> {
    await this.#do(id, () => this.#machines.remove(id));
  }

  async attachNic(id: string, nic: Nic): Promise<void> {
    await this.#do(id, async () => {
      const { State } = await this.#machines.inspect(id);
      let record = await this.#records.read(id);
      if (!record) return;
      if (!record.nics.some((each) => each.portId === nic.portId)) {
        const { portId, tapName, mac, mtu } = nic;
        record = { ...record, nics: [...record.nics, { portId, tapName, mac, mtu, name: freeName(record) }] };
        await this.#records.write(record);
      }
      if (!State.Running) return;
      await plugLinks(State.Pid, record.nics);
      const name = record.nics.find((each) => each.portId === nic.portId)?.name;
      if (name !== undefined) await addressLink(State.Pid, name, nic.addresses);
    });
  }

  async detachNic(id: string, portId: string): Promise<void> {
    await this.#do(id, async () => {
      const record = await this.#records.read(id);
      const nic = record?.nics.find((each) => each.portId === portId);
      if (!record || !nic) return;
      await unplugLink(nic.tapName);
      await this.#records.write({ ...record, nics: record.nics.filter((each) => each !== nic) });
    });
  }

  async attachVolume(id: string, volume: AttachedVolume): Promise<void> {
    const { volumeId, device, path } = volume;
    if (path === undefined) return;
    await this.#do(id, async () => {
      const { State } = await this.#machines.inspect(id);
      const entry = { volumeId, device, path };
      await this.#records.change(id, (record) => ({
        ...record,
        volumes: [...record.volumes.filter((each) => each.volumeId !== volumeId), entry],
      }));
      if (State.Running) await this.#machines.plugVolume(id, entry);
    });
  }

  async detachVolume(id: string, volumeId: string): Promise<void> {
    await this.#do(id, async () => {
      const record = await this.#records.read(id);
      const volume = record?.volumes.find((each) => each.volumeId === volumeId);
      if (!record || !volume) return;
      await this.#machines.unplugVolume(id, volume);
      await this.#records.write({ ...record, volumes: record.volumes.filter((each) => each !== volume) });
    });
  }

  async console(id: string, lines?: number): Promise<string> {
    try {
      await this.#machines.inspect(id);
      return consoleText(await this.#options.engine.containerLogs(containerName(id), lines));
    } catch (error) {
      throw asHypervisorError(error);
    }
  }

  async state(): Promise<Map<string, MachineState>> {
    try {
      return await this.#machines.states();
    } catch (error) {
      throw asHypervisorError(error);
    }
  }

  onChange(listener: (id: string, state: MachineState | 'missing') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#stopEvents();
    this.#listeners.clear();
    await this.#options.engine.close();
  }

  async #start(spec: ServerSpec): Promise<void> {
    const record = recordOf(spec, 'running');
    await this.#records.writeSeed(spec);
    await this.#records.write(record);
    await this.#machines.make(spec);
    await this.#machines.bringUp(record);
  }

  async #shutDown(id: string): Promise<void> {
    const { engine } = this.#options;
    await this.#ifThere(id, async (name) => {
      // A paused one can't hear that it shall end.
      if ((await this.#machines.inspect(id)).State.Paused) await engine.unpauseContainer(name);
      await engine.stopContainer(name, SHUTDOWN_PATIENCE);
    });
  }

  async #ifThere(id: string, work: (name: string) => Promise<void>): Promise<void> {
    const name = containerName(id);
    if (await this.#options.engine.inspectContainer(name)) await work(name);
  }

  async #do(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await this.#locks.run(id, work);
    } catch (error) {
      throw asHypervisorError(error);
    }
  }

  /** What happens to a server that nobody is at work on happened by itself. */
  async #onEvent(event: DockerEvent): Promise<void> {
    const id = event.attributes[SERVER_LABEL];
    if (id === undefined || this.#locks.busy(id)) return;
    switch (event.action) {
      case 'die':
        if (event.attributes['exitCode'] === REBOOT_EXIT_CODE) return await this.#bringUpAgain(id);
        await this.#locks.run(id, () =>
          this.#records.change(id, (record) => ({ ...record, wanted: 'stopped' })),
        );
        return this.#tell(id, 'stopped');
      case 'start':
        await this.#bringUpAgain(id);
        return this.#tell(id, 'running');
      case 'destroy':
        return this.#tell(id, 'missing');
      case 'pause':
        return this.#tell(id, 'paused');
      default:
        return this.#tell(id, 'running');
    }
  }

  /**
   * Once events come, at first or again: servers that should run do so, with their NICs, whatever this process
   * or Docker's was through; of all others it is told how they are.
   */
  async #resume(): Promise<void> {
    const states = await this.#machines.states();
    for (const id of await this.#records.ids()) {
      const record = await this.#records.read(id);
      if (!record) continue;
      const state = states.get(id) ?? 'missing';
      if (record.wanted === 'running' && state !== 'missing' && state !== 'paused') {
        this.#inBackground(this.#bringUpAgain(id));
      } else if (!this.#locks.busy(id)) this.#tell(id, state);
    }
  }

  async #bringUpAgain(id: string): Promise<void> {
    await this.#locks.run(id, async () => {
      const record = await this.#records.read(id);
      if (!record) return;
      await this.#machines.bringUp(record);
      if (record.wanted !== 'running') await this.#records.write({ ...record, wanted: 'running' });
    });
  }

  #tell(id: string, state: MachineState | 'missing'): void {
    for (const listener of this.#listeners) listener(id, state);
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'a server could not be brought up again'),
    );
  }
}

function freeName(record: MachineRecord): string {
  const taken = new Set(record.nics.map((nic) => nic.name));
  let index = 0;
  while (taken.has(nicName(index))) index += 1;
  return nicName(index);
}

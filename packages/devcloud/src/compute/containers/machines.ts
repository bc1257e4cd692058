import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@gantry/oslo';
import { HypervisorError, type MachineState, type ServerSpec } from '../hypervisor.ts';
import { CLOUD_LABEL, containerConfig, containerName, SERVER_LABEL } from './container-config.ts';
import type { DockerEngine } from './docker-engine.ts';
import { DockerError } from './docker-error.ts';
import type { ContainerDetails } from './docker-types.ts';
import { checkHost } from './host-check.ts';
import { attachLoop, detachLoops } from './loop-devices.ts';
import type { MachineRecord, MachineRecords } from './machine-record.ts';
import { plugLinks, unplugLink } from './nic-links.ts';

export interface MachinesOptions {
  readonly engine: DockerEngine;
  /** Marks what belongs to this cloud, among all containers of the engine. */
  readonly cloudId: string;
  /** Image of servers whose Glance image doesn't name one in its property `docker_image`. */
  readonly defaultImage: string;
  readonly records: MachineRecords;
  readonly log: Logger;
}

/** How long a container may take to vanish after its removal was asked for. */
const REMOVAL_PATIENCE = 60_000;

/** The containers that servers are: made, brought up with NICs and disks, and removed without a trace. */
export class Machines {
  readonly #options: MachinesOptions;

  constructor(options: MachinesOptions) {
    this.#options = options;
  }

  /** Makes the container, unless it is there. */
  async make(spec: ServerSpec, signal?: AbortSignal): Promise<void> {
    const { engine, records, cloudId } = this.#options;
    const name = containerName(spec.id);
    if (await engine.inspectContainer(name)) return;
    const { capabilities, problems } = await checkHost(engine);
    if (problems.length > 0) throw new HypervisorError(`no server can run here: ${problems.join('; ')}`);
    const { image, command } = await this.#image(spec);
    const seedFolder = records.seedFolder(spec.id);
    const config = containerConfig(spec, { cloudId, image, command, seedFolder, capabilities });
    signal?.throwIfAborted();
    await engine.createContainer(name, config, signal);
  }

  /** Starts the container and gives it what comes from outside; what it has already stays. */
  async bringUp(record: MachineRecord, files: ServerSpec['files'] = []): Promise<void> {
    const { engine } = this.#options;
    const name = containerName(record.id);
    await engine.startContainer(name);
    const { State } = await this.inspect(record.id);
    if (!State.Running) {
      const console = (await engine.containerLogs(name, 5)).trim();
      throw new HypervisorError(`the server ended at once with exit code ${State.ExitCode}: ${console}`);
    }
    for (const volume of record.volumes) await this.plugVolume(record.id, volume);
    for (const file of files) await this.#writeFile(name, file);
    await plugLinks(State.Pid, record.nics);
  }

  /** Shows a volume's file as a block device in a running server. */
  async plugVolume(id: string, volume: MachineRecord['volumes'][number]): Promise<void> {
    const { major, minor } = await attachLoop(volume.path);
    const script = 'rm -f "$1" && mknod -m 660 "$1" b "$2" "$3" && { chgrp disk "$1" 2>/dev/null || :; }';
    const numbers = [String(major), String(minor)];
    await this.#exec(containerName(id), ['/bin/sh', '-c', script, 'sh', volume.device, ...numbers]);
  }

  async unplugVolume(id: string, volume: MachineRecord['volumes'][number]): Promise<void> {
    const details = await this.#options.engine.inspectContainer(containerName(id));
    if (details?.State.Running) await this.#exec(details.Id, ['rm', '-f', volume.device]);
    await detachLoops(volume.path);
  }

  /** Removes all there is of a server, in whatever state it is. Of the unknown: success. */
  async remove(id: string): Promise<void> {
    const { engine, records, cloudId } = this.#options;
    const record = await records.read(id);
    await engine.removeContainer(containerName(id));
    // Docker answers before it is done when another removal is under way.
    const deadline = Date.now() + REMOVAL_PATIENCE;
    while (await engine.inspectContainer(containerName(id))) {
      if (Date.now() > deadline)
        throw new HypervisorError(`Docker doesn't get done with removing the server ${id}`);
      await delay(100);
      await engine.removeContainer(containerName(id));
    }
    for (const volume of await engine.listVolumes([`${SERVER_LABEL}=${id}`, `${CLOUD_LABEL}=${cloudId}`])) {
      await engine.removeVolume(volume);
    }
    for (const volume of record?.volumes ?? []) await detachLoops(volume.path);
    for (const nic of record?.nics ?? []) await unplugLink(nic.tapName);
    await records.remove(id);
  }

  /** @throws {@link HypervisorError} if there is no such server */
  async inspect(id: string): Promise<ContainerDetails> {
    const details = await this.#options.engine.inspectContainer(containerName(id));
    if (!details) throw new HypervisorError(`the server ${id} has no container`);
    return details;
  }

  async states(): Promise<Map<string, MachineState>> {
    const containers = await this.#options.engine.listContainers([`${CLOUD_LABEL}=${this.#options.cloudId}`]);
    return new Map(
      containers.flatMap(({ Labels, State }): [string, MachineState][] => {
        const id = Labels[SERVER_LABEL];
        return id === undefined ? [] : [[id, stateOf(State)]];
      }),
    );
  }

  async #image(spec: ServerSpec): Promise<{ image: string; command: readonly string[] }> {
    const { engine, defaultImage } = this.#options;
    const image = spec.imageProperties['docker_image'] ?? defaultImage;
    const details = await engine.inspectImage(image);
    if (!details)
      throw new HypervisorError(`Docker on this host has no image ${image} to run the server from`);
    const command = [...(details.Config.Entrypoint ?? []), ...(details.Config.Cmd ?? [])];
    return { image, command: command.length > 0 ? command : ['/sbin/init'] };
  }

  /** Inside, by a command of the server's own: a link in its file system then can't lead out of it. */
  async #writeFile(container: string, file: ServerSpec['files'][number]): Promise<void> {
    const script = 'mkdir -p "$(dirname "$1")" && printf %s "$2" | base64 -d > "$1"';
    const content = Buffer.from(file.contents).toString('base64');
    await this.#exec(container, ['/bin/sh', '-c', script, 'sh', file.path, content]);
  }

  async #exec(container: string, command: readonly string[]): Promise<void> {
    const { exitCode, output } = await this.#options.engine.exec(container, command);
    if (exitCode !== 0)
      throw new HypervisorError(`in the server: ${output.trim() || `exit code ${exitCode}`}`);
  }
}

/** Docker's words for a container's state, in ours. */
export function stateOf(state: string): MachineState {
  if (state === 'paused') return 'paused';
  return state === 'running' || state === 'restarting' ? 'running' : 'stopped';
}

/** The error a server's owner sees. */
export function asHypervisorError(error: unknown): unknown {
  return error instanceof DockerError
    ? new HypervisorError(`Docker: ${error.message}`, { cause: error })
    : error;
}

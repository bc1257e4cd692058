import type { Logger } from '@gantry/oslo';
import {
  HypervisorError,
  type Hypervisor,
  type MachineState,
  type Nic,
  type ServerSpec,
} from './hypervisor.ts';
import { pause } from './neighbour.ts';
import { signalRequests, type SignalRequest } from './signal-requests.ts';

/** What can be made to go wrong with a simulated server. */
export const FAILURES = ['build', 'boot', 'signal', 'hang'] as const;
export type Failure = (typeof FAILURES)[number];

export interface SimulatedOptions {
  /** From the order to a running server. */
  readonly bootMs?: number;
  /** From then until the server signals its wait conditions. */
  readonly signalMs?: number;
  /** Addresses of this cloud, `publicUrl` and `internalUrl`: only there signals are sent. */
  readonly signalBases?: readonly string[];
  /** How a signal is sent; over HTTP unless given. */
  readonly send?: (request: SignalRequest, body: object) => Promise<void>;
  /**
   * Failures by the name of the server: `build` fails to be built for want of a host, `boot` is built and
   * stops at once, `signal` reports failure to its wait conditions, `hang` is never done building. Single
   * servers choose theirs with the metadata `gantry:fail`.
   */
  readonly fail?: readonly { readonly name: RegExp; readonly failure: Failure }[];
  readonly log?: Logger;
}

interface Machine {
  spec: ServerSpec;
  state: MachineState;
  /** What it says on its console. */
  readonly lines: string[];
  signalled: boolean;
  timer: NodeJS.Timeout | undefined;
}

const NOTE =
  'Servers are simulated: nothing runs in them. They boot, and signal the wait conditions in their user data, by the clock.';

/**
 * Servers that are only pretended, and say so. For machines without root or Docker, and for tests of what
 * lies above.
 */
export function simulatedHypervisor(options: SimulatedOptions = {}): Hypervisor {
  const bootMs = options.bootMs ?? 50;
  const signalMs = options.signalMs ?? 200;
  const send = options.send ?? sendSignal;
  const machines = new Map<string, Machine>();
  const listeners = new Set<(id: string, state: MachineState | 'missing') => void>();

  async function create(spec: ServerSpec, signal: AbortSignal): Promise<void> {
    const failure = failureOf(spec);
    if (failure === 'build') {
      throw new HypervisorError(
        'No valid host was found. There are not enough hosts available. (This failure was injected.)',
      );
    }
    await pause(failure === 'hang' ? 2 ** 31 - 1 : bootMs, signal);
    const known = machines.get(spec.id);
    if (known?.state === 'running') return;
    const machine: Machine = { spec, state: 'running', lines: [NOTE], signalled: false, timer: undefined };
    machines.set(spec.id, machine);
    boot(machine);
    if (failure === 'boot') {
      machine.lines.push('Kernel panic - not syncing: this failure was injected');
      clearTimeout(machine.timer);
      machine.state = 'stopped';
      // Told once the server counts as built: before, nobody would listen.
      machine.timer = setTimeout(() => tell(machine), bootMs);
    }
  }

  function boot(machine: Machine): void {
    const { spec, lines } = machine;
    lines.push(`[    0.000000] simulated boot of ${spec.hostname}`);
    for (const nic of spec.nics) lines.push(describeNic(nic));
    lines.push(
      spec.userData === undefined
        ? '[    0.500000] no user data'
        : `[    0.500000] user data of ${spec.userData.length} bytes, which is read but not run`,
      `${spec.hostname} login: `,
    );
    if (machine.signalled || spec.userData === undefined) return;
    const requests = signalRequests(spec.userData, options.signalBases ?? []);
    if (requests.length === 0) return;
    machine.timer = setTimeout(() => void signalAll(machine, requests), signalMs);
  }

  async function signalAll(machine: Machine, requests: readonly SignalRequest[]): Promise<void> {
    const failed = failureOf(machine.spec) === 'signal';
    const body = {
      status: failed ? 'FAILURE' : 'SUCCESS',
      reason: failed ? 'simulated: this failure was injected' : 'simulated',
      data: `simulated server ${machine.spec.name}`,
      id: machine.spec.id,
    };
    machine.signalled = true;
    for (const request of requests) {
      try {
        await send(request, body);
        machine.lines.push(`signalled ${body.status} to ${withoutQuery(request.url)}`);
      } catch (error) {
        machine.lines.push(`signal to ${withoutQuery(request.url)} failed: ${String(error)}`);
        options.log?.warn({ err: error, server: machine.spec.id }, 'a simulated server could not signal');
      }
    }
  }

  function failureOf(spec: ServerSpec): Failure | undefined {
    const own = FAILURES.find((failure) => failure === spec.metadata['gantry:fail']);
    return own ?? options.fail?.find(({ name }) => name.test(spec.name))?.failure;
  }

  function tell(machine: Machine): void {
    for (const listener of listeners) listener(machine.spec.id, machine.state);
  }

  function halt(id: string, state: MachineState): void {
    const machine = machines.get(id);
    if (!machine || machine.state === 'stopped') return;
    if (state === 'stopped') clearTimeout(machine.timer);
    machine.state = state;
    machine.lines.push(`[simulated: ${state}]`);
  }

  async function start(spec: ServerSpec): Promise<void> {
    const machine = machines.get(spec.id);
    if (!machine) {
      await create({ ...spec, metadata: withoutFailure(spec) }, new AbortController().signal);
      return;
    }
    if (machine.state === 'running') return;
    const wasPaused = machine.state === 'paused';
    machine.spec = spec;
    machine.state = 'running';
    if (!wasPaused) boot(machine);
  }

  return {
    name: 'simulated',
    note: NOTE,
    capacity: () => ({ vcpus: 1000, ramMiB: 4 * 1024 * 1024, diskGiB: 100_000 }),
    create,
    start,
    async stop(id) {
      halt(id, 'stopped');
    },
    async reboot(spec) {
      halt(spec.id, 'stopped');
      await start(spec);
    },
    async pause(id) {
      halt(id, 'paused');
    },
    async unpause(id) {
      const machine = machines.get(id);
      if (machine?.state === 'paused') machine.state = 'running';
    },
    async resize(id, flavor) {
      const machine = machines.get(id);
      if (machine) machine.spec = { ...machine.spec, flavor };
    },
    async delete(id) {
      clearTimeout(machines.get(id)?.timer);
      machines.delete(id);
    },
    async attachNic(id, nic) {
      machines.get(id)?.lines.push(describeNic(nic));
    },
    async detachNic(id, portId) {
      machines.get(id)?.lines.push(`[simulated: port ${portId} is gone]`);
    },
    async attachVolume(id, volume) {
      machines.get(id)?.lines.push(`[simulated: ${volume.device} is volume ${volume.volumeId}]`);
    },
    async detachVolume(id, volumeId) {
      machines.get(id)?.lines.push(`[simulated: volume ${volumeId} is gone]`);
    },
    async console(id, lines) {
      const all = machines.get(id)?.lines ?? [NOTE];
      return `${(lines === undefined ? all : lines === 0 ? [] : all.slice(-lines)).join('\n')}\n`;
    },
    async state() {
      return new Map([...machines].map(([id, { state }]) => [id, state]));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      for (const { timer } of machines.values()) clearTimeout(timer);
    },
  };
}

/** A server that ran before this process did is not failed again. */
function withoutFailure(spec: ServerSpec): Record<string, string> {
  const { 'gantry:fail': failure, ...metadata } = spec.metadata;
  return failure === 'signal' ? { ...metadata, 'gantry:fail': failure } : metadata;
}

function describeNic(nic: Nic): string {
  const addresses = nic.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  return `[    0.100000] ${nic.tapName}: ${nic.mac} ${addresses.join(' ')}`;
}

/** Signed addresses must not end up on a console. */
function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

/** Handles of CloudFormation's kind (`/waitcondition/`) are told with PUT, all others with POST. */
async function sendSignal(request: SignalRequest, body: object): Promise<void> {
  const isCfn = request.url.includes('/waitcondition/');
  const reply = await fetch(request.url, {
    method: isCfn ? 'PUT' : 'POST',
    headers: {
      'content-type': isCfn ? '' : 'application/json',
      ...(request.token === undefined ? {} : { 'x-auth-token': request.token }),
    },
    body: JSON.stringify(isCfn ? cfnBody(body) : body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!reply.ok) throw new Error(`${reply.status} ${(await reply.text()).slice(0, 200)}`);
}

function cfnBody(body: object): object {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key === 'id' ? 'UniqueId' : key.charAt(0).toUpperCase() + key.slice(1),
      value as unknown,
    ]),
  );
}

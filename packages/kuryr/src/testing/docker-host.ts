import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@gantry/oslo';
import type { Links, Stray, VethPair } from '../binding/links.ts';
import type { KuryrConfig } from '../driver/config.ts';
import { createKuryr, type Kuryr } from '../driver/kuryr.ts';
import type { FakeNeutron } from './fake-neutron.ts';

/** Links of a host that has none. */
export class FakeLinks implements Links {
  readonly pairs = new Map<string, VethPair>();
  /** Host ends whose peer Docker has moved into a container. */
  readonly inContainers = new Set<string>();
  failure: Error | undefined;
  /** Nothing is plugged in before this resolves. */
  gate: Promise<void> | undefined;

  async plug(pair: VethPair): Promise<void> {
    await this.gate;
    if (this.failure) throw this.failure;
    this.pairs.set(pair.host, pair);
  }

  async remove(name: string): Promise<void> {
    this.pairs.delete(name);
    this.inContainers.delete(name);
  }

  async removeBridge(): Promise<void> {}

  async strays(): Promise<Stray[]> {
    return [...this.pairs.values()]
      .filter((pair) => !this.inContainers.has(pair.host))
      .map((pair) => ({ name: pair.host, owner: pair.owner }));
  }

  async owned(owner: string): Promise<string[]> {
    return [...this.pairs.values()].filter((pair) => pair.owner === owner).map((pair) => pair.host);
  }
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A Docker host with Kuryr on it, and the calls that dockerd makes. */
export interface DockerHost {
  readonly kuryr: Kuryr;
  readonly links: FakeLinks;
  readonly socket: string;
  /** Milliseconds by which this host's clock is ahead. */
  ahead: number;
  /** Sends raw text as dockerd does: no Content-Type, Host as its version has it. */
  send(path: string, body?: string, host?: string): Promise<Answer>;
  /** @throws Error with the `Err` of the answer */
  ask(path: string, body?: object): Promise<Record<string, unknown>>;
  /** Another Kuryr on the same journal. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface HostOptions {
  readonly hostName?: string;
  readonly config?: Partial<KuryrConfig>;
  readonly hasty?: boolean;
}

export async function dockerHost(neutron: FakeNeutron, options: HostOptions = {}): Promise<DockerHost> {
  const folder = mkdtempSync(join(tmpdir(), 'kuryr-'));
  const socket = join(folder, 'kuryr.sock');
  const links = new FakeLinks();
  const create = (): Kuryr =>
    createKuryr({
      session: options.hasty === true ? neutron.hastySession : neutron.session,
      socket,
      stateDir: join(folder, 'state'),
      hostName: options.hostName ?? 'docker-1',
      log: createLogger('kuryr', { level: 'silent' }),
      links,
      now: () => Date.now() + host.ahead,
      ...(options.config ? { config: options.config } : {}),
    });
  let current = create();

  function send(path: string, body = '', hostHeader = 'plugin.moby.localhost'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { host: hostHeader, 'content-length': Buffer.byteLength(body) };
      const sent = request(
        { socketPath: socket, path, method: 'POST', headers, agent: false },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += String(chunk)));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  const host: DockerHost = {
    get kuryr() {
      return current;
    },
    links,
    socket,
    ahead: 0,
    send,
    async ask(path, body) {
      const { status, body: answer } = await send(
        path,
        body === undefined ? '' : `${JSON.stringify(body)}\n`,
      );
      if (status !== 200) throw new Error(String(answer['Err']));
      return answer;
    },
    async restart() {
      await current.stop();
      current = create();
      await current.start();
    },
    async stop() {
      await current.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await current.start();
  return host;
}

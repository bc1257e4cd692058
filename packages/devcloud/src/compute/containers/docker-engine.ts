import { Readable } from 'node:stream';
import type { Agent, Dispatcher } from 'undici';
import { followEvents, type DockerEvent, type EventFilter } from './docker-events.ts';
import type {
  ContainerDetails,
  ContainerSummary,
  EngineInfo,
  ExecResult,
  ImageDetails,
} from './docker-types.ts';
import { DockerError } from './docker-error.ts';

/** What an API of the Engine needs beside method and path. */
interface Call {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Sent as it is, as a tar. */
  readonly upload?: AsyncIterable<Uint8Array>;
  /** Statuses that are as good as success: 304 for "is so already". */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** No limit on the time until the answer: waits and uploads. */
  readonly slow?: boolean;
}

/**
 * A client of the Docker Engine's HTTP API on a Unix socket, with what servers need of it.
 *
 * Every method throws a {@link DockerError} with the Engine's words. Nothing is tried again here.
 */
export class DockerEngine {
  readonly socket: string;
  #agent: Agent | undefined;
  readonly #closing = new AbortController();

  constructor(socket: string) {
    this.socket = socket;
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#text('GET', '/_ping', { signal });
  }

  async info(): Promise<EngineInfo> {
    return await this.#json<EngineInfo>('GET', '/info');
  }

  /** `config` is the body of `POST /containers/create`. @returns the container's id */
  async createContainer(name: string, config: unknown, signal?: AbortSignal): Promise<string> {
    const made = await this.#json<{ Id: string }>('POST', '/containers/create', {
      query: { name },
      body: config,
      signal,
    });
    return made.Id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#text('POST', `/containers/${id}/start`, { accept: [304] });
  }

  /** Sends the container its stop signal, and kills it after `seconds`. */
  async stopContainer(id: string, seconds: number): Promise<void> {
    await this.#text('POST', `/containers/${id}/stop`, { query: { t: seconds }, accept: [304], slow: true });
  }

  /** A container that doesn't run is left as it is. */
  async killContainer(id: string): Promise<void> {
    await this.#text('POST', `/containers/${id}/kill`, { accept: [409] });
  }

  async pauseContainer(id: string): Promise<void> {
    await this.#text('POST', `/containers/${id}/pause`);
  }

  async unpauseContainer(id: string): Promise<void> {
    await this.#text('POST', `/containers/${id}/unpause`);
  }

  /** With its anonymous volumes, running or not. The unknown, and what is being removed, are success. */
  async removeContainer(id: string): Promise<void> {
    await this.#text('DELETE', `/containers/${id}`, {
      query: { force: true, v: true },
      accept: [404, 409],
      slow: true,
    });
  }

  /** @returns undefined for an unknown container */
  async inspectContainer(id: string): Promise<ContainerDetails | undefined> {
    return await absent(this.#json<ContainerDetails>('GET', `/containers/${id}/json`));
  }

  async updateContainer(id: string, resources: Readonly<Record<string, number>>): Promise<void> {
    await this.#text('POST', `/containers/${id}/update`, { body: resources });
  }

  /** Waits until the container doesn't run. @returns its exit code */
  async waitContainer(id: string, signal?: AbortSignal): Promise<number> {
    const result = await this.#json<{ StatusCode: number }>('POST', `/containers/${id}/wait`, {
      signal,
      slow: true,
    });
    return result.StatusCode;
  }

  /** Containers with all of `labels` (`key=value`), those that don't run included. */
  async listContainers(labels: readonly string[]): Promise<ContainerSummary[]> {
    return await this.#json<ContainerSummary[]>('GET', '/containers/json', {
      query: { all: true, filters: JSON.stringify({ label: labels }) },
    });
  }

  /** What a container with a terminal wrote. `lines`: only so many of the last. */
  async containerLogs(id: string, lines?: number): Promise<string> {
    return await this.#text('GET', `/containers/${id}/logs`, {
      query: { stdout: true, stderr: true, tail: lines ?? 'all' },
    });
  }

  /** Runs a command in a running container, on a terminal so that its output comes unframed. */
  async exec(id: string, command: readonly string[]): Promise<ExecResult> {
    const exec = await this.#json<{ Id: string }>('POST', `/containers/${id}/exec`, {
      body: { Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true },
    });
    const output = await this.#text('POST', `/exec/${exec.Id}/start`, {
      body: { Detach: false, Tty: true },
      slow: true,
    });
    const result = await this.#json<{ ExitCode: number }>('GET', `/exec/${exec.Id}/json`);
    return { exitCode: result.ExitCode, output };
  }

  /** @returns undefined for an unknown image */
  async inspectImage(reference: string): Promise<ImageDetails | undefined> {
    return await absent(this.#json<ImageDetails>('GET', `/images/${reference}/json`));
  }

  /** `docker load`: takes in an archive of images. */
  async loadImages(archive: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const said = await this.#text('POST', '/images/load', {
      query: { quiet: true },
      upload: archive,
      signal,
      slow: true,
    });
    // The Engine has said 200 by the time it finds that the archive is damaged or the disk full.
    const failure = lines(said).find((line) => typeof line['error'] === 'string');
    if (failure) throw new DockerError(500, String(failure['error']));
  }

  async removeImage(reference: string): Promise<void> {
    await this.#text('DELETE', `/images/${reference}`, { query: { force: true }, accept: [404] });
  }

  /** Volumes with all of `labels` (`key=value`), by name. */
  async listVolumes(labels: readonly string[]): Promise<string[]> {
    const found = await this.#json<{ Volumes: { Name: string }[] | null }>('GET', '/volumes', {
      query: { filters: JSON.stringify({ label: labels }) },
    });
    return (found.Volumes ?? []).map((volume) => volume.Name);
  }

  async createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#text('POST', '/volumes/create', { body: { Name: name, Labels: labels } });
  }

  async removeVolume(name: string): Promise<void> {
    await this.#text('DELETE', `/volumes/${name}`, { query: { force: true }, accept: [404] });
  }

  /** The container's file system as a tar. */
  async exportContainer(id: string): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#send('GET', `/containers/${id}/export`, { slow: true })).body;
  }

  /**
   * Calls `listener` for each event that `filter` lets through, until the returned function is called. A
   * broken connection is made again, with growing pauses; `connected` is called after each time it stands, as
   * events may have been missed then, and `lost` when it breaks.
   */
  events(
    filter: EventFilter,
    listener: (event: DockerEvent) => void,
    connected: () => void = () => undefined,
    lost: () => void = () => undefined,
  ): () => void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#closing.signal]);
    const open = async () =>
      (await this.#send('GET', '/events', { query: { filters: JSON.stringify(filter) }, signal, slow: true }))
        .body;
    void followEvents(open, listener, connected, lost, signal);
    return () => stop.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#agent?.destroy();
  }

  async #json<T>(method: Dispatcher.HttpMethod, path: string, call: Call = {}): Promise<T> {
    const text = await this.#text(method, path, call);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new DockerError(500, `Docker's answer to ${method} ${path} is not JSON`, { cause: error });
    }
  }

  async #text(method: Dispatcher.HttpMethod, path: string, call: Call = {}): Promise<string> {
    const { body } = await this.#send(method, path, call);
    try {
      return await body.text();
    } catch (error) {
      call.signal?.throwIfAborted();
      throw this.#unreachable(error);
    }
  }

  /** The Engine's own default version of its API: the calls made here have not changed since 1.41 (20.10). */
  async #send(method: Dispatcher.HttpMethod, path: string, call: Call) {
    // 20 MiB, of no use to a cloud whose servers are simulated.
    const {
      default: { Agent, request },
    } = await import('undici');
    this.#agent ??= new Agent({ connect: { socketPath: this.socket }, connections: 32 });
    let answer: Dispatcher.ResponseData;
    try {
      answer = await request(`http://docker${path}`, {
        method,
        dispatcher: this.#agent,
        query: Object.fromEntries(
          Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined),
        ),
        headers: contentType(call),
        body: call.upload
          ? Readable.from(call.upload)
          : call.body === undefined
            ? null
            : JSON.stringify(call.body),
        signal: call.signal ?? null,
        headersTimeout: call.slow ? 0 : 60_000,
        bodyTimeout: call.slow ? 0 : 60_000,
      });
    } catch (error) {
      call.signal?.throwIfAborted();
      throw this.#unreachable(error);
    }
    if (answer.statusCode < 300 || call.accept?.includes(answer.statusCode)) return answer;
    throw new DockerError(answer.statusCode, messageOf(await answer.body.text().catch(() => '')));
  }

  #unreachable(cause: unknown): DockerError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new DockerError(0, `no answer from Docker on ${this.socket}: ${why}`, { cause });
  }
}

async function absent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DockerError && error.notFound) return undefined;
    throw error;
  }
}

function contentType(call: Call): Record<string, string> {
  if (call.upload) return { 'content-type': 'application/x-tar' };
  return call.body === undefined ? {} : { 'content-type': 'application/json' };
}

/** The Engine's errors are `{"message": …}`, but those of a proxy or a plug-in in between need not be. */
function messageOf(text: string): string {
  const parsed = lines(text)[0];
  return typeof parsed?.['message'] === 'string' ? parsed['message'] : text.trim() || 'no reason given';
}

function lines(text: string): Record<string, unknown>[] {
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isRecord(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

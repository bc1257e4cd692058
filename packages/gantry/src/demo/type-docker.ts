import { join } from 'node:path';
import { type } from '../cli/terminal.ts';

/** Where docker's commands go, as its users export it. */
export interface DockerTarget {
  readonly DOCKER_HOST: string;
  readonly DOCKER_TLS_VERIFY?: string;
  readonly DOCKER_CERT_PATH?: string;
}

export interface DockerTyper {
  readonly signal: AbortSignal;
  /** Folder of the demo's own. */
  readonly folder: string;
}

/**
 * Types a docker command to the engine of `target`. What the user's own client is told (contexts, TLS, proxies) has no
 * say in it: the engines are on this machine.
 *
 * @returns its output
 */
export function typeDocker(
  target: DockerTarget,
  typer: DockerTyper,
  command: readonly string[],
): Promise<string> {
  const env = {
    DOCKER_TLS_VERIFY: '',
    DOCKER_CERT_PATH: '',
    ...target,
    DOCKER_CONFIG: join(typer.folder, 'docker-client'),
    NO_PROXY: '*',
    no_proxy: '*',
  };
  return type(command, { env, signal: typer.signal });
}

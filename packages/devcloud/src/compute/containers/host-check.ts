import { readFile } from 'node:fs/promises';
import { serverCapabilities, type Capabilities } from './capabilities.ts';
import type { DockerEngine } from './docker-engine.ts';

/** Whether this host can run servers as containers. */
export interface HostCheck {
  readonly capabilities: Capabilities;
  /** What is missing, one sentence each, with what to do; empty: nothing. */
  readonly problems: readonly string[];
}

/** Looks at rights, programs and the engine, and changes nothing. Never throws. */
export async function checkHost(engine: DockerEngine): Promise<HostCheck> {
  const problems: string[] = [];
  const capabilities = serverCapabilities(await readFile('/proc/self/status', 'utf8').catch(() => ''));
  if (process.platform !== 'linux') problems.push('servers as containers need Linux');
  if (process.getuid?.() !== 0) problems.push('servers as containers need root, to make network interfaces');
  else if (capabilities.missing.length > 0) {
    problems.push(
      `this machine lacks ${capabilities.missing.join(', ')}: if it is a container itself, give it these capabilities`,
    );
  }
  await engine.ping(AbortSignal.timeout(5000)).catch((error: unknown) => {
    problems.push(error instanceof Error ? error.message : String(error));
  });
  return { capabilities, problems };
}

import {
  checkHost,
  containerHypervisor,
  DockerEngine,
  simulatedHypervisor,
  type Hypervisor,
} from '@gantry/devcloud';
import type { Logger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { server } from '../images/recipes.ts';
import { reason, type DataFolder } from './data-folder.ts';
import { dockerSocket } from './docker-socket.ts';

export type ServersMode = 'containers' | 'simulated';

/** What runs the servers of this cloud. */
export interface Servers {
  readonly mode: ServersMode;
  readonly hypervisor: Hypervisor;
  /** Why it is not the real thing, where that was not asked for. */
  readonly remark: string | undefined;
}

export interface ServersOptions {
  /** Undefined: containers where this machine can have them. */
  readonly mode: ServersMode | undefined;
  /** As given by the user: socket of the engine. */
  readonly docker: string | undefined;
  readonly cloudId: string;
  readonly folder: DataFolder;
  readonly log: Logger;
  /** Addresses of this cloud, which simulated servers look for in their user data. */
  readonly urls: readonly string[];
}

/** @throws UserError if containers were asked for and can't be had */
export async function prepareServers(options: ServersOptions): Promise<Servers> {
  if (options.mode === 'simulated') return simulated(options, undefined);
  const problems: string[] = [];
  const engine = findEngine(options.docker, problems);
  if (engine) problems.push(...(await problemsWith(engine)));
  if (engine && problems.length === 0) {
    const { cloudId, folder, log } = options;
    const hypervisor = containerHypervisor({
      engine,
      cloudId,
      stateDir: folder.path,
      defaultImage: server.reference,
      log,
    });
    return { mode: 'containers', hypervisor, remark: undefined };
  }
  await engine?.close();
  const why = problems.join('; ');
  if (options.mode === 'containers') {
    throw new UserError(
      `real servers can't run here: ${why}. With --servers simulated everything else works.`,
    );
  }
  return simulated(options, `servers are simulated: ${why}`);
}

/** An engine on another machine, which `$DOCKER_HOST` may name, is none for servers. */
function findEngine(given: string | undefined, problems: string[]): DockerEngine | undefined {
  try {
    return new DockerEngine(dockerSocket(given));
  } catch (error) {
    problems.push(reason(error));
    return undefined;
  }
}

async function problemsWith(engine: DockerEngine): Promise<readonly string[]> {
  const { problems } = await checkHost(engine);
  if (problems.length > 0) return problems;
  if (await engine.inspectImage(server.reference)) return [];
  return [`the Docker engine has no image ${server.reference}: \`gantry images\` makes it`];
}

function simulated(options: ServersOptions, remark: string | undefined): Servers {
  return {
    mode: 'simulated',
    hypervisor: simulatedHypervisor({ signalBases: options.urls, log: options.log }),
    remark,
  };
}

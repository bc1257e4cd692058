import { Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { defaultImageCache } from '../images/image-cache.ts';
import { defaultDataFolder } from '../up/data-folder.ts';
import type { ServersMode } from '../up/up.ts';

interface UpFlags {
  readonly data: string;
  readonly listen: { host: string; port: number };
  readonly servers?: ServersMode;
  readonly kuryr: boolean;
  readonly kuryrSocket?: string;
  readonly docker?: string;
}

/** The `gantry` command. What a verb needs is loaded only when that verb is called. */
export function createCommandLine(): Command {
  const program = new Command('gantry')
    .description('Containers on OpenStack: Magnum, Kuryr, and an embedded cloud to try them on')
    .version(manifest.version)
    .showHelpAfterError('(gantry --help lists the commands, gantry COMMAND --help the options of one)')
    .configureOutput({ outputError: (text, write) => write(`gantry: ${text.replace(/^error: /, '')}`) });

  program
    .command('up')
    .description('run an embedded OpenStack with Magnum and Kuryr on this machine, until Ctrl-C')
    .addOption(dataOption())
    .option('--listen <host:port>', 'where its APIs are', parseListen, { host: '127.0.0.1', port: 9000 })
    .addOption(
      new Option(
        '--servers <mode>',
        'containers: real ones, on a Docker engine, as root; simulated: only told (default: containers where that is possible)',
      ).choices(['containers', 'simulated']),
    )
    .option('--no-kuryr', "do not offer the network driver 'kuryr' to Docker")
    .addOption(dockerOption())
    .option(
      '--kuryr-socket <path>',
      'where Docker looks for the driver (default: /run/docker/plugins/kuryr.sock)',
    )
    .action(async (flags: UpFlags) => {
      const { runUp } = await import('../up/run-up.ts');
      await runUp(flags);
    });

  program
    .command('down')
    .description('remove the machines, bridges and addresses that an embedded cloud has on this machine')
    .addOption(dataOption())
    .option('--purge', 'remove its data too: networks, stacks, clusters, passwords', false)
    .option(
      '--cloud <id>',
      'instead of --data: remove what the cloud of this id has here, whose data folder is lost',
    )
    .addOption(dockerOption())
    .action(async (flags: { data: string; purge: boolean; cloud?: string; docker?: string }) => {
      const { down, downLost } = await import('../up/down.ts');
      if (flags.cloud === undefined) await down(flags);
      else await downLost(flags.cloud, flags);
    });

  program
    .command('images')
    .description(
      'make the image that servers run from, and load it into a Docker engine; as root, on Debian or Ubuntu',
    )
    .addOption(dockerOption())
    .addOption(
      new Option('--cache <dir>', 'folder that keeps finished images')
        .default(defaultImageCache())
        .argParser(parsePath),
    )
    .action(async (flags: { cache: string; docker?: string }) => {
      const { runImages } = await import('../images/run-images.ts');
      await runImages(flags);
    });

  program
    .addCommand(
      magnumCommand('magnum-api', "Magnum's API as a process of its own", async (sources) => {
        const { runMagnumApi } = await import('../magnum/run-magnum-api.ts');
        await runMagnumApi(sources);
      }),
    )
    .addCommand(
      magnumCommand('magnum-conductor', "Magnum's conductor as a process of its own", async (sources) => {
        const { runMagnumConductor } = await import('../magnum/run-magnum-conductor.ts');
        await runMagnumConductor(sources);
      }),
    )
    .addCommand(
      magnumCommand('magnum-db', 'make in the database what Gantry needs there', async (sources) => {
        const { runMagnumDb } = await import('../magnum/run-magnum-db.ts');
        await runMagnumDb(sources);
      }),
    );

  return program;
}

function magnumCommand(
  name: string,
  description: string,
  run: (sources: { files: string[]; dirs: string[] }) => Promise<void>,
): Command {
  const repeated = (value: string, before: string[]): string[] => [...before, value];
  return new Command(name)
    .description(description)
    .option('--config-file <path>', 'configuration, magnum.conf; may be repeated', repeated, [])
    .option('--config-dir <path>', 'folder of further *.conf; may be repeated', repeated, [])
    .action((flags: { configFile: string[]; configDir: string[] }) =>
      run({ files: flags.configFile, dirs: flags.configDir }),
    );
}

function dataOption(): Option {
  return new Option('--data <dir>', 'folder that holds the state of the cloud')
    .default(defaultDataFolder())
    .argParser(parsePath);
}

function dockerOption(): Option {
  return new Option(
    '--docker <socket>',
    'socket of the Docker engine (default: $DOCKER_HOST, or /var/run/docker.sock)',
  );
}

/** An empty path would be the folder one stands in. @throws InvalidArgumentError */
function parsePath(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** @throws InvalidArgumentError which commander turns into a message and exit status 1 */
function parseListen(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]*):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port < 1 || port > 65535)
    throw new InvalidArgumentError(
      'It must be HOST:PORT with a port of 1 to 65535, for example 127.0.0.1:9000.',
    );
  return { host: match[1]?.replaceAll(/[[\]]/g, '') || '127.0.0.1', port };
}

import type { ClientSession, Program } from './client-session.ts';

/** The commands of `openstack coe` and the options of each, without those that every `openstack` command has. By its own help. */
export async function coeOptions(session: ClientSession): Promise<ReadonlyMap<string, readonly string[]>> {
  const list = await session.run('command list --group openstack.container_infra.v1 -f json', 'gantry');
  const [group] = JSON.parse(list.stdout) as { Commands: readonly string[] | string }[];
  const commands = [group?.Commands ?? []].flat().flatMap((lines) => lines.split('\n'));
  return optionsOf(commands, session, 'openstack');
}

/** The same of the older `magnum`; none for a release that doesn't have it. */
export async function magnumOptions(session: ClientSession): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await session.run('bash-completion', 'gantry', 'magnum');
  const commands = stdout.split(/\s+/).filter((word) => /^[a-z]/.test(word) && word !== 'help');
  return optionsOf(commands, session, 'magnum');
}

async function optionsOf(
  commands: readonly string[],
  session: ClientSession,
  program: Program,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const options = new Map<string, readonly string[]>();
  for (const command of commands) {
    const { stdout } = await session.run(`help ${command}`, 'gantry', program);
    const [own = ''] = stdout.split(/^output formatters:/m);
    const found = [...own.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = '']) => option);
    options.set(
      command,
      found.filter((option) => option !== '--help'),
    );
  }
  return options;
}

import type { ClientSession } from './client-session.ts';

/** The commands of `openstack coe` and the options of each, without those that every `openstack` command has. By its own help. */
export async function coeOptions(session: ClientSession): Promise<ReadonlyMap<string, readonly string[]>> {
  const list = await session.run('command list --group openstack.container_infra.v1 -f json', 'gantry');
  const [group] = JSON.parse(list.stdout) as { Commands: readonly string[] | string }[];
  const commands = [group?.Commands ?? []].flat().flatMap((lines) => lines.split('\n'));
  const options = new Map<string, readonly string[]>();
  for (const command of commands) {
    const { stdout } = await session.run(`help ${command}`, 'gantry');
    const [own = ''] = stdout.split(/^output formatters:/m);
    const found = [...own.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = '']) => option);
    options.set(
      command,
      found.filter((option) => option !== '--help'),
    );
  }
  return options;
}

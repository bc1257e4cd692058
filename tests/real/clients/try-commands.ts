import { expect, test, vi } from 'vitest';
import { departures } from '../../acceptance/departures.ts';
import type { ClientCommand } from './client-command.ts';
import type { ClientSession } from './client-session.ts';
import { coeFields } from './coe-fields.ts';
import type { Release } from './debian-release.ts';
import { printedTable } from './printed-table.ts';

/** What `$names` in commands and in what is expected stand for. */
export type Facts = Map<string, string>;

/** What commands are tried with. */
export interface Trial {
  readonly release: Release;
  /** Asked for when a test runs. */
  readonly session: () => ClientSession;
  readonly facts: Facts;
}

/** One test for each command that the release has, in their order. */
export function tryCommands(commands: readonly ClientCommand[], trial: Trial): void {
  for (const command of commands) {
    if (command.on && !command.on.includes(trial.release)) continue;
    const title = `${command.program ?? 'openstack'} ${command.type}${command.as === undefined ? '' : ` (${command.as})`}`;
    test(title, async () => {
      const once = (): Promise<void> => tryCommand(command, trial);
      if (command.eventually === true) await vi.waitFor(once, { timeout: 120_000, interval: 500 });
      else await once();
    });
  }
}

async function tryCommand(command: ClientCommand, { release, session, facts }: Trial): Promise<void> {
  const cloud = command.as === 'admin' ? 'gantry-admin' : 'gantry';
  const { code, stdout, stderr } = await session().run(filled(command.type, facts), cloud, command.program);
  const said = `${stdout}\n${stderr}`;
  expect(code, said).toBe(command.code ?? (command.refused ? 1 : 0));
  if (command.refused) checkRefusal(command, said, facts);
  if (command.says) {
    const { source } = command.says;
    expect(code === 0 ? stdout : said).toMatch(new RegExp(filled(source, facts)));
  }
  const { fields, lines } = printedTable(stdout);
  const { prints } = command;
  if (prints) expect(fields).toEqual(typeof prints === 'string' ? coeFields(prints, release) : prints);
  if (command.lines !== undefined) expect(lines).toHaveLength(command.lines);
  for (const [name, value] of Object.entries(command.values ?? {})) {
    const shown = lines[0]?.[name];
    if (typeof value === 'string') expect(shown, name).toBe(filled(value, facts));
    else expect(shown, name).toMatch(value);
  }
  if (command.keeps !== undefined)
    facts.set(command.keeps, /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(stdout)?.[0] ?? '');
}

function checkRefusal({ refused, departure }: ClientCommand, said: string, facts: Facts): void {
  const [status, ...names] = refused ?? [0];
  expect(said).toContain(`(HTTP ${status})`);
  for (const name of names) expect(said).toContain(filled(name, facts));
  if (departure !== undefined) expect(status).toBe(departures[departure].gantry.status);
}

/** `text` with the facts that its `$names` stand for. */
export function filled(text: string, facts: Facts): string {
  return text.replaceAll(/\\?\$(\w+)/g, (whole, name: string) => facts.get(name) ?? whole);
}

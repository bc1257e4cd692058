import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { checkStructure } from './structure.ts';

/** `make check`: types, lint, format and structure, side by side; prints what fails and exits with 1 then. */
const tools = [
  ['types', 'tsc', '-p', '.'],
  ['lint', 'oxlint', '--type-aware', '--quiet'],
  ['format', 'oxfmt', '--check', '.'],
] as const;

const results = await Promise.all(tools.map(([name, command, ...args]) => run(name, command, args)));
const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'], {
  encoding: 'utf8',
});
const deleted = new Set(spawnSync('git', ['ls-files', '--deleted'], { encoding: 'utf8' }).stdout.split('\n'));
const files = listed.stdout.split('\n').filter((file) => file !== '' && !deleted.has(file));
const faults = checkStructure(files);
report('structure', faults.length === 0, faults.join('\n'));
const failed = results.filter((ok) => !ok).length + (faults.length === 0 ? 0 : 1);
process.exitCode = failed === 0 ? 0 : 1;

async function run(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(`node_modules/.bin/${command}`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const [code] = await once(child, 'close');
  report(name, code === 0, output);
  return code === 0;
}

function report(name: string, ok: boolean, output: string): void {
  process.stdout.write(ok ? `${name}: ok\n` : `${output}\n${name}: FAILED\n`);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const interactive = process.stdout.isTTY;
const paint = (code: number, text: string): string =>
  interactive ? `\u001B[${code}m${text}\u001B[0m` : text;

export function heading(text: string): void {
  process.stdout.write(`\n${paint(1, text)}\n`);
}

export function note(text: string): void {
  process.stdout.write(`${text}\n`);
}

export interface CommandOptions {
  /** What a user would have exported first. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Shown instead of the command line itself, where that has paths nobody would type. */
  readonly shown?: string;
}

/**
 * Types a command: shows it, runs it, shows what it says as it says it.
 *
 * @returns its standard output
 * @throws Error with what it said on standard error, when it ends with anything but 0
 */
export async function type(command: readonly string[], options: CommandOptions): Promise<string> {
  const [program = '', ...args] = command;
  process.stdout.write(`${paint(32, '$')} ${paint(1, options.shown ?? command.map(quote).join(' '))}\n`);
  const child = spawn(program, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal,
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += String(data);
    process.stdout.write(data as Buffer);
  });
  child.stderr.on('data', (data) => (errors += String(data)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors.trim()}`);
  return output;
}

/** Shows a request to an API, and its answer as a table of the given fields. */
export function showCall(
  method: string,
  path: string,
  like: string,
  rows: readonly (readonly [string, unknown])[],
): void {
  process.stdout.write(`${paint(32, '>')} ${paint(1, `${method} ${path}`)}   ${paint(2, `# ${like}`)}\n`);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) {
    process.stdout.write(
      `  ${name.padEnd(width)}  ${typeof value === 'string' ? value : JSON.stringify(value)}\n`,
    );
  }
}

export interface ProgressBar {
  /** @param done from 0 to 1 */
  update(done: number, text: string): void;
  end(text: string): void;
  /** Takes the bar away, for an error to stand there. */
  clear(): void;
}

const WIDTH = 30;

/** A bar that moves where there is a terminal, and a line for each change of `text` where there is none. */
export function progressBar(title: string): ProgressBar {
  const start = performance.now();
  let last = '';
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  return {
    update(done, text) {
      if (interactive) {
        const filled = Math.round(Math.min(Math.max(done, 0), 1) * WIDTH);
        const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
        process.stdout.write(
          `\r\u001B[K${title} ${bar} ${seconds()} ${text}`.slice(0, 8 + (process.stdout.columns || 100)),
        );
      } else if (text !== last) {
        process.stdout.write(`${title} ${(done * 100).toFixed(0)} % ${seconds()} ${text}\n`);
      }
      last = text;
    },
    end(text) {
      process.stdout.write(`${interactive ? '\r\u001B[K' : ''}${title}: ${text} (${seconds()})\n`);
    },
    clear() {
      if (interactive) process.stdout.write('\r\u001B[K');
    },
  };
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

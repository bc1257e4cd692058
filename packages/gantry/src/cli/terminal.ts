import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A terminal whose cursor can be moved. */
const interactive = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
/** Source: no-color.org. */
const colored = interactive && !process.env['NO_COLOR'];
const paint = (code: number, text: string): string => (colored ? `\u001B[${code}m${text}\u001B[0m` : text);

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
}

/** Shows a command as it would be typed. */
export function showCommand(command: readonly string[]): void {
  process.stdout.write(`${paint(32, '$')} ${paint(1, command.map(quote).join(' '))}\n`);
}

/**
 * Types a command: shows it, runs it, shows what it says as it says it.
 *
 * @returns its standard output
 * @throws Error with what it said on standard error, when it ends with anything but 0
 */
export async function type(command: readonly string[], options: CommandOptions): Promise<string> {
  const [program = '', ...args] = command;
  showCommand(command);
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
  child.stderr.on('data', (data) => {
    errors += String(data);
    process.stderr.write(data as Buffer);
  });
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
  /** Puts the last word in its place. */
  end(text: string): void;
  /** Takes the bar away, if it has not ended, for an error to stand there. */
  clear(): void;
}

const WIDTH = 30;
/** Takes away what stands in the line. Source: ECMA-48, "erase in line". */
const ERASE = '\r\u001B[K';

/** A bar that moves where there is a terminal, and a line for each change of `text` where there is none. */
export function progressBar(title: string): ProgressBar {
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  let shown: { readonly done: number; readonly text: string } | undefined;
  let clock: NodeJS.Timeout | undefined;

  function draw(): void {
    if (!shown) return;
    const columns = process.stdout.columns || 80;
    const width = Math.min(WIDTH, Math.floor(columns / 3));
    const filled = Math.round(Math.min(Math.max(shown.done, 0), 1) * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    // A line that the terminal breaks can't be taken back.
    process.stdout.write(ERASE + `${title} ${bar} ${seconds()} ${shown.text}`.slice(0, columns - 1));
  }

  function clear(): void {
    if (clock) process.stdout.write(ERASE);
    clearInterval(clock);
    clock = undefined;
  }

  return {
    update(done, text) {
      const changed = text !== shown?.text;
      shown = { done, text };
      if (interactive) {
        // Seconds go by also where nothing else changes.
        clock ??= setInterval(draw, 500).unref();
        draw();
      } else if (changed) {
        process.stdout.write(`${title} ${(done * 100).toFixed(0)} % ${seconds()} ${text}\n`);
      }
    },
    end(text) {
      clear();
      process.stdout.write(`${title}: ${text} (${seconds()})\n`);
    },
    clear,
  };
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

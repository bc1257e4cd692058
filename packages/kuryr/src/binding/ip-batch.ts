import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { KuryrError, messageOf } from '../driver/errors.ts';

/**
 * Runs lines of iproute2's batch language in order, each whatever became of those before it.
 *
 * @throws KuryrError with what the kernel said about the first that failed
 */
export type IpBatch = (lines: readonly string[]) => Promise<void>;

/** `ip` remembers every link it has met, so one process doesn't serve for ever. */
const JOBS_OF_ONE = 500;

/**
 * One `ip` that waits for work instead of a new one for each piece of it. Node's `spawn` copies the page tables of this
 * whole process and holds up everything in it meanwhile: 5 ms on an idle machine, 50 on a busy one. What waits here is
 * done in 1. It ends by itself when this process does, however that ends.
 */
export function ipBatch(command = 'ip'): IpBatch {
  let current: IpProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function attempt(lines: readonly string[]): Promise<readonly Failure[]> {
    if (current === undefined || current.ended || current.jobs >= JOBS_OF_ONE) {
      current?.end();
      current = startIp(command);
    }
    return current.work(lines);
  }

  async function run(lines: readonly string[]): Promise<void> {
    const isNew = current === undefined || current.ended;
    let failures = await attempt(lines);
    if (failures.length > 0 && !isNew) {
      // What it remembers of links may be out of date: one that was removed and made again has another index.
      current?.end();
      failures = await attempt(failures.map(({ line }) => line));
    }
    const [first] = failures;
    if (first) throw failed(first);
  }

  return (lines) => {
    const mine = last.then(() => run(lines));
    last = mine.catch(() => undefined);
    return mine;
  };
}

interface Failure {
  readonly line: string;
  readonly said: string;
}

function failed({ line, said }: Failure): KuryrError {
  const hint = /not permitted/.test(said) ? ': Kuryr needs CAP_NET_ADMIN' : '';
  return new KuryrError('host', `'ip ${line}' failed: ${said}${hint}`);
}

interface IpProcess {
  /** How often it has worked. */
  readonly jobs: number;
  readonly ended: boolean;
  /** Never at the same time. @returns the lines that failed */
  work(lines: readonly string[]): Promise<readonly Failure[]>;
  end(): void;
}

/** No object of `ip`: it says so, and by that how far it has come. */
const MARK = 'done';

function startIp(command: string): IpProcess {
  const child = spawn(command, ['-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let jobs = 0;
  let written = 0;
  let text = '';
  let ended = false;
  let heard = (): void => undefined;
  child.stdin.on('error', () => undefined);
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
    heard();
  });
  const over = (said: string): void => {
    text += said;
    ended = true;
    heard();
  };
  child.on('error', (error) => over(`${messageOf(error)}: is the package iproute2 installed?`));
  child.on('close', () => over(''));
  holdProcess(child, false);

  function work(lines: readonly string[]): Promise<readonly Failure[]> {
    const before = written;
    jobs += 1;
    written += lines.length + 1;
    text = '';
    holdProcess(child, true);
    return new Promise((resolve) => {
      heard = () => {
        if (!ended && !text.includes(`Command failed -:${written}\n`)) return;
        heard = () => undefined;
        holdProcess(child, false);
        resolve(failuresIn(text, lines, before, ended));
      };
      child.stdin.write(`${lines.join('\n')}\n${MARK}\n`);
      if (ended) heard();
    });
  }

  return {
    get jobs() {
      return jobs;
    },
    get ended() {
      return ended;
    },
    work,
    end() {
      ended = true;
      child.stdin.end();
    },
  };
}

/** While it waits it doesn't keep this process from ending. */
function holdProcess(child: ChildProcessByStdio<Writable, null, Readable>, hold: boolean): void {
  for (const handle of [child, child.stdin, child.stderr]) {
    const { ref, unref } = handle as { ref?: () => void; unref?: () => void };
    (hold ? ref : unref)?.call(handle);
  }
}

/** `Command failed -:7` follows what was said about the seventh line it ever got. */
function failuresIn(text: string, lines: readonly string[], before: number, ended: boolean): Failure[] {
  const found: Failure[] = [];
  let said: string[] = [];
  for (const row of text.split('\n')) {
    const number = /^Command failed -:(\d+)$/.exec(row)?.[1];
    if (number === undefined) {
      if (row.trim() !== '') said.push(row.trim());
      continue;
    }
    const line = lines[Number(number) - before - 1];
    if (line !== undefined) found.push({ line, said: said.join(' ') });
    said = [];
  }
  if (!ended) return found;
  // Of the others it is not known whether they were done.
  const why = said.join(' ') || 'ip ended before it was done';
  const others = lines.filter((line) => !found.some((failure) => failure.line === line));
  return [...found, ...others.map((line) => ({ line, said: why }))];
}

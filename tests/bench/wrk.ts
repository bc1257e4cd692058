import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One request, to be sent again and again. */
export interface Load {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
  /** Sent with POST. */
  readonly body?: object;
}

export interface Measured {
  /** Requests that succeeded. */
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  /** How many were answered otherwise than with a success, or in time not at all. */
  readonly failed: number;
}

/**
 * Lets wrk, a package of Debian's, send a request for some seconds, each connection the next as soon as it has its answer.
 */
export async function wrk({ url, token, connections, seconds, body }: Load): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-wrk-'));
  const script = join(folder, 'post.lua');
  if (body) writeFileSync(script, post(body));
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '60s', '--latency'];
  const headers = ['OpenStack-API-Version: container-infra latest', `X-Auth-Token: ${token}`];
  try {
    const args = [
      ...options,
      ...headers.flatMap((header) => ['-H', header]),
      ...(body ? ['-s', script] : []),
    ];
    const { stdout } = await run('/usr/bin/wrk', [...args, url]);
    const found = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
    const all = found(/(\d+) requests in/);
    const refused = found(/Non-2xx or 3xx responses: (\d+)/);
    return {
      perSecond: (found(/Requests\/sec:\s+([\d.]+)/) * (all - refused)) / all,
      p99: milliseconds(/^ +99%\s+(\S+)/m.exec(stdout)?.[1] ?? ''),
      failed: refused + found(/timeout (\d+)/),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function post(body: object): string {
  const type = `wrk.headers["content-type"] = "application/json"`;
  return `wrk.method = "POST"\n${type}\nwrk.body = [==[${JSON.stringify(body)}]==]\n`;
}

/** Of `741.00us`, `3.32ms`, `1.02s`, `1.10m`. */
function milliseconds(text: string): number {
  const found = /^([\d.]+)(us|ms|s|m)$/.exec(text);
  const factor = { us: 0.001, ms: 1, s: 1000, m: 60_000 }[found?.[2] ?? ''];
  return Number(found?.[1]) * (factor ?? Number.NaN);
}

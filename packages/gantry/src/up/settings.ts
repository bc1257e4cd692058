import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { UserError } from '../cli/exit.ts';
import { readOwn, writePrivate } from './data-folder.ts';

/** What is decided at the first start of a cloud and stays, because things on the machine carry it. */
export interface Settings {
  /** Tells this cloud's machines, bridges and rules from another's. */
  readonly cloudId: string;
  /** The external network: `172.24.4.0/24`. The first address of it is this host's. */
  readonly externalCidr: string;
}

/** The settings of this cloud; made at the first start. @throws UserError if they are damaged */
export function loadSettings(path: string): Settings {
  if (existsSync(path)) return readSettings(path);
  const settings: Settings = { cloudId: randomUUID(), externalCidr: freeExternalCidr() };
  writePrivate(path, `${JSON.stringify(settings, undefined, 2)}\n`);
  return settings;
}

/** @throws UserError if there are none, or damaged ones */
export function readSettings(path: string): Settings {
  const { cloudId, externalCidr } = readOwn(path);
  if (
    typeof cloudId !== 'string' ||
    !/^[\w-]{8,}$/.test(cloudId) ||
    typeof externalCidr !== 'string' ||
    !/^\d+\.\d+\.\d+\.0\/24$/.test(externalCidr)
  ) {
    throw new UserError(`${path}: damaged: put back a copy. Nothing was changed.`);
  }
  return { cloudId, externalCidr };
}

/** DevStack's 172.24.4.0/24, or the next network of that size that no interface of this machine is in. */
function freeExternalCidr(): string {
  const used = usedNetworks();
  for (let third = 4; third < 256; third += 1) {
    if (!used.has(`172.24.${third}`)) return `172.24.${third}.0/24`;
  }
  throw new UserError('every network in 172.24.4.0–172.24.255.0 is in use on this machine');
}

/** First three parts of this machine's addresses. Node tells only of interfaces that have a carrier; a bridge without members hasn't. */
function usedNetworks(): Set<string> {
  try {
    const printed = execFileSync('ip', ['-4', '-brief', 'address'], { encoding: 'utf8' });
    return new Set([...printed.matchAll(/(\d+\.\d+\.\d+)\.\d+\/\d+/g)].map(([, network = '']) => network));
  } catch {
    // No `ip`, so no real networks either.
    return new Set();
  }
}

/** The host's own address on the external network. */
export function hostAddress(settings: Settings): string {
  return settings.externalCidr.replace(/\.0\/24$/, '.1');
}

import type { ClientCommand } from './client-command.ts';
import type { Release } from './debian-release.ts';

/** Releases whose clients take changes as `replace path=value`; later ones have an option for each field. */
export const patching: readonly Release[] = ['bookworm', 'trixie'];

/** A time as the API writes it. */
export const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/;

/** One certificate and nothing else. */
export const pem = /^-----BEGIN CERTIFICATE-----\n[^-]+\n-----END CERTIFICATE-----\s*$/;

export const changed = (name: string): RegExp => new RegExp(`Request to update ${name} has been accepted`);

export const deleted = (name: string): RegExp => new RegExp(`Request to delete ${name} has been accepted`);

/** Commands that only the clients of some releases have. */
export const onlyOn = (releases: readonly Release[], commands: readonly ClientCommand[]): ClientCommand[] =>
  commands.map((command) => ({ ...command, on: releases }));

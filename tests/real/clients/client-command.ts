import type { DepartureName } from '../../acceptance/departures.ts';
import type { Program } from './client-session.ts';
import type { CoeTable } from './coe-fields.ts';
import type { Release } from './debian-release.ts';

/** A command of one of Debian's clients, and what the original Magnum has it print and refuse. */
export interface ClientCommand {
  /** Which client has it: `openstack` unless said. */
  readonly program?: Program;
  /** As typed behind its name, but for `$names`: facts of the cloud, and what earlier commands keep. */
  readonly type: string;
  /** Which releases' clients have it: all unless said. */
  readonly on?: readonly Release[];
  /** Who types it: the member unless said. */
  readonly as?: 'admin';
  /** The fields of the table, in their order: the first column of a show, the headings of a list. */
  readonly prints?: CoeTable | readonly string[];
  /** How many lines a list has. */
  readonly lines?: number;
  /** Some values: of a show, or of a list's first line. */
  readonly values?: Readonly<Record<string, string | RegExp>>;
  /** What is printed beside a table. */
  readonly says?: RegExp;
  /** For a refusal: its HTTP status and what its text names. The exit code is 1 then. */
  readonly refused?: readonly [status: number, ...names: string[]];
  /** Where it is neither 0 nor a refusal's 1. */
  readonly code?: number;
  /** Where Gantry answers otherwise than the original on purpose. */
  readonly departure?: DepartureName;
  /** Typed again until all is as expected: the conductor works on after the answer. */
  readonly eventually?: true;
  /** The name under which later commands find the uuid in its text. */
  readonly keeps?: string;
}

/** What a label's value may look like; values are always text on the wire. */
export type LabelType =
  | 'text'
  | 'boolean'
  /** Zero or more. */
  | 'count'
  | 'cidr'
  | 'address'
  | 'url'
  | 'sha256'
  /** A tag of a container image, or a version. */
  | 'tag'
  /** Names, divided by commas. */
  | 'names'
  /** CIDRs, divided by commas. */
  | 'cidrs'
  | { readonly choices: readonly string[] };

export type Coe = 'kubernetes' | 'swarm' | 'swarm-mode' | 'mesos' | 'dcos';

/** A label that a driver of the original knows. */
export interface Label {
  readonly name: string;
  readonly type: LabelType;
  /**
   * What counts without it: the original's default. Undefined: it depends, as `meaning` says, on configuration or
   * on other fields.
   */
  readonly default: string | undefined;
  /** Whose clusters it is about. */
  readonly coes: readonly Coe[];
  /** Drivers of those COEs that know it; undefined: all of them. */
  readonly drivers?: readonly string[];
  /** Release of Magnum since which it is known; undefined: from the first releases on. */
  readonly since?: string;
  /** Release in which it was last known. */
  readonly until?: string;
  /** A sentence for users. */
  readonly meaning: string;
}

/** `[name, type, default, meaning, more]` */
export type Row = readonly [
  string,
  LabelType,
  string | undefined,
  string,
  Partial<Pick<Label, 'coes' | 'drivers' | 'since' | 'until'>>?,
];

export function labelsFrom(rows: readonly Row[], coes: readonly Coe[]): Label[] {
  return rows.map(([name, type, value, meaning, more]) => ({
    name,
    type,
    default: value,
    coes,
    meaning,
    ...more,
  }));
}

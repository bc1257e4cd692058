import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Place, type Problem } from './config-error.ts';
import { parseIni, type IniEntry } from './ini.ts';
import { NotAValue, type Option, type OptionSchema, type Values } from './option.ts';
import { substitute } from './references.ts';

export interface Sources {
  /** Read in this order; what stands later wins. */
  readonly files?: readonly string[];
  /** Of each, every `*.conf`, by name, after the files. */
  readonly dirs?: readonly string[];
  /** `OS_<GROUP>__<OPTION>` wins over files. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Options that are somebody else's, or that the original has and this program has no use for: no warning about
   * them. By group; `*` for a whole group.
   */
  readonly foreign?: Readonly<Record<string, readonly string[] | '*'>>;
}

export interface Loaded<S extends OptionSchema> {
  readonly values: Values<S>;
  /** What is odd, but doesn't matter: options nobody knows, old names. For the log. */
  readonly warnings: readonly Problem[];
  /** Files read, in order. */
  readonly files: readonly string[];
}

/**
 * Reads the configuration of a service, as oslo.config does it. Precedence: environment, then files (the last
 * one that sets an option), then defaults. `$name`, `${name}`, `$group.name` in a value stand for another
 * option's; `$$` is a dollar.
 *
 * @throws ConfigError with every unreadable file, bad line, wrong value and reference to nothing
 */
export function loadConfig<S extends OptionSchema>(schema: S, sources: Sources): Loaded<S> {
  const problems: Problem[] = [];
  const files = [...(sources.files ?? []), ...(sources.dirs ?? []).flatMap((dir) => filesIn(dir, problems))];
  const entries = files.flatMap((file) => read(file, problems));
  const assigned = new Assignments(schema, entries, sources.env ?? {});
  const values: Record<string, Record<string, unknown>> = {};
  for (const [group, options] of Object.entries(schema)) {
    values[group] = {};
    for (const [name, option] of Object.entries(options)) {
      values[group][name] = valueOf(assigned, group, name, option, problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { values: values as Values<S>, warnings: assigned.warnings(sources.foreign ?? {}), files };
}

/** Takes `--config-file` and `--config-dir` (each any number of times, with a space or `=`) out of a command line. */
export function configArguments(args: readonly string[]): {
  files: string[];
  dirs: string[];
  rest: string[];
} {
  const found = { files: [] as string[], dirs: [] as string[], rest: [] as string[] };
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const match = /^--config-(file|dir)(?:=(.*))?$/s.exec(arg);
    if (!match) {
      found.rest.push(arg);
      continue;
    }
    const value = match[2] ?? args[(index += 1)];
    if (value === undefined || value === '')
      throw new ConfigError([{ message: `${arg} needs a path behind it` }]);
    (match[1] === 'file' ? found.files : found.dirs).push(value);
  }
  return found;
}

interface Assignment extends Place {
  readonly value: string;
}

/** Who set what, by group and name in the form in which they are compared. */
class Assignments {
  readonly #schema: OptionSchema;
  readonly #found = new Map<string, Assignment[]>();
  readonly #entries: readonly IniEntry[];
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(
    schema: OptionSchema,
    entries: readonly IniEntry[],
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#schema = schema;
    this.#entries = entries;
    this.#env = env;
    for (const { group, name, value, file, line } of entries) {
      const key = keyOf(group, name);
      const before = this.#found.get(key);
      if (before) before.push({ value, source: file, line });
      else this.#found.set(key, [{ value, source: file, line }]);
    }
  }

  of(group: string, name: string): readonly Assignment[] {
    const variable = `OS_${group}__${name}`.toUpperCase().replaceAll('-', '_');
    const value = this.#env[variable];
    if (value !== undefined) return [{ value, source: variable }];
    const option = this.#schema[group]?.[name];
    for (const key of [keyOf(group, name), ...deprecatedKeys(group, option)]) {
      const found = this.#found.get(key);
      if (found) return found;
    }
    return [];
  }

  /** What a reference stands for: what somebody set, declared or not, else the default. */
  resolve(name: string, group: string): string | undefined {
    const dot = name.indexOf('.');
    const places: [string, string][] =
      dot > 0
        ? [[name.slice(0, dot), name.slice(dot + 1)]]
        : [
            [group, name],
            ['DEFAULT', name],
          ];
    for (const [in_, option] of places) {
      const set = this.of(in_, option).at(-1);
      if (set) return set.value;
      const declared = this.#schema[in_]?.[option];
      if (declared) return written(declared.default);
    }
    return undefined;
  }

  warnings(foreign: NonNullable<Sources['foreign']>): Problem[] {
    const known = new Map<string, string>();
    const renamed = new Map<string, string>();
    for (const [group, options] of Object.entries(this.#schema)) {
      for (const [name, option] of Object.entries(options)) {
        known.set(keyOf(group, name), `[${group}] ${name}`);
        for (const key of deprecatedKeys(group, option)) renamed.set(key, `[${group}] ${name}`);
      }
    }
    for (const [group, names] of Object.entries(foreign)) {
      for (const name of names === '*' ? [] : names) known.set(keyOf(group, name), name);
    }
    const referenced = this.#entries.map(({ value }) => value).join('\n');
    const warnings: Problem[] = [];
    for (const { group, name, file, line } of this.#entries) {
      const key = keyOf(group, name);
      const whole = Object.entries(foreign).some(
        ([other, names]) => names === '*' && sameGroup(other, group),
      );
      if (known.has(key) || whole || referenced.includes(`$${name}`) || referenced.includes(`\${${name}}`))
        continue;
      const now = renamed.get(key);
      const near = nearest(key, [...known.keys()]);
      const hint = near === undefined ? '' : `; did you mean ${known.get(near) ?? near}?`;
      warnings.push({
        source: file,
        line,
        group,
        option: name,
        message:
          now === undefined ? `there is no such option, it is ignored${hint}` : `is called ${now} by now`,
      });
    }
    return warnings;
  }
}

function valueOf(
  assigned: Assignments,
  group: string,
  name: string,
  option: Option<unknown>,
  problems: Problem[],
): unknown {
  const set = assigned.of(group, name);
  const counted = option.multiple ? set : set.slice(-1);
  const values: unknown[] = [];
  for (const { value, source, line } of counted) {
    const problem = (message: string): void =>
      void problems.push({ source, line, group, option: name, message });
    const resolved = substitute(value, (reference) => assigned.resolve(reference, group));
    if ('unknown' in resolved) {
      problem(
        resolved.circular
          ? `refers to $${resolved.unknown}, which refers back to it: give one of them a value`
          : `refers to $${resolved.unknown}, which is set nowhere; a dollar itself is written $$`,
      );
      continue;
    }
    try {
      values.push(option.parse(resolved.text));
    } catch (error) {
      if (!(error instanceof NotAValue)) throw error;
      const shown = option.secret ? 'the value' : `"${resolved.text}"`;
      const why = error.message === '' ? '' : ` (${error.message})`;
      problem(`${shown} is not right${why}: expected ${option.expects}`);
    }
  }
  if (values.length === 0) {
    // Defaults may refer to other options as well.
    if (typeof option.default !== 'string') return option.default;
    const resolved = substitute(option.default, (reference) => assigned.resolve(reference, group));
    return 'text' in resolved ? resolved.text : option.default;
  }
  return option.multiple ? values : values[0];
}

function read(file: string, problems: Problem[]): IniEntry[] {
  try {
    return parseIni(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof ConfigError) problems.push(...error.problems);
    else problems.push({ source: file, message: `can't be read: ${reason(error)}` });
    return [];
  }
}

function filesIn(dir: string, problems: Problem[]): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith('.conf') && statSync(join(dir, name)).isFile())
      .toSorted()
      .map((name) => join(dir, name));
  } catch (error) {
    problems.push({ source: dir, message: `can't be read: ${reason(error)}` });
    return [];
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file or directory';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}

/** A default as it would be written in a file. */
function written(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Names are compared without case of the group, and with `-` the same as `_`. */
function keyOf(group: string, name: string): string {
  return `${group.toLowerCase()}/${name.replaceAll('-', '_')}`;
}

function sameGroup(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function deprecatedKeys(group: string, option: Option<unknown> | undefined): string[] {
  return (option?.deprecated ?? []).map((name) => {
    const [first = '', second] = name.split('/');
    return second === undefined ? keyOf(group, first) : keyOf(first, second);
  });
}

/** The key that one or two changed, missing or additional letters make of this one. */
function nearest(key: string, keys: readonly string[]): string | undefined {
  for (const most of [1, 2]) {
    const found = keys.find((candidate) => isWithin(most, key, candidate));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether so many changed, missing or additional letters make one of the other. */
function isWithin(most: number, one: string, other: string): boolean {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const [mine, theirs] = [one.slice(same), other.slice(same)];
  if (mine === '' || theirs === '') return mine.length + theirs.length <= most;
  const [later, theirsLater] = [mine.slice(1), theirs.slice(1)];
  return (
    most > 0 &&
    (isWithin(most - 1, later, theirsLater) ||
      isWithin(most - 1, later, theirs) ||
      isWithin(most - 1, mine, theirsLater))
  );
}

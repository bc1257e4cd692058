import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { parseRule, type ParsedRule } from './rule-parser.ts';

/** Where an operator's rules stand. */
export interface PolicyPlaces {
  /** `[oslo_policy] policy_file`: YAML or JSON; none is no fault. */
  readonly file: string;
  /** `[oslo_policy] policy_dirs`: every file in them, by name, after the file; what stands later wins. */
  readonly dirs: readonly string[];
  /** Where relative paths are looked for: folders of the configuration, the first that has it. */
  readonly folders: readonly string[];
}

export interface FileRule extends ParsedRule {
  /** As it stands in the file. */
  readonly text: unknown;
  readonly file: string;
}

export interface PolicyFiles {
  readonly rules: ReadonlyMap<string, FileRule>;
  readonly problems: readonly string[];
}

/** Changes when a file is changed, appears or goes. */
export function stampOf(places: PolicyPlaces): string {
  return pathsIn(places)
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return `${path} ${found?.mtimeMs} ${found?.size} ${found?.ino}`;
    })
    .join('\n');
}

/** Reads all files; what can't be understood is told in `problems`. */
export function readPolicyFiles(places: PolicyPlaces): PolicyFiles {
  const rules = new Map<string, FileRule>();
  const problems: string[] = [];
  for (const file of pathsIn(places)) {
    for (const [name, text] of entriesIn(file, problems)) {
      try {
        rules.set(name, { ...parseRule(text), text, file });
      } catch (error) {
        problems.push(`${file}: the rule ${name}: ${messageOf(error)}`);
      }
    }
  }
  return { rules, problems };
}

function entriesIn(file: string, problems: string[]): [string, unknown][] {
  try {
    const content: unknown = parse(readFileSync(file, 'utf8'));
    if (content === null || content === undefined) return [];
    if (typeof content === 'object' && !Array.isArray(content)) return Object.entries(content);
    problems.push(`${file}: an object of rules by name is expected`);
  } catch (error) {
    problems.push(`${file}: ${messageOf(error)}`);
  }
  return [];
}

function pathsIn({ file, dirs, folders }: PolicyPlaces): string[] {
  const found = locate(file, folders, 'isFile');
  return [
    ...(found === undefined ? [] : [found]),
    ...dirs.flatMap((dir) => {
      const folder = locate(dir, folders, 'isDirectory');
      return folder === undefined ? [] : filesIn(folder);
    }),
  ];
}

function locate(path: string, folders: readonly string[], kind: 'isFile' | 'isDirectory') {
  const candidates = isAbsolute(path) ? [path] : folders.map((folder) => join(folder, path));
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.[kind]() === true);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name))
    .toSorted();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

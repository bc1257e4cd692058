import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { parseSync } from 'oxc-parser';
import { dependencyFaults } from './dependencies.ts';

/** What each package, and each ring of tests, may import of the others. Source: docs/architecture.md, "The house". */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  openstack: [],
  oslo: ['openstack'],
  magnum: ['openstack', 'oslo'],
  kuryr: ['openstack', 'oslo'],
  devcloud: ['openstack', 'oslo'],
  gantry: ['openstack', 'oslo', 'magnum', 'kuryr', 'devcloud'],
  'tests/acceptance': [],
  'tests/real': [
    'tests/faults',
    'tests/acceptance',
    'openstack',
    'oslo',
    'magnum',
    'kuryr',
    'devcloud',
    'gantry',
  ],
  'tests/faults': ['openstack', 'oslo', 'magnum', 'kuryr', 'devcloud', 'gantry'],
  'tests/published': ['openstack', 'gantry'],
  'tests/bench': ['tests/real', 'openstack', 'oslo', 'magnum', 'kuryr', 'devcloud', 'gantry'],
  tools: [],
};

/** Where a file may stand: a path ending in `/` is a folder and all beneath it, any other one file. */
export const ROOMS: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'LICENSE', 'Makefile', '.ci/run', '.gitignore'],
  ...['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', '.oxlintrc.json', '.oxfmtrc.json'],
  ...['vitest.config.ts', 'vitest.real.config.ts', 'vitest.acceptance.config.ts', 'docs/', 'tools/'],
  ...['openstack', 'oslo', 'magnum', 'kuryr', 'devcloud', 'gantry'].map(
    (name) => `packages/${name}/package.json`,
  ),
  ...['openstack', 'oslo', 'magnum', 'kuryr', 'devcloud', 'gantry'].map(
    (name) => `packages/${name}/src/index.ts`,
  ),
  ...rooms('openstack', 'session', 'resources'),
  ...rooms('oslo', 'config', 'keystone', 'policy', 'http', 'logs'),
  ...rooms('magnum', 'api', 'clusters', 'operations', 'reconcilers', 'drivers', 'certificates', 'store'),
  ...rooms('kuryr', 'driver', 'libnetwork', 'ipam', 'networks', 'endpoints', 'ports', 'binding', 'testing'),
  ...rooms('devcloud', 'cloud', 'http', 'identity', 'image', 'compute', 'network', 'volume', 'orchestration'),
  ...rooms('gantry', 'cli', 'up', 'magnum', 'engine', 'images', 'launch', 'demo', 'host'),
  ...['packages/gantry/src/gantry.ts', 'packages/gantry/bin/'],
  ...['tests/acceptance/', 'tests/real/', 'tests/faults/', 'tests/published/', 'tests/bench/'],
];

function rooms(name: string, ...folders: string[]): string[] {
  return folders.map((folder) => `packages/${name}/src/${folder}/`);
}

/** A place that breaks the layout, and the way to mend it. */
export type Fault = string;

/**
 * Checks every file against the layout: that it stands in a known room, imports only what its package may,
 * reaches other packages by their front door only, declares the libraries it imports and no others, and is part of no
 * import cycle.
 *
 * @param files paths from the root of the repository, with `/`
 * @param read gives the text of one
 */
export function checkStructure(
  files: readonly string[],
  read: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): Fault[] {
  const sources = files.filter((file) => file.endsWith('.ts'));
  const faults: Fault[] = files
    .filter((file) => !inRoom(file))
    .map((file) => `${file}: stands in no known room (tools/structure.ts)`);
  const imports = new Map(sources.map((file) => [file, importsOf(file, read(file))]));
  const graph = new Map<string, string[]>();
  for (const [file, specifiers] of imports) {
    const targets: string[] = [];
    for (const target of specifiers) {
      const fault = faultOf(file, target);
      if (fault) faults.push(`${file}: ${fault}`);
      if (target.startsWith('.')) targets.push(normalize(join(dirname(file), target)));
    }
    graph.set(file, targets);
  }
  faults.push(...dependencyFaults(imports, files, read));
  return [...faults, ...cycles(graph).map((cycle) => `${cycle.join(' → ')}: an import cycle`)];
}

function inRoom(file: string): boolean {
  return ROOMS.some((room) => (room.endsWith('/') ? file.startsWith(room) : file === room));
}

function importsOf(file: string, text: string): string[] {
  const { module } = parseSync(file, text);
  const reexports = module.staticExports.flatMap((exported) =>
    exported.entries.map((entry) => entry.moduleRequest?.value),
  );
  const dynamic = module.dynamicImports
    .map((imported) => text.slice(imported.moduleRequest.start, imported.moduleRequest.end))
    .filter((specifier) => /^['"]/.test(specifier))
    .map((specifier) => specifier.slice(1, -1));
  const all = [
    ...module.staticImports.map((imported) => imported.moduleRequest.value),
    ...reexports,
    ...dynamic,
  ];
  return [...new Set(all.filter((specifier) => specifier !== undefined))];
}

function faultOf(file: string, specifier: string): string | undefined {
  const from = ownerOf(file);
  if (from === undefined) return undefined;
  const to = specifier.startsWith('.')
    ? ownerOf(normalize(join(dirname(file), specifier)))
    : /^(?:@gantry\/([^/]+)|(gantry)(?:\/|$))/.exec(specifier)?.slice(1).find(Boolean);
  if (to === undefined || to === from) return undefined;
  if (!MAY_IMPORT[from]?.includes(to)) return `may not import ${to} (${specifier})`;
  if (from.startsWith('tests/')) return undefined;
  return specifier.startsWith('.') || /^@gantry\/[^/]+\//.test(specifier)
    ? `must import ${to} by its name alone, not ${specifier}`
    : undefined;
}

function ownerOf(file: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(file)?.[1] ?? /^(tests\/[^/]+|tools)\//.exec(file)?.[1];
}

/** One cycle for each knot of files that import each other. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  function visit(file: string): void {
    state.set(file, 'open');
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      if (state.get(next) === 'open') found.push([...path.slice(path.indexOf(next)), next]);
      else if (!state.has(next) && graph.has(next)) visit(next);
    }
    path.pop();
    state.set(file, 'done');
  }
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
  return found;
}

import { dirname, join, normalize } from 'node:path/posix';

/** What a `package.json` says that is looked at here. */
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
}

/**
 * Checks what the packages declare against what they import: nothing that isn't declared, and nothing declared in vain.
 * What only tests reach may also be of the root's `devDependencies`.
 *
 * @param imports the specifiers that each source imports
 * @param files paths of all files; a package without a `package.json` among them is not checked
 * @returns a line for each fault
 */
export function dependencyFaults(
  imports: ReadonlyMap<string, readonly string[]>,
  files: readonly string[],
  read: (file: string) => string,
): string[] {
  const manifestOf = (path: string): Manifest | undefined =>
    files.includes(path) ? (JSON.parse(read(path)) as Manifest) : undefined;
  const root = manifestOf('package.json');
  const forTests = Object.keys(root?.devDependencies ?? {});
  const faults: string[] = [];
  for (const path of files.filter((file) => /^packages\/[^/]+\/package\.json$/.test(file))) {
    const folder = dirname(path);
    const manifest = manifestOf(path) ?? {};
    const declared = Object.keys(manifest.dependencies ?? {});
    const own = [...imports.keys()].filter((file) => file.startsWith(`${folder}/`));
    const commands = own.filter((file) => read(file).startsWith('#!'));
    const doors = Object.values(manifest.exports ?? {}).map((file) => join(folder, file));
    const shipped = reachable(imports, [...doors, ...commands]);
    const used = new Set<string>();
    for (const file of own) {
      const known = shipped.has(file) ? declared : [...declared, ...forTests];
      for (const name of (imports.get(file) ?? []).flatMap(packageOf)) {
        used.add(name);
        if (!known.includes(name)) faults.push(`${file}: imports ${name}, which ${path} doesn't declare`);
      }
    }
    for (const name of declared) if (!used.has(name)) faults.push(`${path}: nothing imports ${name}`);
  }
  for (const [file, specifiers] of imports) {
    if (!root || !/^(?:tests|tools)\//.test(file)) continue;
    for (const name of specifiers.flatMap(packageOf)) {
      const own = name === 'gantry' || name.startsWith('@gantry/');
      if (!own && !forTests.includes(name))
        faults.push(`${file}: imports ${name}, which package.json doesn't declare`);
    }
  }
  return faults;
}

function reachable(imports: ReadonlyMap<string, readonly string[]>, from: readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...from];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const folder = dirname(file);
    const near = (imports.get(file) ?? []).filter((specifier) => specifier.startsWith('.'));
    open.push(...near.map((specifier) => normalize(join(folder, specifier))));
  }
  return found;
}

/** The npm package of a specifier; none for files and for what Node has. */
function packageOf(specifier: string): string[] {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return [];
  return [/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier];
}

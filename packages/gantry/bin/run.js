/**
 * The commands of a clone. They run what `make build` made, in half the time, unless a source has changed since: then
 * the sources, as they are. The published package has neither these files nor the sources.
 */
const { readdirSync, statSync } = process.getBuiltinModule('node:fs');
const { dirname, join } = process.getBuiltinModule('node:path');
const { pathToFileURL } = process.getBuiltinModule('node:url');

const packages = dirname(dirname(import.meta.dirname));
const built = join(packages, 'gantry/dist');

/** @param {string} command @param {string} source */
export async function run(command, source) {
  const file = isFresh() ? join(built, `${command}.js`) : join(packages, 'gantry/src', source);
  await import(pathToFileURL(file).href);
}

function isFresh() {
  // The build writes this file last.
  const made = changed(join(built, 'package.json'));
  if (made === undefined || (changed(join(packages, '../package-lock.json')) ?? 0) > made) return false;
  return readdirSync(packages).every((name) => !hasNewer(join(packages, name, 'src'), made));
}

/**
 * Some 800 files. With URLs instead of paths that would be so much work that V8 gets its last compiler to it, 5 MiB.
 *
 * @param {string} folder @param {number} than
 */
function hasNewer(folder, than) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return hasNewer(path, than);
    return !entry.name.endsWith('.test.ts') && (changed(path) ?? 0) > than;
  });
}

/** @param {string} file */
function changed(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

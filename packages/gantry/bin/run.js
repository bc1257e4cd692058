/**
 * The commands of a clone. They run what `make build` made, in half the time, unless a source has changed since: then
 * the sources, as they are. The published package has neither these files nor the sources.
 */
const { readdirSync, statSync } = process.getBuiltinModule('node:fs');

const packages = new URL('../../', import.meta.url);
const built = new URL('gantry/dist/', packages);

/** @param {string} command @param {string} source */
export async function run(command, source) {
  await import(
    isFresh() ? new URL(`${command}.js`, built).href : new URL(`../src/${source}`, import.meta.url).href
  );
}

function isFresh() {
  // The build writes this file last.
  const made = changed(new URL('package.json', built));
  if (made === undefined || (changed(new URL('../package-lock.json', packages)) ?? 0) > made) return false;
  return readdirSync(packages).every((name) => !hasNewer(new URL(`${name}/src/`, packages), made));
}

/** @param {URL} folder @param {number} than */
function hasNewer(folder, than) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (entry.isDirectory()) return hasNewer(new URL(`${entry.name}/`, folder), than);
    return !entry.name.endsWith('.test.ts') && (changed(new URL(entry.name, folder)) ?? 0) > than;
  });
}

/** @param {URL} file */
function changed(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

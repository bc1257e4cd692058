import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

/**
 * `make build`: the form in which Gantry is published, in packages/gantry/dist: a package without dependencies, which
 * starts in half the time of the sources and takes two thirds of their memory.
 */
const SOURCE = 'packages/gantry';
const TARGET = process.argv[2] ?? join(SOURCE, 'dist');
const COMMANDS = ['src/gantry.ts', 'src/magnum/magnum-api.ts', 'src/magnum/magnum-conductor.ts'];

rmSync(TARGET, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: COMMANDS.map((file) => ({ in: join(SOURCE, file), out: basename(file, '.ts') })),
  outdir: TARGET,
  bundle: true,
  // What a command doesn't call for is not read: mysql2 for instance.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // Names stay, for the stacks in logs.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  legalComments: 'none',
  // Only looked for by pg where somebody asks for it.
  external: ['pg-native'],
  plugins: [builtins(), filesBeside()],
  metafile: true,
  logLevel: 'warning',
});
copyFiles();
writeFileSync(join(TARGET, 'THIRD-PARTY-LICENSES'), licenses(metafile));
cpSync('LICENSE', join(TARGET, 'LICENSE'));
cpSync('README.md', join(TARGET, 'README.md'));
// Last, because its time says when this was built.
writeFileSync(join(TARGET, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);

function manifest(): object {
  const { name, version, license, type, engines } = JSON.parse(
    readFileSync(join(SOURCE, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  const commands = COMMANDS.map((file) => basename(file, '.ts'));
  const bin = Object.fromEntries(commands.map((command) => [command, `./${command}.js`]));
  return { name, version, license, type, engines, bin };
}

/**
 * Takes Node's own modules as `require` gives them. An `import` of one reads each of its exports, and some of those
 * load a lot at that moment: `node:http` a whole browser's `fetch`, 15 MiB. Libraries that `require` TLS or HTTP/2 just
 * in case get it when they use it.
 */
function builtins(): Plugin {
  const costly = new Set(['http2', 'https', 'tls']);
  return {
    name: 'builtins',
    setup(plugins) {
      plugins.onResolve({ filter: /^(?:node:)?[a-z_0-9/]+$/ }, ({ path, kind }) => {
        const name = path.replace(/^node:/, '');
        if (!path.startsWith('node:') && !builtinModules.includes(name)) return undefined;
        const namespace = kind === 'require-call' && costly.has(name) ? 'late builtin' : 'builtin';
        return { path: `node:${name}`, namespace, sideEffects: false };
      });
      const get = (path: string): string => `process.getBuiltinModule(${JSON.stringify(path)})`;
      plugins.onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => ({
        contents: `module.exports = ${get(path)}`,
      }));
      plugins.onLoad({ filter: /^/, namespace: 'late builtin' }, ({ path }) => ({
        contents: `module.exports = new Proxy({}, { get: (_, name) => ${get(path)}[name] })`,
      }));
    },
  };
}

/** Where the files that sources read beside themselves are to be found: under the same path below `files`. */
function filesBeside(): Plugin {
  return {
    name: 'files beside',
    setup(plugins) {
      plugins.onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (!text.includes('import.meta.url')) return undefined;
        const place = JSON.stringify(`./files/${relative(resolve('packages'), path)}`);
        return {
          contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url)`),
          loader: 'ts',
        };
      });
    },
  };
}

function copyFiles(): void {
  for (const path of readdirSync('packages', { recursive: true, encoding: 'utf8' })) {
    if (!/^[^/]+\/src\/.*\.[^/]+$/.test(path) || path.endsWith('.ts')) continue;
    mkdirSync(join(TARGET, 'files', dirname(path)), { recursive: true });
    cpSync(join('packages', path), join(TARGET, 'files', path));
  }
}

/** The licences of all that is in the bundle ask to go with it. */
function licenses({ outputs }: Metafile): string {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  return [...new Set(folders)]
    .toSorted()
    .map((folder) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8'),
      ) as Record<string, unknown>;
      const file = readdirSync(folder).find((entry) => /^(?:licen[cs]e|copying)/i.test(entry));
      const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
      return `${String(name)} ${String(version)}: ${String(license)}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

import { link, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@gantry/oslo';
import { UserError } from '../cli/exit.ts';
import { ProgramError, runProgram } from '../host/run-program.ts';
import { writeDockerArchive } from './docker-archive.ts';
import { mmdebstrapArguments, PRELOAD_FOLDER, recipeHash, type Recipe } from './recipes.ts';

/** How far the making of an image is. */
export interface ImageProgress {
  /** The image's title: `server`. */
  readonly image: string;
  /** What is being done, in words. */
  readonly step: string;
  /** 0 to 1. */
  readonly fraction: number;
}

export interface BuildOptions {
  /** Folder that keeps the finished archives. */
  readonly cache: string;
  readonly log: Logger;
  readonly progress?: (progress: ImageProgress) => void;
  readonly signal?: AbortSignal;
}

/** An image can't be made here; the message says what to do about it. */
export class ImageBuildError extends UserError {
  override readonly name: string = 'ImageBuildError';
}

/** What mmdebstrap says while it works, in its order, and how much is done by then (by measuring). */
const STEPS: readonly [says: string, step: string, fraction: number][] = [
  ['running apt-get update', 'reading package lists', 0.02],
  ['downloading packages', 'downloading packages', 0.08],
  ['extracting archives', 'unpacking', 0.3],
  ['installing essential packages', 'installing the base system', 0.38],
  ['installing remaining packages', 'installing packages', 0.48],
  ['running --customize-hook', 'configuring', 0.85],
  ['running --extract-hook', 'configuring', 0.85],
  ['cleaning package lists', 'cleaning up', 0.9],
  ['creating tarball', 'packing', 0.92],
];

/** Where `recipe`'s archive is kept, built or not. */
export function archivePath(cache: string, recipe: Recipe): string {
  return join(cache, `${recipe.title}-${recipeHash(recipe)}.tar`);
}

/**
 * Builds the image of `recipe` into the cache, where those it contains must be already. What is written appears under its final
 * name only when it is complete, so two builds at once, or one that is killed, do no harm.
 *
 * @throws {@link ImageBuildError}
 */
export async function buildImage(recipe: Recipe, options: BuildOptions): Promise<string> {
  const { cache, log, signal } = options;
  if (process.getuid?.() !== 0) throw new ImageBuildError(`building the ${recipe.title} image needs root`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'building-'));
  const say = (step: string, fraction: number) => options.progress?.({ image: recipe.title, step, fraction });
  try {
    const files = join(work, 'files');
    await placeFiles(recipe, cache, files);
    const rootfs = join(work, 'rootfs.tar');
    log.info({ image: recipe.reference, cache }, 'building an image from Debian packages');
    say('starting', 0);
    await mmdebstrap(
      [...(await proxyArguments()), ...mmdebstrapArguments(recipe, files, rootfs)],
      work,
      signal,
      (line) => {
        log.debug({ image: recipe.reference }, line);
        const step = STEPS.find(([says]) => line.includes(says));
        if (step) say(step[1], step[2]);
      },
    );
    say('writing the image', 0.97);
    const finished = join(work, 'image.tar');
    const config = { ...recipe.config, Labels: { 'gantry.recipe': recipeHash(recipe) } };
    const architecture = (await runProgram('dpkg', ['--print-architecture'])).trim();
    const description = { reference: recipe.reference, config, architecture, created: new Date() };
    await writeDockerArchive(rootfs, description, finished);
    signal?.throwIfAborted();
    await rename(finished, archivePath(cache, recipe));
    say('done', 1);
    return archivePath(cache, recipe);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Lays out what mmdebstrap copies in: the recipe's own files and the archives of images it contains. */
async function placeFiles(recipe: Recipe, cache: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of recipe.files) {
    await mkdir(dirname(join(folder, file.path)), { recursive: true });
    await writeFile(join(folder, file.path), file.content, { mode: Number.parseInt(file.mode, 8) });
  }
  const preloads = join(folder, PRELOAD_FOLDER);
  if (recipe.preloaded.length > 0) await mkdir(preloads, { recursive: true });
  // Loaded in the order of their names.
  for (const [index, inner] of recipe.preloaded.entries()) {
    await link(archivePath(cache, inner), join(preloads, `${index}-${inner.title}.tar`));
  }
}

/**
 * In name spaces of its own: the file systems that mmdebstrap mounts into its chroot go when it goes, however
 * that happens, so the folder can be removed afterwards without reaching into `/dev` or `/proc`.
 */
async function mmdebstrap(
  args: string[],
  tmp: string,
  signal: AbortSignal | undefined,
  onLine: (line: string) => void,
) {
  const isolated = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];
  try {
    await runProgram('unshare', [...isolated, 'mmdebstrap', ...args], {
      onLine,
      env: { ...process.env, TMPDIR: tmp, LC_ALL: 'C.UTF-8' },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new ImageBuildError(advice(error.message), { cause: error });
  }
}

function advice(message: string): string {
  if (/unshare: failed to execute|is not installed/.test(message)) {
    return (
      'images are built with mmdebstrap, which is not installed: ' +
      'apt-get install mmdebstrap (on Debian or Ubuntu; other systems are not supported)'
    );
  }
  if (/No space left/.test(message)) return `the disk is full: building images needs about 2 GiB. ${message}`;
  if (/Could not resolve|Failed to fetch|Unable to connect|Temporary failure/.test(message)) {
    return `Debian's package servers can't be reached (http://deb.debian.org): ${message}`;
  }
  return message;
}

/** The machine's way out, where apt has been told of a proxy. */
async function proxyArguments(): Promise<string[]> {
  const settings = await runProgram('apt-config', [
    'dump',
    '--format',
    '%f %v%n',
    'Acquire::http::Proxy',
  ]).catch(() => '');
  const proxy = /^Acquire::http::Proxy (\S+)$/m.exec(settings)?.[1];
  return proxy ? [`--aptopt=Acquire::http::Proxy "${proxy}"`] : [];
}

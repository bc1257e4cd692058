import { link, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@gantry/oslo';
import { runProgram } from '../host/run-program.ts';
import { writeDockerArchive } from './docker-archive.ts';
import { ImageBuildError, mmdebstrap } from './mmdebstrap.ts';
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

/** What the folders of unfinished builds are called; then follows the number of the process. */
export const UNFINISHED = 'building-';

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
  const work = await mkdtemp(join(cache, `${UNFINISHED}${process.pid}-`));
  const say = (step: string, fraction: number) => options.progress?.({ image: recipe.title, step, fraction });
  try {
    const files = join(work, 'files');
    await placeFiles(recipe, cache, files);
    const rootfs = join(work, 'rootfs.tar');
    log.info({ image: recipe.reference, cache }, 'building an image from Debian packages');
    say('starting', 0);
    await mmdebstrap(
      mmdebstrapArguments(recipe, files, rootfs),
      work,
      (line) => {
        log.debug({ image: recipe.reference }, line);
        const step = STEPS.find(([says]) => line.includes(says));
        if (step) say(step[1], step[2]);
      },
      signal,
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

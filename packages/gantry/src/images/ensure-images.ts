import { createReadStream } from 'node:fs';
import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerError, type DockerEngine } from '@gantry/devcloud';
import { archivePath, buildImage, UNFINISHED, type BuildOptions } from './build-image.ts';
import { ImageBuildError } from './mmdebstrap.ts';
import { busybox, nginx, recipeHash, server, type Recipe } from './recipes.ts';

export interface EnsureOptions extends BuildOptions {
  /** Where the images shall be; absent: they are only built. */
  readonly engine?: DockerEngine;
}

/** References of the images that are there afterwards. */
export interface Images {
  readonly server: string;
  readonly nginx: string;
  readonly busybox: string;
}

/**
 * Sees to it that the cache holds the server image, nginx and busybox, and that the engine has them. What is
 * there already is not made again: the cache is keyed by a hash of how an image is made, and the engine's
 * images carry that hash as a label. An image of another maker that has one of the names stays what it is.
 *
 * @throws {@link ImageBuildError} or {@link DockerError}, both with what to do
 */
export async function ensureImages(options: EnsureOptions): Promise<Images> {
  await removeAbandoned(options.cache);
  // Those that go into the server's image come first.
  for (const recipe of [nginx, busybox, server]) {
    if (options.engine && (await isLoaded(options.engine, recipe))) continue;
    const archive = archivePath(options.cache, recipe);
    if (!(await exists(archive))) await buildWithParts(recipe, options);
    if (options.engine) await load(options.engine, recipe, archive, options);
  }
  await removeOutdated(options.cache);
  return { server: server.reference, nginx: nginx.reference, busybox: busybox.reference };
}

async function buildWithParts(recipe: Recipe, options: EnsureOptions): Promise<void> {
  for (const part of recipe.preloaded) {
    if (!(await exists(archivePath(options.cache, part)))) await buildImage(part, options);
  }
  await buildImage(recipe, options);
}

/** An image of somebody else that has the name, the machine's own nginx for instance, is as good, and stays. */
async function isLoaded(engine: DockerEngine, recipe: Recipe): Promise<boolean> {
  const image = await engine.inspectImage(recipe.reference);
  const made = image?.Config.Labels?.['gantry.recipe'];
  return image !== undefined && (made === undefined ? recipe !== server : made === recipeHash(recipe));
}

async function load(
  engine: DockerEngine,
  recipe: Recipe,
  archive: string,
  options: EnsureOptions,
): Promise<void> {
  options.progress?.({ image: recipe.title, step: 'loading into Docker', fraction: 0.98 });
  const before = await engine.inspectImage(recipe.reference);
  try {
    await engine.loadImages(createReadStream(archive, { highWaterMark: 1 << 20 }), options.signal);
  } catch (error) {
    if (error instanceof DockerError && !error.unreachable) {
      throw new ImageBuildError(
        `Docker didn't take the ${recipe.title} image: ${error.message}. Is the disk full, or ${archive} damaged? ` +
          'Remove that file to have it built anew.',
        { cause: error },
      );
    }
    throw error;
  }
  // What has lost its name to the new image is of no use, but for containers that still run from it.
  const after = await engine.inspectImage(recipe.reference);
  if (before && before.Id !== after?.Id) await engine.removeImage(before.Id).catch(() => undefined);
  options.progress?.({ image: recipe.title, step: 'ready', fraction: 1 });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Archives of images as they were made before; each server image is half a gigabyte. */
async function removeOutdated(cache: string): Promise<void> {
  const current = new Set([nginx, busybox, server].map((recipe) => archivePath(cache, recipe)));
  for (const name of await readdir(cache).catch(() => [])) {
    const ours = /^(?:nginx|busybox|server)-[0-9a-f]{12}\.tar$/.test(name);
    if (ours && !current.has(join(cache, name))) await rm(join(cache, name), { force: true });
  }
}

/** What builds have left whose process was killed. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache).catch(() => [])) {
    if (!name.startsWith(UNFINISHED)) continue;
    const builder = Number.parseInt(name.slice(UNFINISHED.length), 10);
    if (!runs(builder)) await rm(join(cache, name), { recursive: true, force: true });
  }
}

function runs(pid: number): boolean {
  try {
    return Number.isInteger(pid) && process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

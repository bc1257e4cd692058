import type { Caller } from '../cloud/service.ts';
import { noImage, notAllowed } from './image-error.ts';
import type { ImageRow, ImageTables } from './tables.ts';

/** Who may see an image: its owner, an administrator, the projects it is shared with, everyone if it is open. */
export function isVisible(tables: ImageTables, caller: Caller, image: ImageRow): boolean {
  if (mayChange(caller, image)) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  return image.visibility === 'shared' && tables.members.get(`${image.id}/${caller.projectId}`) !== undefined;
}

export function mayChange(caller: Caller, image: ImageRow): boolean {
  return caller.isAdmin || (caller.projectId !== undefined && caller.projectId === image.owner);
}

/** @throws ImageError 404 if there is no such image for this caller */
export function visibleImage(tables: ImageTables, caller: Caller, id: string): ImageRow {
  const image = tables.images.get(id);
  if (!image || !isVisible(tables, caller, image)) throw noImage(id);
  return image;
}

/** @throws ImageError 404 if the caller can't see it, 403 if it can but must not change it */
export function ownImage(tables: ImageTables, caller: Caller, id: string, action: string): ImageRow {
  const image = visibleImage(tables, caller, id);
  if (!mayChange(caller, image) || isReaderOnly(caller)) throw notAllowed(action);
  return image;
}

/** A token with the role `reader` and nothing above it looks and does not touch. */
export function isReaderOnly(caller: Caller): boolean {
  return !caller.isAdmin && !caller.roles.some((role) => role !== 'reader');
}

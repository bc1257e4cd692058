import type { Cloud } from '../cloud/service.ts';
import type { ImageData } from './image-data.ts';
import type { ImageTables } from './tables.ts';

/** What the parts of the image service work with. */
export interface ImageContext {
  readonly cloud: Cloud;
  readonly tables: ImageTables;
  readonly data: ImageData;
}

/** A time as Glance writes it: whole seconds. */
export function timestamp(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}

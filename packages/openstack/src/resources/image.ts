import type { Query, Session } from '../session/session.ts';

/** An image with its properties, `os_distro` among them, beside its own fields. Source: Image API v2. */
export interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly visibility: string;
  readonly min_disk: number;
  readonly [property: string]: unknown;
}

export interface ImageClient {
  get(id: string, signal?: AbortSignal): Promise<Image>;
  list(query?: Query, signal?: AbortSignal): Promise<Image[]>;
}

export function imageClient(session: Session): ImageClient {
  return {
    get: (id, signal) =>
      session.ask<Image>('image', { method: 'GET', path: `/images/${encodeURIComponent(id)}`, signal }),
    async list(query, signal) {
      const found: Image[] = [];
      let path: string | undefined = '/images';
      while (path !== undefined) {
        const page: { images: Image[]; next?: string } = await session.ask('image', {
          method: 'GET',
          path,
          query,
          signal,
        });
        found.push(...page.images);
        path = page.next?.replace(/^\/v2/, '');
        query = undefined;
      }
      return found;
    },
  };
}

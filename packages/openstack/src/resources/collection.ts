import type { Query, Session } from '../session/session.ts';

/** Resources of one kind that a service offers in the usual REST way. `New` is what a create or update sends. */
export interface Collection<T, New = Partial<T>> {
  /** Every resource that matches, however many pages that takes. */
  list(query?: Query, signal?: AbortSignal): Promise<T[]>;
  get(id: string, signal?: AbortSignal): Promise<T>;
  create(body: New, signal?: AbortSignal): Promise<T>;
  update(id: string, body: New, options?: WriteOptions): Promise<T>;
  delete(id: string, signal?: AbortSignal): Promise<void>;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Refused with 412 unless the resource still has this revision (Neutron's `revision_number`). */
  readonly ifRevision?: number;
}

export interface CollectionKind {
  readonly service: string;
  /** `/ports` */
  readonly path: string;
  /** Key around one resource: `port`. */
  readonly singular: string;
  /** Key around several: `ports`. */
  readonly plural: string;
  readonly updateMethod?: 'PUT' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
}

interface Link {
  readonly rel: string;
  readonly href: string;
}

export function collection<T, New = Partial<T>>(session: Session, kind: CollectionKind): Collection<T, New> {
  const headers = kind.headers ?? {};
  const one = (body: unknown): T => (body as Record<string, T>)[kind.singular] as T;
  const at = (id: string): string => `${kind.path}/${encodeURIComponent(id)}`;
  return {
    async list(query, signal) {
      const found: T[] = [];
      let next: Query | undefined = query ?? {};
      while (next) {
        const page: Record<string, unknown> = await session.ask(kind.service, {
          method: 'GET',
          path: kind.path,
          query: next,
          headers,
          signal,
        });
        found.push(...(page[kind.plural] as T[]));
        next = nextPage(page, kind.plural);
      }
      return found;
    },
    async get(id, signal) {
      return one(await session.ask(kind.service, { method: 'GET', path: at(id), headers, signal }));
    },
    async create(body, signal) {
      const wrapped = { [kind.singular]: body };
      return one(
        await session.ask(kind.service, { method: 'POST', path: kind.path, body: wrapped, headers, signal }),
      );
    },
    async update(id, body, options) {
      const condition: Record<string, string> =
        options?.ifRevision === undefined ? {} : { 'if-match': `revision_number=${options.ifRevision}` };
      return one(
        await session.ask(kind.service, {
          method: kind.updateMethod ?? 'PUT',
          path: at(id),
          body: { [kind.singular]: body },
          headers: { ...headers, ...condition },
          signal: options?.signal,
        }),
      );
    },
    async delete(id, signal) {
      await session.ask(kind.service, { method: 'DELETE', path: at(id), headers, signal, retries: 3 });
    },
  };
}

/** The query of the next page, where the service gives a link to one (Neutron and Nova: `<plural>_links`). */
function nextPage(page: Record<string, unknown>, plural: string): Query | undefined {
  const links = page[`${plural}_links`] as Link[] | undefined;
  const next = links?.find((link) => link.rel === 'next');
  if (!next) return undefined;
  const query: Record<string, string[]> = {};
  for (const [key, value] of new URL(next.href, 'http://x').searchParams) (query[key] ??= []).push(value);
  return query;
}

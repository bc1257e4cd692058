import { sql } from 'kysely';
import { readPage, visibleTo } from './paging.ts';
import type { QueryContext } from './query-context.ts';
import { byUuid, change, insert, remove, select } from './row-queries.ts';
import { read } from './run-statement.ts';
import type { TemplateIdent, TemplateQueries, Visibility } from './store.ts';

export function templateQueries(context: QueryContext): TemplateQueries {
  return {
    get: (uuid) => byUuid(context, 'cluster_template', uuid),
    find: (ident, visible) =>
      select(
        context,
        'cluster_template',
        sql`where ${identified(context, ident)} and ${readableBy(visible)} order by id limit 2`,
      ),
    list: (visible, page) => readPage(context, 'cluster_template', readableBy(visible), page),
    insert: (row) => insert(context, 'cluster_template', row),
    update: async (uuid, columns) =>
      (await change(context, 'cluster_template', columns, sql`uuid = ${uuid}`)) > 0,
    destroy: async (uuid) => (await remove(context, 'cluster_template', sql`uuid = ${uuid}`)) > 0,
    async isReferenced(uuid) {
      const found = await read(
        context,
        sql`select id from cluster where cluster_template_id = ${uuid} limit 1`,
      );
      return found.length > 0;
    },
  };
}

function identified({ kind }: QueryContext, ident: TemplateIdent) {
  if ('uuid' in ident) return sql`uuid = ${ident.uuid}`;
  return 'id' in ident ? sql`id = ${ident.id}` : kind.same('name', ident.name);
}

/** Own ones, hidden or not, and others' that are public and not hidden. */
function readableBy(visible: Visibility) {
  if (visible === 'all') return visibleTo(visible);
  return sql<boolean>`(${visibleTo(visible)} or (public = ${true} and hidden = ${false}))`;
}

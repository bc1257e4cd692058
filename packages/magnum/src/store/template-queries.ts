import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { listingOf, ownedBy, ownerOf, readPage, shapeOf } from './paging.ts';
import type { QueryContext } from './query-context.ts';
import { readReused } from './reused-statement.ts';
import { byUuid, change, columnsOf, decodeRow, insert, remove } from './row-queries.ts';
import { read } from './run-statement.ts';
import type { TemplateQueries, Visibility } from './store.ts';

export function templateQueries(context: QueryContext): TemplateQueries {
  return {
    get: (uuid) => byUuid(context, 'cluster_template', uuid),
    async find(ident, visible) {
      const [[by, wanted] = ['none', null]] = Object.entries<string | number>(ident);
      const shape = `template by ${by} ${shapeOf(visible)}`;
      const values = { wanted, owner: ownerOf(visible) };
      const found = await readReused(context, shape, values, (place) => {
        const is =
          by === 'name'
            ? context.kind.same('name', place('wanted'))
            : sql`${sql.ref(by)} = ${place('wanted')}`;
        return sql<object>`select ${columnsOf(context, 'cluster_template')} from cluster_template
          where ${is} and ${readableBy(visible, place('owner'))} order by id limit 2`;
      });
      return found.map((row) => decodeRow(context, 'cluster_template', row));
    },
    list: (visible, page) =>
      readPage(
        context,
        {
          ...listingOf('cluster_template', visible),
          where: (place) => readableBy(visible, place('owner')),
        },
        page,
      ),
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

/** Own ones, hidden or not, and others' that are public and not hidden. */
function readableBy(visible: Visibility, owner: RawBuilder<unknown>) {
  const own = ownedBy(visible, owner);
  return visible === 'all' ? own : sql<SqlBool>`(${own} or (public = ${true} and hidden = ${false}))`;
}

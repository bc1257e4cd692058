import { isDict, walk, type Dict } from '../../values.ts';
import type { ResourceContext } from '../resource-type.ts';

export function serverPath(context: ResourceContext): string {
  return `/v2.1/servers/${context.row.physicalId ?? ''}`;
}

/** @throws ServiceFault 404 once it is gone */
export async function readServer(context: ResourceContext): Promise<Dict> {
  const row = walk(await context.call('compute', 'GET', serverPath(context)), ['server']);
  return isDict(row) ? row : {};
}

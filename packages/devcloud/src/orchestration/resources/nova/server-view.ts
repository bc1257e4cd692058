import { isDict, stringAt, text, walk, type Dict } from '../../values.ts';
import { ResourceFault, type ResourceContext } from '../resource-type.ts';

export function serverPath(context: ResourceContext): string {
  return `/v2.1/servers/${context.row.physicalId ?? ''}`;
}

/** @throws ServiceFault 404 once it is gone */
export async function readServer(context: ResourceContext): Promise<Dict> {
  const row = walk(await context.call('compute', 'GET', serverPath(context)), ['server']);
  return isDict(row) ? row : {};
}

/** @returns true once it runs, undefined while it is being built @throws ResourceFault if it never will */
export function isActive(row: Dict): true | undefined {
  const status = text(row['status']).split('(')[0];
  if (status === 'ACTIVE' || status === 'VERIFY_RESIZE') return true;
  if (status === 'ERROR') {
    const message = stringAt(row, 'fault', 'message') ?? 'Unknown';
    const code = text(walk(row, ['fault', 'code']) ?? 'Unknown');
    throw new ResourceFault(
      'ResourceInError',
      `Went to status ERROR due to "Message: ${message}, Code: ${code}"`,
    );
  }
  if (
    [
      'BUILD',
      'REBUILD',
      'RESIZE',
      'REBOOT',
      'HARD_REBOOT',
      'PASSWORD',
      'MIGRATING',
      'SUSPENDED',
      'SHUTOFF',
    ].includes(status ?? '')
  ) {
    return undefined;
  }
  throw new ResourceFault(
    'ResourceUnknownStatus',
    `Server is not active - Unknown status ${status ?? ''} due to "Unknown"`,
  );
}

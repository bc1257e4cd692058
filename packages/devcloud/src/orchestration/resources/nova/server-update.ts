import { listAt, text, walk, type Dict } from '../../values.ts';
import { ignoreMissing, Replacement, ResourceFault, type ResourceContext } from '../resource-type.ts';
import { serverName, stringMap } from './server-body.ts';
import { updateNetworks } from './server-networks.ts';
import { isActive, readServer, serverPath } from './server-view.ts';

/** Changes a server in place as far as that goes. @throws Replacement where it doesn't */
export async function updateServer(
  context: ResourceContext,
  before: Dict,
  changed: ReadonlySet<string>,
): Promise<void> {
  const { properties } = context;
  const path = serverPath(context);
  if (changed.has('user_data') && properties['user_data_update_policy'] === 'REPLACE')
    throw new Replacement('user_data');
  if (
    changed.has('image') &&
    (properties['image_update_policy'] === 'REPLACE' || !properties['image'] || !before['image'])
  ) {
    throw new Replacement('image');
  }
  if (changed.has('flavor') && properties['flavor_update_policy'] === 'REPLACE')
    throw new Replacement('flavor');
  if (changed.has('name'))
    await context.call('compute', 'PUT', path, { server: { name: serverName(context) } });
  if (changed.has('metadata')) await updateMetadata(context, before);
  if (changed.has('tags')) {
    await context.call(
      'compute',
      'PUT',
      `${path}/tags`,
      { tags: listAt(properties, 'tags') },
      { 'OpenStack-API-Version': 'compute 2.26' },
    );
  }
  if (changed.has('admin_pass') && properties['admin_pass'])
    await act(context, { changePassword: { adminPass: properties['admin_pass'] } });
  if (changed.has('networks')) await updateNetworks(context, before);
  if (changed.has('flavor')) await resize(context);
  if (changed.has('image')) await rebuild(context);
  await context.until(async () => isActive(await readServer(context)));
}

async function updateMetadata(context: ResourceContext, before: Dict): Promise<void> {
  const path = `${serverPath(context)}/metadata`;
  const now = stringMap(context.properties['metadata']);
  for (const key of Object.keys(stringMap(before['metadata']))) {
    if (key in now) continue;
    await context.call('compute', 'DELETE', `${path}/${encodeURIComponent(key)}`).catch(ignoreMissing);
  }
  if (Object.keys(now).length > 0) await context.call('compute', 'POST', path, { metadata: now });
}

async function resize(context: ResourceContext): Promise<void> {
  const flavorId = await context.findId('nova.flavor', text(context.properties['flavor']));
  const row = await readServer(context);
  const waiting = row['status'] === 'VERIFY_RESIZE' || row['status'] === 'RESIZE';
  if (!waiting && walk(row, ['flavor', 'id']) === flavorId) return;
  if (!waiting) await act(context, { resize: { flavorRef: flavorId } });
  await context.until(async () => {
    const { status } = await readServer(context);
    if (status === 'VERIFY_RESIZE') return true;
    if (status === 'ERROR')
      throw new ResourceFault('ResourceInError', 'Went to status ERROR due to "Resizing failed"');
    return undefined;
  });
  await act(context, { confirmResize: null });
}

async function rebuild(context: ResourceContext): Promise<void> {
  const imageId = await context.findId('glance.image', text(context.properties['image']));
  const row = await readServer(context);
  if (row['status'] !== 'REBUILD' && walk(row, ['image', 'id']) === imageId) return;
  if (row['status'] !== 'REBUILD') await act(context, { rebuild: { imageRef: imageId } });
}

/** Suspends or resumes it. */
export async function switchState(
  context: ResourceContext,
  action: 'suspend' | 'resume',
  wanted: string,
): Promise<void> {
  const row = await readServer(context);
  if (row['status'] === wanted) return;
  await act(context, { [action]: null });
  await context.until(async () => ((await readServer(context))['status'] === wanted ? true : undefined));
}

async function act(context: ResourceContext, body: Dict): Promise<void> {
  await context.call('compute', 'POST', `${serverPath(context)}/action`, body);
}

import type { ConfigRow } from '../../engine/tables.ts';
import { timestamp } from '../../engine/runtime.ts';
import type { ResourceContext } from '../resource-type.ts';

export type ConfigContent = Pick<ConfigRow, 'name' | 'group' | 'config' | 'inputs' | 'outputs' | 'options'>;

/** Keeps a configuration for a resource, once: its id and the resource's note of it are written together. */
export function makeConfig(context: ResourceContext, content: ConfigContent): string {
  const known = context.row.physicalId;
  if (known !== null && context.tables.configs.get(known)) return known;
  return context.cloud.store.transaction(() => {
    const { id } = putConfig(context, content);
    context.setPhysicalId(id);
    return id;
  });
}

export function putConfig(context: ResourceContext, content: ConfigContent): ConfigRow {
  return context.tables.configs.put({
    id: context.cloud.uuid(),
    projectId: context.stack.projectId,
    ...content,
    createdAt: timestamp(context.cloud.now()),
  });
}

export function removeConfig(context: ResourceContext): void {
  if (context.row.physicalId !== null) context.tables.configs.delete(context.row.physicalId);
}

import { exampleCluster, exampleNodeGroup, exampleTemplate } from '../../store/example-rows.ts';
import type { Store } from '../../store/store.ts';

export const PRIVATE_TEMPLATE = 'e1000001-0000-4000-8000-000000000009';
const USED_TEMPLATE = 'e1000002-0000-4000-8000-000000000009';

const kind = { image_id: 'debian', coe: 'swarm-mode', cluster_distro: 'debian', driver: 'swarm' } as const;

/**
 * Sees to it that project p1 has a complete cluster `demo`, which has a user of its own, the templates `private`
 * and `used`, and a quota; whatever is there already and in order stays.
 *
 * @returns the cluster's UUID
 */
export async function seedProject(store: Store): Promise<string> {
  await seedTemplates(store);
  const cluster = exampleCluster({
    trustee_user_id: 'trustee-1',
    status: 'CREATE_COMPLETE',
    cluster_template_id: USED_TEMPLATE,
    api_address: 'tcp://10.0.0.1:2376',
  });
  const there = await store.clusters.get(cluster.uuid);
  if (!there) await store.clusters.insert(cluster);
  else if (there.status?.endsWith('_COMPLETE') !== true) {
    await store.operations.supersede(cluster.uuid);
    await store.clusters.update(cluster.uuid, { status: 'UPDATE_COMPLETE' });
  }
  const groups = await store.nodegroups.of(cluster.uuid);
  for (const [index, role] of ['master', 'worker'].entries()) {
    const name = `default-${role}`;
    if (groups.some((group) => group.name === name)) continue;
    const uuid = `d1000000-0000-4000-8000-00000000000${index + 1}`;
    const group = { cluster_id: cluster.uuid, is_default: true, status: 'CREATE_COMPLETE' } as const;
    await store.nodegroups.insert(exampleNodeGroup({ ...group, uuid, name, role }));
  }
  if (!(await store.quotas.get('p1', 'Cluster'))) {
    await store.quotas.insert({ project_id: 'p1', resource: 'Cluster', hard_limit: 1000 });
  }
  return cluster.uuid;
}

async function seedTemplates(store: Store): Promise<void> {
  for (const template of [
    exampleTemplate({ ...kind, name: 'private', uuid: PRIVATE_TEMPLATE }),
    exampleTemplate({ ...kind, name: 'used', uuid: USED_TEMPLATE }),
  ]) {
    if (!(await store.templates.get(template.uuid))) await store.templates.insert(template);
  }
}

import { openStore, type Store } from '@gantry/magnum';
import { randomUUID } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import {
  exampleCluster,
  exampleNodeGroup,
  exampleTemplate,
} from '../../packages/magnum/src/store/example-rows.ts';

/** Whose rows they are. */
export interface Owner {
  readonly project_id: string;
  readonly user_id: string;
}

/** UUIDs of one of each; undefined where there is none. */
export interface Filled {
  readonly template: string | undefined;
  readonly cluster: string | undefined;
}

const LABELS = { kube_tag: 'v1.23.3-rancher1', boot_volume_size: '0' };

/**
 * Makes a database of Magnum's hold just so many templates and clusters, each with its two node groups.
 *
 * @param database as mysql2 takes it
 */
export async function fillMagnum(
  database: string,
  owner: Owner,
  counts: { readonly templates: number; readonly clusters: number },
): Promise<Filled> {
  const connection = await createConnection(database);
  for (const table of ['nodegroup', 'cluster', 'cluster_template', 'gantry_extra']) {
    await connection.query(`delete from ${table}`);
  }
  await connection.end();
  const store = await openStore({ url: database });
  const templates: string[] = [];
  const clusters: string[] = [];
  try {
    for (let n = 0; n < counts.templates; n += 1) templates.push(await insertTemplate(store, owner, n));
    for (let n = 0; n < counts.clusters; n += 1) {
      clusters.push(await insertCluster(store, owner, n, templates[0] ?? ''));
    }
  } finally {
    await store.close();
  }
  return { template: templates[0], cluster: clusters[0] };
}

async function insertTemplate(store: Store, owner: Owner, n: number): Promise<string> {
  const uuid = randomUUID();
  await store.templates.insert(
    exampleTemplate({
      uuid,
      ...owner,
      name: `bench-${n}`,
      image_id: 'fedora-coreos-38',
      flavor_id: 'm1.small',
      master_flavor_id: 'm1.small',
      keypair_id: 'mykey',
      external_network_id: 'external',
      network_driver: 'flannel',
      dns_nameserver: '8.8.8.8',
      docker_storage_driver: 'overlay2',
      labels: LABELS,
    }),
  );
  return uuid;
}

async function insertCluster(store: Store, owner: Owner, n: number, template: string): Promise<string> {
  const uuid = randomUUID();
  await store.clusters.insert(
    exampleCluster({
      uuid,
      ...owner,
      name: `bench-${n}`,
      cluster_template_id: template,
      keypair: 'mykey',
      labels: LABELS,
      master_flavor_id: 'm1.small',
      flavor_id: 'm1.small',
      stack_id: randomUUID(),
      api_address: 'https://172.24.4.20:6443',
      status: 'CREATE_COMPLETE',
      health_status: 'UNHEALTHY',
      discovery_url: 'http://127.0.0.1:8087/1',
      coe_version: 'v1.23.3',
      container_version: '1.12.6',
    }),
  );
  for (const [role, count] of [
    ['master', 1],
    ['worker', 3],
  ] as const) {
    await store.nodegroups.insert(
      exampleNodeGroup({
        uuid: randomUUID(),
        name: `default-${role}`,
        cluster_id: uuid,
        project_id: owner.project_id,
        labels: LABELS,
        flavor_id: 'm1.small',
        image_id: 'fedora-coreos-38',
        node_addresses: Array.from({ length: count }, (_, node) => `172.24.4.${30 + node}`),
        node_count: count,
        role,
        min_node_count: role === 'master' ? 1 : 0,
        stack_id: randomUUID(),
        status: 'CREATE_COMPLETE',
        version: 'v1.23.3',
      }),
    );
  }
  return uuid;
}

import type { ClientCommand } from './client-command.ts';
import { changed, deleted, moment, patching, pem } from './expected-text.ts';

const limit = '--project-id $project --resource Cluster';

export const nodegroupCommands: readonly ClientCommand[] = [
  {
    type: 'coe nodegroup list c1',
    prints: 'groupLine',
    lines: 2,
    values: { name: 'default-master', flavor_id: 'm1.small', role: 'master', status: 'UPDATE_COMPLETE' },
  },
  {
    type: 'coe nodegroup show c1 default-worker',
    prints: 'group',
    values: {
      ...{ cluster_id: '$cluster', project_id: '$project', docker_volume_size: 'None', is_default: 'True' },
      ...{ max_node_count: 'None', min_node_count: '0', role: 'worker', status: 'UPDATE_COMPLETE' },
    },
  },
  { type: 'coe nodegroup show c1 nosuch', refused: [404, 'Nodegroup nosuch'] },
  {
    type: 'coe nodegroup create c1 ng1 --node-count 1 --role worker2 --flavor m1.small',
    says: /Request to create nodegroup [0-9a-f-]{36} accepted/,
  },
  {
    type: 'coe nodegroup show c1 ng1',
    prints: 'group',
    values: { role: 'worker2', is_default: 'False', status: 'CREATE_COMPLETE', node_addresses: /^\['/ },
    eventually: true,
  },
  {
    type: 'coe cluster show c1',
    values: { status: 'UPDATE_COMPLETE' },
    eventually: true,
  },
  {
    type: 'coe nodegroup create c1 ng2 --docker-volume-size 3 --labels x=y --merge-labels --min-nodes 1 --max-nodes 3 --image $image',
    says: /accepted/,
  },
  {
    type: 'coe nodegroup show c1 ng2',
    prints: 'group',
    values: {
      ...{ docker_volume_size: '3', labels_added: "{'x': 'y'}", min_node_count: '1', max_node_count: '3' },
      ...{ image_id: '$image', role: 'worker', node_count: '1', status: 'CREATE_COMPLETE' },
    },
    eventually: true,
  },
  { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE' }, eventually: true },
  {
    type: 'coe nodegroup list c1 --role worker2 --limit 1 --sort-key name --sort-dir asc',
    prints: 'groupLine',
    lines: 1,
    values: { name: 'ng1', role: 'worker2' },
  },
  {
    on: patching,
    type: 'coe nodegroup update c1 ng1 replace min_node_count=1',
    says: changed('nodegroup ng1'),
  },
  { type: 'coe nodegroup create c1 ng1', refused: [409, 'ng1', 'already exists'] },
  { type: 'coe nodegroup delete c1 default-worker', refused: [400, 'default nodegroup'] },
  { type: 'coe nodegroup list nosuch', refused: [404, 'Cluster nosuch'] },
  { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE' }, eventually: true },
  {
    type: 'coe nodegroup delete c1 ng1 ng2',
    says: /delete nodegroup ng1 has[\s\S]*delete nodegroup ng2 has/,
  },
  { type: 'coe nodegroup list c1', prints: 'groupLine', lines: 2, eventually: true },
  { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE' }, eventually: true },
];

export const otherCommands: readonly ClientCommand[] = [
  { type: 'coe ca show c1', says: pem },
  { type: 'coe ca show nosuch', refused: [404, 'Cluster nosuch'] },
  { type: 'coe ca sign c1 $csr', says: pem },
  { type: 'coe ca sign c1 $folder/nosuch.csr', says: /A CSR must be provided/ },
  { type: 'coe stats list $project', prints: ['clusters', 'nodes'], values: { clusters: '1', nodes: '2' } },
  { type: 'coe stats list $project', as: 'admin', prints: ['clusters', 'nodes'], values: { clusters: '1' } },
  { type: 'coe stats list 00000000000000000000000000000000', refused: [403, 'Not authorized'] },
  {
    type: 'coe service list',
    as: 'admin',
    prints: 'service',
    values: { binary: 'magnum-conductor', state: 'up', disabled: 'False', disabled_reason: 'None' },
  },
  { type: 'coe service list', refused: [403, 'magnum-service:get_all'] },
  { type: 'coe quotas list', as: 'admin', prints: 'quotaLine', lines: 0 },
  {
    type: `coe quotas create ${limit} --hard-limit 1`,
    as: 'admin',
    prints: 'quota',
    values: { hard_limit: '1', project_id: '$project', resource: 'Cluster', updated_at: '-' },
  },
  {
    type: `coe quotas create ${limit} --hard-limit 1`,
    as: 'admin',
    says: /failed: .*\$project already exists for resource Cluster \(HTTP 409\)/,
  },
  {
    type: 'coe quotas create --project-id $project --resource Nosuch',
    as: 'admin',
    says: /failed: Invalid input for field\/attribute resource .*\(HTTP 400\)/,
  },
  {
    type: 'coe quotas create --project-id 00000000000000000000000000000000 --resource Cluster',
    as: 'admin',
    says: /failed: .*00000000000000000000000000000000 could not be found \(HTTP 404\)/,
  },
  {
    type: 'coe quotas list --all-tenants --limit 1 --sort-key id --sort-dir desc',
    as: 'admin',
    prints: 'quotaLine',
    values: { project_id: '$project', resource: 'Cluster', hard_limit: '1' },
    lines: 1,
  },
  { type: 'coe quotas list --all-tenants --marker 1', as: 'admin', prints: 'quotaLine', lines: 0 },
  { type: `coe quotas show ${limit}`, prints: 'quota', values: { hard_limit: '1', updated_at: '-' } },
  { type: 'coe quotas list', refused: [403, 'quota:get_all'] },
  {
    type: 'coe cluster create over --cluster-template k8s',
    refused: [403, 'maximum clusters per project, 1'],
  },
  {
    type: `coe quotas update ${limit} --hard-limit 7`,
    as: 'admin',
    prints: 'quota',
    values: { hard_limit: '7', updated_at: moment },
  },
  {
    type: `coe quotas delete ${limit}`,
    as: 'admin',
    says: /Request to delete quota for project id \$project and resource Cluster has been accepted/,
  },
  {
    type: `coe quotas delete ${limit}`,
    as: 'admin',
    says: /Quota delete failed .*project_id \$project resource Cluster \(HTTP 404\)/,
  },
  {
    type: `coe quotas show ${limit}`,
    prints: ['hard_limit', 'project_id', 'resource'],
    values: { hard_limit: '20' },
  },
  {
    type: 'coe cluster template delete k8s',
    says: /Delete for cluster template k8s failed: .* is referenced by one or multiple clusters \(HTTP 400\)/,
  },
  {
    on: patching,
    type: 'coe cluster template update k8s replace labels=x=y',
    refused: [400, 'referenced by'],
  },
  { type: 'coe cluster upgrade c1 nosuch', refused: [404, 'ClusterTemplate nosuch'] },
  {
    type: 'coe cluster upgrade c1 k8s --max-batch-size 1 --nodegroup default-worker',
    says: /Request to upgrade cluster c1 has been accepted/,
  },
  { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE' }, eventually: true },
  { type: 'coe ca rotate c1', says: /rotate the CA certificate for cluster \$cluster has been accepted/ },
  { type: 'coe cluster delete c1', says: deleted('cluster c1') },
  { type: 'coe cluster list', lines: 0, eventually: true },
  { type: 'coe cluster delete nosuch', refused: [404, 'Cluster nosuch'] },
  { type: 'coe cluster template delete k8s min', says: /template k8s has[\s\S]*template min has/ },
];

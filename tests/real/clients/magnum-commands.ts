import type { ClientCommand } from './client-command.ts';
import { changed, deleted, moment } from './expected-text.ts';

/*
 * Every command of the older `magnum` client with every option, as far as Debian ships it. What `show` prints is what the API sent, in
 * its order.
 */

const create = 'cluster-template-create';
const needed = '--image $image --external-network public --coe kubernetes --docker-storage-driver overlay2';
// It warns that there is a newer one, on standard output.
const certificate = /this message\.\n-----BEGIN CERTIFICATE-----\n[^-]+\n-----END CERTIFICATE-----\s*$/;

const limit = '--project-id $project --resource Cluster';

const templates: readonly ClientCommand[] = [
  {
    type: `${create} old ${needed} --keypair mykey --fixed-network own --fixed-subnet own-subnet --network-driver flannel --volume-driver cinder --dns-nameserver 8.8.4.4 --flavor m1.small --master-flavor m1.small --docker-volume-size 4 --http-proxy http://p:1 --https-proxy http://p:2 --no-proxy 10.0.0.0/8 --labels a=1 --labels b=2 --registry-enabled --server-type vm --floating-ip-enabled --insecure-registry r:5000 --visible`,
    prints: 'wholeTemplate',
    values: {
      ...{ name: 'old', coe: 'kubernetes', image_id: '$image', flavor_id: 'm1.small', keypair_id: 'mykey' },
      ...{ insecure_registry: 'r:5000', dns_nameserver: '8.8.4.4', labels: "{'a': '1', 'b': '2'}" },
      ...{ docker_volume_size: '4', registry_enabled: 'True', floating_ip_enabled: 'True', hidden: 'False' },
      ...{ created_at: moment, updated_at: '-', project_id: '$project', cluster_distro: 'fedora-coreos' },
    },
  },
  {
    type: `${create} --name used --image-id $image --keypair-id mykey --external-network-id public --coe kubernetes --flavor-id m1.small --master-flavor-id m1.small --docker-volume-size 3`,
    prints: 'wholeTemplate',
    values: { name: 'used', docker_storage_driver: 'devicemapper', labels: '{}', tls_disabled: 'False' },
  },
  {
    type: `${create} loose ${needed} --tls-disabled --master-lb-enabled --floating-ip-disabled`,
    prints: 'wholeTemplate',
    values: { tls_disabled: 'True', master_lb_enabled: 'True', floating_ip_enabled: 'False' },
  },
  {
    type: `${create} all ${needed} --public --hidden`,
    as: 'admin',
    prints: 'wholeTemplate',
    values: { public: 'True', hidden: 'True' },
  },
  { type: `${create} no ${needed} --public`, refused: [403, 'public'] },
  {
    type: `${create} no --image $image --external-network public --coe kubernetes`,
    refused: [400, 'docker volume size None GB', 'devicemapper'],
  },
  {
    type: 'cluster-template-list --limit 1 --sort-key name --sort-dir desc --fields coe,server_type',
    prints: ['uuid', 'name', 'Coe', 'Server Type'],
    lines: 1,
    values: { name: 'used', Coe: 'kubernetes', 'Server Type': 'vm' },
  },
  {
    type: 'cluster-template-list --sort-key id --sort-dir desc --detail',
    prints: 'detailedTemplate',
    values: { name: 'loose', labels: '{}', links: /\/v1\/clustertemplates\// },
  },
  { type: 'cluster-template-show old', prints: 'wholeTemplate', values: { name: 'old' } },
  { type: 'cluster-template-show nosuch', refused: [404, 'ClusterTemplate nosuch'] },
  {
    type: 'cluster-template-update loose replace labels=x=y docker_storage_driver=overlay',
    prints: 'wholeTemplate',
    values: { labels: "{'x': 'y'}", docker_storage_driver: 'overlay', updated_at: /./ },
  },
  { type: 'cluster-template-update loose remove dns_nameserver', values: { dns_nameserver: '-' } },
  { type: 'cluster-template-update loose add dns_nameserver=1.1.1.1', values: { dns_nameserver: '1.1.1.1' } },
  { type: 'cluster-template-update loose add dns_nameserver=9.9.9.9', refused: [400, 'has existed'] },
  { type: 'cluster-template-update loose replace public=True', refused: [403, 'public'] },
  {
    type: 'cluster-template-delete loose nosuch',
    says: /template loose has been accepted[\s\S]*template nosuch failed: ClusterTemplate nosuch .*\(HTTP 404\)/,
  },
];

const clusters: readonly ClientCommand[] = [
  {
    type: 'cluster-create o1 --cluster-template used --keypair mykey --docker-volume-size 4 --labels b=2 --node-count 1 --master-count 1 --timeout 20 --discovery-url https://discovery.example/1',
    says: /Request to create cluster [0-9a-f-]{36} has been accepted/,
    keeps: 'o1',
  },
  { type: 'cluster-create --name o2 --cluster-template used --keypair-id mykey', says: /has been accepted/ },
  {
    type: 'cluster-create bad --cluster-template used --master-count 0',
    says: /Create for cluster bad failed: .*master_count .*\(HTTP 400\)/,
  },
  {
    type: 'cluster-create bad --cluster-template used --keypair nosuch',
    says: /Create for cluster bad failed: .*keypair nosuch .*\(HTTP 404\)/,
  },
  { type: 'cluster-create bad --cluster-template nosuch', refused: [404, 'ClusterTemplate nosuch'] },
  {
    type: 'cluster-show o1',
    prints: 'wholeCluster',
    values: {
      ...{ uuid: '$o1', name: 'o1', status: 'CREATE_COMPLETE', create_timeout: '20', labels: "{'b': '2'}" },
      ...{ docker_volume_size: '4', discovery_url: 'https://discovery.example/1', status_reason: /./ },
    },
    eventually: true,
  },
  {
    type: 'cluster-show $o1 --long',
    values: { name: 'o1', clustertemplate_name: 'used', clustertemplate_flavor_id: 'm1.small' },
  },
  {
    type: 'cluster-list --limit 1 --sort-key name --sort-dir asc --fields create_timeout',
    prints: ['uuid', 'name', 'keypair', 'node_count', 'master_count', 'status', 'Create Timeout'],
    lines: 1,
    values: { uuid: '$o1', name: 'o1', keypair: 'mykey', node_count: '1', 'Create Timeout': '20' },
  },
  { type: 'cluster-list --marker $o1', lines: 1, values: { name: 'o2' } },
  // As a client of an old release asks, and where the catalog has more than one endpoint of a service.
  {
    type: '--magnum-api-version 1.1 --service-type container-infra --os-endpoint-type internalURL cluster-list',
    lines: 2,
  },
  { type: '--magnum-api-version 1.99 cluster-list', refused: [406, 'microversion is unsupported'] },
  { type: 'cluster-config o1 --dir $folder --force', says: /\nexport KUBECONFIG=\S+\/config\s*$/ },
  { type: 'cluster-config o1 --dir $folder', code: 1, says: /exists, aborting/ },
  { type: 'ca-show o1', says: certificate },
  { type: 'ca-show --cluster $o1', says: certificate },
  { type: 'ca-show nosuch', refused: [404, 'Cluster nosuch'] },
  { type: 'ca-sign --cluster o1 --csr $csr', says: certificate },
  { type: 'ca-sign --cluster o1 --csr $folder/nosuch.csr', says: /A CSR must be provided/ },
  { type: 'cluster-update o1 replace node_count=2', says: changed('cluster o1') },
  { type: 'cluster-show o1', values: { status: 'UPDATE_COMPLETE', node_count: '2' }, eventually: true },
  { type: 'cluster-update o1 remove node_count --rollback', says: changed('cluster o1') },
  { type: 'cluster-show o1', values: { status: 'UPDATE_COMPLETE', node_count: '1' }, eventually: true },
  { type: 'cluster-update o1 replace name=other', says: /ERROR: cannot change cluster property\(ies\) name/ },
  { type: 'cluster-update nosuch replace node_count=1', says: /ERROR: Cluster nosuch could not be found/ },
  {
    type: 'cluster-template-delete used',
    says: /template used failed: .* is referenced by one or multiple clusters \(HTTP 400\)/,
  },
  { type: 'stats-list --project-id $project', prints: ['clusters', 'nodes'], values: { nodes: '4' } },
  { type: 'stats-list', values: { clusters: '2' } },
  { type: 'ca-rotate --cluster o1', says: /this message\.\s*$/ },
  { type: 'cluster-delete o1 o2', says: /cluster o1 has been accepted[\s\S]*cluster o2 has been accepted/ },
  { type: 'cluster-list', lines: 0, eventually: true },
  { type: 'cluster-delete nosuch', says: /Delete for cluster nosuch failed: .*\(HTTP 404\)/ },
  { type: 'cluster-template-delete old used', says: deleted('cluster template used') },
];

const administration: readonly ClientCommand[] = [
  { type: 'service-list', refused: [403, 'magnum-service:get_all'] },
  { type: 'service-list', as: 'admin', prints: 'service', lines: 1, values: { state: 'up' } },
  {
    type: `quotas-create ${limit} --hard-limit 5`,
    as: 'admin',
    prints: 'quota',
    values: { hard_limit: '5', project_id: '$project', updated_at: '-' },
  },
  { type: `quotas-create ${limit}`, as: 'admin', says: /failed: .* already exists for resource Cluster/ },
  { type: `quotas-create ${limit}`, says: /failed: Policy doesn't allow quota:create/ },
  {
    type: 'quotas-list --all-tenants --limit 1 --sort-key id --sort-dir asc',
    as: 'admin',
    prints: 'quotaLine',
    lines: 1,
    values: { hard_limit: '5' },
  },
  { type: 'quotas-list --all-tenants --marker 100', as: 'admin', refused: [404, 'Quota'] },
  { type: 'quotas-list', as: 'admin', prints: 'quotaLine', lines: 0 },
  { type: 'quotas-list', refused: [403, 'quota:get_all'] },
  { type: `quotas-show ${limit}`, prints: 'quota', values: { hard_limit: '5' } },
  {
    type: `quotas-update ${limit} --hard-limit 6`,
    as: 'admin',
    prints: 'quota',
    values: { hard_limit: '6', updated_at: moment },
  },
  { type: `quotas-delete ${limit}`, as: 'admin', says: /delete quota for project id \$project .* accepted/ },
  { type: `quotas-delete ${limit}`, as: 'admin', says: /Quota delete failed .* could not be found/ },
  {
    type: `quotas-show ${limit}`,
    prints: ['hard_limit', 'project_id', 'resource'],
    values: { hard_limit: '20' },
  },
];

export const magnumCommands: readonly ClientCommand[] = [...templates, ...clusters, ...administration].map(
  (command) => ({ ...command, program: 'magnum', on: ['bookworm', 'trixie'] }),
);

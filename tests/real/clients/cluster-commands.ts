import type { ClientCommand } from './client-command.ts';
import { changed, deleted, moment, patching } from './expected-text.ts';

export const clusterCommands: readonly ClientCommand[] = [
  {
    type: 'coe cluster create c1 --cluster-template k8s --master-count 1 --node-count 1 --timeout 15',
    says: /Request to create cluster [0-9a-f-]{36} accepted/,
    keeps: 'cluster',
  },
  {
    type: 'coe cluster show c1',
    prints: 'cluster',
    values: {
      ...{
        name: 'c1',
        status: 'CREATE_COMPLETE',
        status_reason: 'None',
        create_timeout: '15',
        keypair: 'mykey',
      },
      ...{ labels: "{'kube_tag': 'v1.23.3-rancher1', 'boot_volume_size': '0'}", labels_added: '{}' },
      ...{ coe_version: 'v1.23.3-rancher1', faults: '', health_status: 'None' },
      ...{ api_address: /^https:\/\/[\d.]+:6443$/, node_addresses: /^\['[\d.]+'\]$/, project_id: '$project' },
      ...{ created_at: moment, updated_at: moment, health_status_reason: '{}' },
    },
    eventually: true,
  },
  { type: 'coe cluster show nosuch', refused: [404, 'Cluster nosuch'] },
  {
    type: 'coe cluster create c1 --cluster-template k8s --node-count 1',
    says: /accepted/,
    keeps: 'twin',
  },
  { type: 'coe cluster show c1', refused: [409, 'Multiple'] },
  { type: 'coe cluster delete c1', refused: [409, 'Multiple'] },
  { type: 'coe cluster delete $twin', says: deleted('cluster $twin') },
  {
    type: 'coe cluster create full --cluster-template k8s --discovery-url https://discovery.example/1 --docker-volume-size 3 --labels x=y --merge-labels --keypair mykey --master-flavor m1.medium --flavor m1.medium --fixed-network own --fixed-subnet own-subnet --floating-ip-disabled --master-lb-disabled',
    says: /accepted/,
  },
  {
    type: 'coe cluster show full',
    prints: 'cluster',
    values: {
      ...{ docker_volume_size: '3', master_flavor_id: 'm1.medium', flavor_id: 'm1.medium', name: 'full' },
      ...{ fixed_network: 'own', fixed_subnet: 'own-subnet', floating_ip_enabled: 'False' },
      ...{ labels: /'x': 'y'/, labels_added: "{'x': 'y'}", create_timeout: '60', master_lb_enabled: 'False' },
    },
  },
  {
    type: 'coe cluster create swapped --cluster-template k8s --floating-ip-enabled --master-lb-enabled',
    says: /accepted/,
  },
  {
    type: 'coe cluster delete full swapped',
    says: /delete cluster full has[\s\S]*delete cluster swapped has/,
  },
  {
    type: 'coe cluster list',
    prints: 'clusterLine',
    lines: 1,
    values: { name: 'c1', keypair: 'mykey', node_count: '1', master_count: '1', health_status: 'None' },
    eventually: true,
  },
  {
    type: 'coe cluster list --limit 1 --sort-key name --sort-dir desc',
    prints: 'clusterLine',
    lines: 1,
    values: { status: 'CREATE_COMPLETE' },
  },
  { type: 'coe cluster list --sort-key nosuch', refused: [400, 'nosuch'] },
  { type: 'coe cluster create bad --cluster-template nosuch', refused: [404, 'ClusterTemplate nosuch'] },
  { type: 'coe cluster create bad --cluster-template k8s --flavor nosuch', refused: [400, 'flavor nosuch'] },
  {
    type: 'coe cluster create bad --cluster-template k8s --keypair nosuch',
    refused: [404, 'keypair nosuch'],
  },
  { type: 'coe cluster create keyless --cluster-template min', says: /accepted/ },
  { type: 'coe cluster delete keyless', says: deleted('cluster keyless') },
  {
    type: 'coe cluster create bad --cluster-template k8s --master-count 0',
    refused: [400, 'field/attribute master_count'],
  },
  {
    type: 'coe cluster create bad --cluster-template k8s --master-count 3',
    refused: [400, 'master_count must be 1 when master_lb_enabled is False'],
  },
  {
    type: 'coe cluster create bad --cluster-template k8s --master-count=-1',
    refused: [400, 'field/attribute master_count'],
  },
  { type: 'coe cluster create 1bad_name --cluster-template k8s', refused: [400, 'field/attribute name'] },
  {
    type: 'coe cluster create bad --cluster-template k8s --timeout=-5',
    refused: [400, 'field/attribute create_timeout'],
  },
  { type: 'coe cluster create bad', code: 2, says: /required: --cluster-template/ },
  { type: 'coe cluster config c1 --dir $folder --output-certs', says: /^export KUBECONFIG=\S+\/config\s*$/ },
  { type: 'coe cluster config c1 --dir $folder', code: 1, says: /exists, aborting/ },
  {
    type: 'coe cluster config c1 --dir $folder --force --output-certs --use-certificate',
    says: /^export KUBECONFIG=/,
  },
  { type: 'coe cluster config c1 --dir $folder --force --use-keystone', says: /^export KUBECONFIG=/ },
  { on: patching, type: 'coe cluster update c1 replace node_count=2', says: changed('cluster c1') },
  {
    on: patching,
    type: 'coe cluster show c1',
    prints: 'cluster',
    values: { status: 'UPDATE_COMPLETE', node_count: '2', node_addresses: /^\['[\d.]+', '[\d.]+'\]$/ },
    eventually: true,
  },
  {
    on: patching,
    type: 'coe cluster update c1 replace uuid=00000000-0000-0000-0000-000000000000',
    refused: [400, "'/uuid' is an internal attribute"],
  },
  { on: patching, type: 'coe cluster update c1 replace name=other', refused: [400, 'property(ies) name'] },
  {
    on: patching,
    type: 'coe cluster update c1 replace node_count=2 --rollback',
    says: changed('cluster c1'),
  },
  {
    on: patching,
    type: 'coe cluster show c1',
    values: { status: 'UPDATE_COMPLETE', node_count: '2' },
    eventually: true,
  },
  { on: patching, type: 'coe cluster update c1 remove', code: 2, says: /required: <path=value>/ },
  { type: 'coe cluster resize c1 1', says: /Request to resize cluster c1 has been accepted/ },
  { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE', node_count: '1' }, eventually: true },
  { type: 'coe cluster resize c1 1 --nodegroup nosuch', refused: [404, 'Nodegroup nosuch'] },
  {
    type: 'coe cluster resize c1 2 --nodegroup default-worker',
    says: /Request to resize cluster c1 has been accepted/,
  },
  { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE', node_count: '2' }, eventually: true },
  {
    type: 'coe cluster resize c1 1 --nodes-to-remove 0',
    says: /Request to resize cluster c1 has been accepted/,
  },
  { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE', node_count: '1' }, eventually: true },
];

import type { ClientCommand } from './client-command.ts';
import { deleted, moment, patching } from './expected-text.ts';

/** `openstack coe cluster template`. */

const create = 'coe cluster template create';
const minimal = '--coe kubernetes --image $image --external-network public';

export const templateCommands: readonly ClientCommand[] = [
  {
    type: `${create} k8s ${minimal} --flavor m1.small --master-flavor m1.small --keypair mykey --network-driver flannel --docker-storage-driver overlay2 --dns-nameserver 8.8.8.8 --labels kube_tag=v1.23.3-rancher1,boot_volume_size=0`,
    says: /Request to create cluster template k8s accepted/,
    prints: 'template',
    values: {
      name: 'k8s',
      labels: "{'kube_tag': 'v1.23.3-rancher1', 'boot_volume_size': '0'}",
      cluster_distro: 'fedora-coreos',
      created_at: moment,
      updated_at: '-',
      fixed_network: '-',
    },
  },
  {
    type: `${create} min ${minimal}`,
    prints: 'template',
    values: { flavor_id: 'm1.medium', master_flavor_id: '-', network_driver: 'flannel', labels: '{}' },
  },
  {
    type: `${create} full ${minimal} --flavor m1.small --fixed-network own --fixed-subnet own-subnet --volume-driver cinder --docker-volume-size 5 --http-proxy http://proxy:3128 --https-proxy http://proxy:3129 --no-proxy 10.0.0.0/8 --tls-disabled --registry-enabled --server-type vm --master-lb-enabled --floating-ip-disabled --visible --tags one --tags two,three`,
    prints: 'template',
    values: {
      ...{ fixed_network: 'own', fixed_subnet: 'own-subnet', volume_driver: 'cinder', hidden: 'False' },
      ...{ docker_volume_size: '5', http_proxy: 'http://proxy:3128', https_proxy: 'http://proxy:3129' },
      ...{ no_proxy: '10.0.0.0/8', tls_disabled: 'True', registry_enabled: 'True', server_type: 'vm' },
      ...{ master_lb_enabled: 'True', floating_ip_enabled: 'False', tags: /^(?=.*one)(?=.*two)(?=.*three)/ },
    },
  },
  {
    type: `${create} insecure ${minimal} --insecure-registry registry:5000`,
    on: ['trixie', 'sid'],
    prints: 'template',
    values: { insecure_registry: 'registry:5000' },
  },
  {
    type: 'coe cluster template delete insecure',
    on: ['trixie', 'sid'],
    says: deleted('cluster template insecure'),
  },
  {
    type: `${create} calico ${minimal} --network-driver calico --flavor m1.small --master-flavor m1.small --labels a=1 --labels b=2 --floating-ip-enabled`,
    prints: 'template',
    values: { labels: "{'a': '1', 'b': '2'}", floating_ip_enabled: 'True', network_driver: 'calico' },
  },
  { type: `${create} open ${minimal} --public`, as: 'admin', prints: 'template', values: { public: 'True' } },
  {
    type: `${create} secret ${minimal} --hidden`,
    as: 'admin',
    prints: 'template',
    values: { hidden: 'True' },
  },
  { type: `${create} no ${minimal} --public`, refused: [403, 'public'] },
  {
    type: `${create} min ${minimal}`,
    says: /Request to create cluster template min accepted/,
    prints: 'template',
    values: { uuid: /./ },
  },
  { type: 'coe cluster template show min', refused: [409, 'Multiple'] },
  {
    type: 'coe cluster template list --sort-key created_at --sort-dir desc --limit 1',
    prints: 'templateLine',
    lines: 1,
    values: { name: 'min', tags: 'None' },
    keeps: 'twin',
  },
  { type: 'coe cluster template delete $twin', says: deleted('cluster template $twin') },
  { type: 'coe cluster template list', prints: 'templateLine', lines: 5, values: { name: 'k8s' } },
  {
    type: 'coe cluster template list --sort-key name --sort-dir asc',
    prints: 'templateLine',
    values: { name: 'calico' },
  },
  {
    type: 'coe cluster template list --fields coe,image_id,public,link,apiserver_port,server_type,tls_disabled,registry_enabled',
    prints: [
      ...['uuid', 'name', 'tags', 'coe', 'image_id', 'public', 'link', 'apiserver_port', 'server_type'],
      ...['tls_disabled', 'registry_enabled'],
    ],
    values: { coe: 'kubernetes', public: 'False', link: '', apiserver_port: 'None', tls_disabled: 'False' },
  },
  { type: 'coe cluster template show k8s', prints: 'template', values: { keypair_id: 'mykey' } },
  { type: 'coe cluster template show nosuch', refused: [404, 'ClusterTemplate nosuch'] },
  // The client turns labels in JSON into an object and then fails to take them for text.
  {
    on: patching,
    type: `coe cluster template update calico replace labels={"a":"2"}`,
    code: 1,
    says: /'dict' object/,
  },
  {
    on: patching,
    type: 'coe cluster template update calico replace labels=a=2,c=3 dns_nameserver=1.1.1.1',
    prints: 'template',
    values: { labels: "{'a': '2', 'c': '3'}", dns_nameserver: '1.1.1.1' },
  },
  {
    on: patching,
    type: 'coe cluster template update calico add labels=d=4',
    prints: 'template',
    values: { labels: "{'d': '4'}" },
  },
  {
    on: patching,
    type: 'coe cluster template update calico remove dns_nameserver',
    prints: 'template',
    values: { dns_nameserver: '-' },
  },
  {
    on: patching,
    type: 'coe cluster template update calico replace uuid=00000000-0000-0000-0000-000000000000',
    refused: [400, "'/uuid' is an internal attribute"],
  },
  {
    on: patching,
    type: 'coe cluster template update calico replace created_at=2020-01-01T00:00:00Z',
    refused: [400, "'/created_at' is an internal attribute"],
  },
  {
    on: patching,
    type: 'coe cluster template update calico replace coe=swarm',
    refused: [400, 'Network driver', 'calico'],
  },
  { on: patching, type: 'coe cluster template update calico add nosuch=1', refused: [400, '/nosuch'] },
  {
    type: `${create} bad --coe kubernetes --image nosuch --external-network public`,
    refused: [400, 'nosuch'],
    departure: 'unknown image',
  },
  {
    type: `${create} bad --coe kubernetes --image plain --external-network public`,
    refused: [400, 'os_distro'],
    departure: 'image without os_distro',
  },
  { type: `${create} bad ${minimal} --flavor nosuch`, refused: [400, 'Unable to find flavor nosuch'] },
  {
    type: `${create} bad --coe kubernetes --image $image --external-network nosuch`,
    refused: [400, 'Unable to find external network nosuch'],
  },
  {
    type: `${create} unkeyed ${minimal} --keypair nosuch`,
    prints: 'template',
    values: { keypair_id: 'nosuch' },
  },
  {
    type: `${create} bad --coe nosuch --image $image --external-network public`,
    refused: [400, 'field/attribute coe'],
  },
  {
    type: `${create} bad --coe mesos --image $image --external-network public`,
    refused: [400, 'mesos'],
  },
  {
    type: `${create} bad ${minimal} --network-driver nosuch`,
    refused: [400, 'Network driver', 'nosuch', 'flannel', 'calico'],
  },
  {
    type: `${create} bad ${minimal} --volume-driver nosuch`,
    refused: [400, 'Volume driver', 'nosuch', 'cinder'],
  },
  { type: `${create} bad ${minimal} --tls-disabled --server-type nosuch`, refused: [400, 'nosuch'] },
  {
    type: `${create} bad ${minimal} --floating-ip-enabled --floating-ip-disabled`,
    code: 1,
    says: /mutually exclusive/,
  },
  { type: `${create} bad --coe kubernetes --external-network public`, code: 2, says: /required: --image/ },
  {
    type: 'coe cluster template delete nosuch full',
    says: /Delete for cluster template nosuch failed: ClusterTemplate nosuch .*\(HTTP 404\)[\s\S]*delete cluster template full has/,
  },
];

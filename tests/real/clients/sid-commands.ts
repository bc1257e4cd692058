import { changed, onlyOn } from './expected-text.ts';

/*
 * What only sid's client has: an option for each field that can be changed, drivers by name, labels and taints of nodes, and the
 * rotation of credentials. Its original is a later Magnum; what it asks for is what the API of that release takes.
 */

const update = 'coe cluster template update';

export const sidTemplateCommands = onlyOn(
  ['sid'],
  [
    {
      type: `${update} calico --name other --image coreos --flavor m1.medium --master-flavor m1.medium --keypair mykey --external-network public --fixed-network own --fixed-subnet own-subnet --network-driver flannel --volume-driver cinder --dns-nameserver 9.9.9.9 --docker-volume-size 6 --docker-storage-driver overlay2 --http-proxy http://p:1 --https-proxy http://p:2 --no-proxy 10.0.0.0/8 --insecure-registry r:1 --label c=3 --no-label a --tag one --tag two --tls-disabled --registry-enabled --master-lb-enabled --floating-ip-disabled`,
      prints: 'template',
      values: {
        ...{ name: 'other', flavor_id: 'm1.medium', keypair_id: 'mykey', labels: "{'b': '2', 'c': '3'}" },
        ...{ fixed_network: 'own', network_driver: 'flannel', dns_nameserver: '9.9.9.9', tags: 'one,two' },
        ...{
          docker_volume_size: '6',
          insecure_registry: 'r:1',
          tls_disabled: 'True',
          no_proxy: '10.0.0.0/8',
        },
        ...{ registry_enabled: 'True', master_lb_enabled: 'True', floating_ip_enabled: 'False' },
      },
    },
    {
      type: `${update} other --name calico --private --visible --tls-enabled --registry-disabled --master-lb-disabled --floating-ip-enabled --driver k8s_fedora_coreos_v1`,
      prints: 'template',
      values: {
        ...{
          name: 'calico',
          public: 'False',
          hidden: 'False',
          tls_disabled: 'False',
          driver: 'k8s_fedora_coreos_v1',
        },
        ...{ registry_enabled: 'False', master_lb_enabled: 'False', floating_ip_enabled: 'True' },
      },
    },
    {
      type: `${update} open --public --hidden`,
      as: 'admin',
      prints: 'template',
      values: { public: 'True', hidden: 'True' },
    },
    { type: `${update} calico --driver nosuch`, refused: [400, 'nosuch'] },
    { type: `${update} calico --label nosuch`, code: 1 },
    { type: `${update} calico`, code: 1, says: /Nothing to update/ },
    {
      type: 'coe cluster template create driven --coe kubernetes --image $image --external-network public --driver k8s_fedora_coreos_v1',
      prints: 'template',
      values: { driver: 'k8s_fedora_coreos_v1' },
    },
  ],
);

export const sidClusterCommands = onlyOn(
  ['sid'],
  [
    { type: 'coe cluster update c1 --name other', refused: [400, 'property(ies) name'] },
    { type: 'coe cluster update c1 --master-count 2', refused: [400, 'master'] },
    { type: 'coe cluster update c1 --label x=y --no-label kube_tag', refused: [400, 'labels'] },
    { type: 'coe cluster update c1', code: 1, says: /Nothing to update/ },
    { type: 'coe cluster update c1 --node-count 2 --rollback', says: changed('cluster c1') },
    { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE', node_count: '2' }, eventually: true },
    { type: 'coe cluster update c1 --node-count 1', says: changed('cluster c1') },
    { type: 'coe cluster show c1', values: { status: 'UPDATE_COMPLETE', node_count: '1' }, eventually: true },
    {
      type: 'coe credential rotate c1',
      says: /Credential rotation failed: .*not supported by driver.*\(HTTP 400\)/,
    },
  ],
);

export const sidNodegroupCommands = onlyOn(
  ['sid'],
  [
    {
      type: 'coe nodegroup update c1 default-worker --min-nodes 1 --max-nodes 3',
      says: changed('nodegroup default-worker'),
    },
    { type: 'coe nodegroup update c1 default-worker', code: 1, says: /Nothing to update/ },
    {
      type: 'coe nodegroup create c1 labelled --node-labels a=b --node-taints k=v:NoSchedule',
      refused: [400, 'node_labels', 'node_taints'],
    },
    {
      type: 'coe nodegroup update c1 default-worker --node-labels a=b --node-taints k=v:NoSchedule',
      refused: [400, 'node_labels', 'node_taints'],
    },
  ],
);

import type { HttpRequest, HttpResponse } from '@gantry/openstack';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Cluster, ClusterTemplate } from '../../../store/rows.ts';
import type { Driver, Observation } from '../../driver.ts';
import { given, heatOptionsInTest as options, orderOf, type Given, type Order } from '../driver-in-test.ts';
import type { HeatOptions } from '../node-settings.ts';
import { kubernetesDrivers } from './kubernetes-drivers.ts';

function coreos(over: Partial<HeatOptions> = {}): Driver {
  const driver = kubernetesDrivers({ ...options, ...over }).find(
    ({ name }) => name === 'k8s_fedora_coreos_v1',
  );
  if (!driver) throw new Error('there is no driver for Fedora CoreOS');
  return driver;
}

const kubernetes = { coe: 'kubernetes', cluster_distro: 'fedora-coreos' };
const order = (over: Given, options: Partial<HeatOptions> = {}): Promise<Order> =>
  orderOf(coreos(options), { ...over, template: { ...kubernetes, ...over.template } });

/** A cluster that says something about everything. */
const everything: Given = {
  services: ['load-balancer'],
  template: {
    http_proxy: 'http://proxy',
    https_proxy: 'http://proxy',
    no_proxy: 'localhost',
    insecure_registry: '10.0.0.9:5000',
    docker_storage_driver: 'overlay2',
    external_network_id: 'public',
    network_driver: 'calico',
    volume_driver: 'cinder',
    registry_enabled: true,
  },
  cluster: {
    keypair: 'key',
    fixed_network: 'net',
    fixed_subnet: 'sub',
    discovery_url: 'http://etcd/1',
    master_lb_enabled: true,
    labels: {
      fixed_subnet_cidr: '10.9.0.0/24',
      service_cluster_ip_range: '10.8.0.0/16',
      etcd_volume_size: '5',
      etcd_volume_type: 'ssd',
      master_lb_floating_ip_enabled: 'false',
      master_lb_allowed_cidrs: '192.0.2.0/24',
      octavia_provider: 'ovn',
      octavia_lb_algorithm: 'SOURCE_IP_PORT',
      octavia_lb_healthcheck: 'False',
    },
  },
  masters: { node_count: 3 },
  workers: {
    labels: {
      availability_zone: 'nova',
      calico_ipv4pool: '10.7.0.0/16',
      boot_volume_size: '10',
      boot_volume_type: 'fast',
      docker_volume_type: 'big',
      kube_tag: 'v1.30.1',
      ostree_commit: 'abc',
      grafana_admin_passwd: 'secret',
    },
  },
};

describe('the stack that is ordered for a Kubernetes cluster', () => {
  test('declares every parameter it is given, and is given every one without a default', async () => {
    const asked = await order(everything, { clusterUserTrust: true, openstackCa: 'PEM' });
    const { parameters } = parse(asked.template) as { parameters: Record<string, { default?: unknown }> };
    expect(Object.keys(asked.parameters).filter((name) => !(name in parameters))).toEqual([]);
    const { parameters: few } = await order({});
    const required = Object.keys(parameters).filter((name) => parameters[name]?.default === undefined);
    expect(required.filter((name) => !(name in few))).toEqual([]);
    // What only stacks of further groups are told.
    const others = ['is_cluster_stack', 'existing_master_private_ip', 'existing_security_group'];
    const changes = ['minions_to_remove', 'update_max_batch_size', 'ostree_remote'];
    const never = Object.keys(parameters).filter((name) => !(name in asked.parameters));
    expect(never.toSorted()).toEqual([...others, ...changes].toSorted());
  });

  test('is what the cluster, its node groups and their labels say', async () => {
    const { parameters } = await order(everything);
    expect(parameters).toMatchObject({
      number_of_masters: 3,
      number_of_minions: 7,
      master_flavor: 'big',
      minion_flavor: 'small',
      master_role: 'master',
      worker_nodegroup_name: 'default-worker',
      docker_volume_size: 20,
      docker_volume_type: 'big',
      boot_volume_size: 10,
      boot_volume_type: 'fast',
      etcd_volume_size: 5,
      etcd_volume_type: 'ssd',
      pods_network_cidr: '10.7.0.0/16',
      portal_network_cidr: '10.8.0.0/16',
      fixed_subnet_cidr: '10.9.0.0/24',
      kube_tag: 'v1.30.1',
      kube_version: 'v1.30.1',
      master_kube_tag: 'v1.30.1',
      minion_kube_tag: 'v1.30.1',
      master_lb_enabled: true,
      master_lb_floating_ip_enabled: false,
      master_lb_allowed_cidrs: '192.0.2.0/24,10.9.0.0/24',
      octavia_lb_healthcheck: false,
      cloud_provider_enabled: false,
      auth_url: 'http://internal/v3',
      magnum_url: 'http://internal/v1',
      labels: expect.objectContaining({ grafana_admin_passwd: 'secret' }),
    });
    expect(parameters).not.toHaveProperty('trust_id');
  });

  test('has volumes of the configured types, and none of a type that has no size', async () => {
    const configured = {
      defaultBootVolumeSize: 8,
      defaultBootVolumeType: 'b',
      defaultEtcdVolumeType: 'e',
      defaultDockerVolumeType: 'd',
    };
    const { parameters } = await order({}, configured);
    expect(parameters).toMatchObject({
      boot_volume_size: 8,
      boot_volume_type: 'b',
      docker_volume_type: 'd',
      etcd_volume_size: 0,
    });
    expect(parameters).not.toHaveProperty('etcd_volume_type');
    expect(
      (await order({ workers: { docker_volume_size: null } }, configured)).parameters,
    ).not.toHaveProperty('docker_volume_type');
    await expect(order({ cluster: { labels: { etcd_volume_size: '5 GB' } } })).rejects.toThrow(
      "the label etcd_volume_size is '5 GB', but has to be a whole number",
    );
  });

  test('can be changed by the original too: it has every name that the original looks for or changes', async () => {
    const { template, files } = await order({});
    const { parameters, resources, outputs } = parse(template) as Record<string, Record<string, unknown>>;
    const scaled = ['number_of_masters', 'number_of_minions', 'minions_to_remove'];
    const upgraded = ['kube_tag', 'kube_version', 'master_kube_tag', 'minion_kube_tag', 'ostree_commit'];
    const rotated = ['kube_service_account_key', 'kube_service_account_private_key'];
    const others = ['ostree_remote', 'update_max_batch_size', 'is_cluster_stack', 'worker_role'];
    expect(Object.keys(parameters ?? {})).toEqual(
      expect.arrayContaining([...scaled, ...upgraded, ...rotated, ...others]),
    );
    const told = [
      'api_address',
      'kube_masters',
      'kube_masters_private',
      'kube_minions',
      'kube_minions_private',
    ];
    expect(Object.keys(outputs ?? {})).toEqual(expect.arrayContaining(told));
    expect(resources).toHaveProperty('secgroup_kube_minion');
    const network = parse(files['network.yaml'] ?? '') as { outputs: object };
    expect(Object.keys(network.outputs)).toEqual(expect.arrayContaining(['fixed_network', 'fixed_subnet']));
  });

  test('hides passwords and keys, and gives the key that signs tokens to masters only', async () => {
    const { template, parameters } = await order({});
    const declared = parse(template) as {
      parameters: Record<string, { hidden?: boolean }>;
      resources: Record<'kube_minions' | 'kube_masters', { properties: object }>;
    };
    for (const name of ['trustee_password', 'kube_service_account_private_key', 'labels', 'trust_id']) {
      expect([name, declared.parameters[name]?.hidden]).toEqual([name, true]);
    }
    expect(parameters['kube_service_account_private_key']).toMatch(
      /^-----BEGIN RSA PRIVATE KEY-----\\n[^\n]+\\n$/,
    );
    expect(JSON.stringify(declared.resources.kube_minions)).not.toContain('service_account_private');
  });

  test('asks for no more than Nova takes as user data', async () => {
    const { files } = await order({});
    const node = [files['node.yaml'] ?? '', files['../scripts/node.sh'] ?? ''].join('').length + 16_384;
    expect(Math.ceil(node / 3) * 4).toBeLessThan(65_535);
  });

  test('is not ordered with a load balancer where the cloud has none', async () => {
    await expect(order({ cluster: { master_lb_enabled: true } })).rejects.toThrow(
      'this cloud has no load balancers (Octavia), which master_lb_enabled needs',
    );
    const labels = { ingress_controller: 'octavia' };
    await expect(order({ cluster: { labels } })).rejects.toThrow('the ingress controller octavia needs');
  });
});

test('there is a driver for each type of the original, by its name there', () => {
  const drivers = kubernetesDrivers(options).map(({ name, provides }) => [name, provides]);
  expect(drivers).toEqual([
    ['k8s_fedora_coreos_v1', [{ serverType: 'vm', os: 'fedora-coreos', coe: 'kubernetes' }]],
    ['k8s_fedora_atomic_v1', [{ serverType: 'vm', os: 'fedora-atomic', coe: 'kubernetes' }]],
    ['k8s_coreos_v1', [{ serverType: 'vm', os: 'coreos', coe: 'kubernetes' }]],
    ['k8s_fedora_ironic_v1', [{ serverType: 'bm', os: 'fedora', coe: 'kubernetes' }]],
  ]);
});

describe('refused before anything is made is', () => {
  const refusal = (
    cluster: Partial<Cluster>,
    template: Partial<ClusterTemplate> = {},
    over: Partial<HeatOptions> = {},
  ): string | undefined => {
    const { context } = given({ cluster, template: { ...kubernetes, ...template } });
    if (!context.template) throw new Error('there is no template');
    return coreos(over).validateCluster?.(context.cluster, context.template);
  };

  test('every new cluster and node group on servers in which something runs', () => {
    expect(refusal({}, {}, { simulatedServers: false })).toMatch(
      /^This release of Gantry does not make nodes of Kubernetes yet\. /,
    );
    const group = { node_labels: {}, node_taints: [] };
    expect(coreos({ simulatedServers: false }).validateNodegroup?.(group)).toMatch(/does not make nodes/);
    expect([refusal({}), coreos().validateNodegroup?.(group)]).toEqual([undefined, undefined]);
  });

  test('a cloud provider without the trust, and volumes without a cloud provider', () => {
    const on = { labels: { cloud_provider_enabled: 'True' } };
    expect(refusal(on)).toMatch(/cluster_user_trust/);
    expect(refusal(on, {}, { clusterUserTrust: true })).toBeUndefined();
    expect(refusal({}, { volume_driver: 'cinder' })).toMatch(/^The volume driver cinder needs/);
    expect(refusal({}, { volume_driver: 'cinder' }, { clusterUserTrust: true })).toBeUndefined();
  });

  test('a load balancer on a network without saying which subnet; and labels for nodes, which nobody would set', () => {
    const lb = { master_lb_enabled: true, fixed_network: 'net' };
    expect(refusal({ ...lb, fixed_subnet: null })).toMatch(/fixed_subnet/);
    expect(refusal({ ...lb, fixed_subnet: 'sub' })).toBeUndefined();
    expect(coreos().validateNodegroup?.({ node_labels: { a: 'b' }, node_taints: [] })).toMatch(/node_labels/);
  });
});

function stackWith(told: object): object {
  return {
    id: 'stack-1',
    stack_name: 'x',
    stack_status: 'CREATE_COMPLETE',
    stack_status_reason: '',
    parameters: {},
    tags: null,
    ...told,
  };
}

const ok = (body: unknown): HttpResponse => ({ status: 200, headers: {}, body });

describe('a complete stack, ours or the original’s,', () => {
  const outputs = {
    api_address: '172.24.4.10',
    kube_masters: ['172.24.4.10'],
    kube_masters_private: ['10.0.0.5'],
    kube_minions: ['172.24.4.13', null],
    kube_minions_private: ['10.0.0.6', '10.0.0.7'],
  };
  const stack = stackWith({
    parameters: { kube_version: 'v1.30.1' },
    outputs: Object.entries(outputs).map(([output_key, output_value]) => ({ output_key, output_value })),
  });
  const observe = (over: Given): Promise<Observation> =>
    coreos().observe(
      given({ ...over, cluster: { stack_id: 'stack-1', ...over.cluster }, answer: () => ok({ stack }) })
        .context,
    );

  test('gives the address of the API, the version and the nodes’ floating IPs', async () => {
    expect(await observe({ template: kubernetes })).toMatchObject({
      attributes: {
        apiAddress: 'https://172.24.4.10:6443',
        coeVersion: 'v1.30.1',
        nodeAddresses: new Map([
          ['default-master', ['172.24.4.10']],
          ['default-worker', ['172.24.4.13']],
        ]),
      },
    });
  });

  test('without floating IPs gives the others, and without TLS the plain address', async () => {
    const over = { template: { ...kubernetes, tls_disabled: true }, cluster: { floating_ip_enabled: false } };
    expect(await observe(over)).toMatchObject({
      attributes: {
        apiAddress: 'http://172.24.4.10:8080',
        nodeAddresses: new Map([
          ['default-master', ['10.0.0.5']],
          ['default-worker', ['10.0.0.6', '10.0.0.7']],
        ]),
      },
    });
  });
});

test('a node group joins what the stack of the cluster has, also where the original has built that', async () => {
  const { context, sent } = given({
    template: kubernetes,
    cluster: { stack_id: 'stack-1' },
    added: [
      {
        name: 'more',
        role: 'gpu',
        flavor_id: 'gpu',
        node_count: 2,
        uuid: '00000000-0000-4000-8000-00000000000a',
      },
    ],
    answer({ method, url }) {
      if (method === 'POST') return { status: 201, headers: {}, body: { stack: { id: 'stack-2' } } };
      const resource = /\/resources\/(\w+)$/.exec(url)?.[1];
      if (resource === 'network')
        return ok({ resource: { attributes: { fixed_network: 'net-1', fixed_subnet: 'subnet-1' } } });
      if (resource !== undefined) return ok({ resource: { attributes: { id: `id of ${resource}` } } });
      if (/\/stacks\/my-swarm-1-more-/.test(url)) return { status: 404, headers: {}, body: undefined };
      return ok({
        stack: stackWith({ outputs: [{ output_key: 'api_address', output_value: '172.24.4.10' }] }),
      });
    },
  });
  const group = context.nodegroups[2];
  if (!group) throw new Error('the group is missing');
  expect(await coreos().createNodegroup?.(context, group)).toBe('stack-2');
  expect(parametersIn(sent.at(-1))).toMatchObject({
    is_cluster_stack: false,
    number_of_minions: 2,
    worker_role: 'gpu',
    worker_nodegroup_name: 'more',
    existing_master_private_ip: '172.24.4.10',
    existing_security_group: 'id of secgroup_kube_minion',
    fixed_network: 'net-1',
    fixed_subnet: 'subnet-1',
  });
});

describe('an upgrade', () => {
  const to = (labels: Readonly<Record<string, string>>): ClusterTemplate => {
    const { template } = given({ template: { ...kubernetes, labels } }).context;
    if (!template) throw new Error('there is no template');
    return template;
  };
  const refusal = (from: string | undefined, labels: Readonly<Record<string, string>>) => {
    const [, group] = given({ workers: { labels: from === undefined ? {} : { kube_tag: from } } }).context
      .nodegroups;
    return group && coreos().validateUpgrade?.(group, to(labels));
  };

  test('goes to a template that names a version, and never to an older one', () => {
    expect(refusal('v1.23.3', {})?.kind).toBe('unfit');
    expect(refusal('v1.23.3-rancher1', { kube_tag: 'v1.9.10' })?.kind).toBe('older');
    for (const [from, wanted] of [
      ['v1.23.3', 'v1.23.3'],
      ['v1.9.10', 'v1.23.3'],
      ['v1.23.3', 'latest'],
      [undefined, 'v1.1.1'],
    ] as const) {
      expect([from, wanted, refusal(from, { kube_tag: wanted })]).toEqual([from, wanted, undefined]);
    }
    expect(refusal('v1.23.3', { ostree_commit: 'abc' })).toBeUndefined();
  });

  test('changes the versions of the stack and nothing else, so many nodes at a time', async () => {
    const { context, sent } = given({
      cluster: { stack_id: 'stack-1' },
      answer: ({ method }) =>
        method === 'GET' ? ok({ stack: stackWith({}) }) : { status: 202, headers: {}, body: undefined },
    });
    const [, group] = context.nodegroups;
    if (!group) throw new Error('the group is missing');
    const template = to({ kube_tag: 'v1.24.0', ostree_commit: 'abc', ostree_remote: 'r', other: 'x' });
    const change = { id: 'change', rollback: false };
    await coreos().upgrade?.(context, { template, group, maxBatchSize: 3, change });
    expect(parametersIn(sent.at(-1))).toEqual({
      update_max_batch_size: 3,
      kube_tag: 'v1.24.0',
      kube_version: 'v1.24.0',
      master_kube_tag: 'v1.24.0',
      minion_kube_tag: 'v1.24.0',
      ostree_commit: 'abc',
    });
    expect(coreos().upgradedLabels?.(template)).toEqual({ kube_tag: 'v1.24.0' });
  });
});

describe('new certificate authorities', () => {
  const change = { id: 'change', rollback: false };
  const previous = { ca: '', certificate: '', key: '' };
  const rotate = async (states: Readonly<Record<string, object>>) => {
    const { context, sent } = given({
      cluster: { stack_id: 'stack-1' },
      added: [{ name: 'more', stack_id: 'stack-2' }],
      answer({ method, url }) {
        if (method !== 'GET') return { status: 202, headers: {}, body: undefined };
        const id = /stack-\d/.exec(url)?.[0] ?? '';
        return ok({ stack: stackWith({ id, stack_name: id, ...states[id] }) });
      },
    });
    const done = await coreos().rotateCa?.(context, change, previous);
    return { done, ordered: sent.filter(({ method }) => method === 'PATCH') };
  };

  test('reach the nodes of all groups by new keys for the tokens of service accounts', async () => {
    const { done, ordered } = await rotate({});
    expect(done).toBe(false);
    expect(ordered.map(({ url }) => url.split('/').at(-1))).toEqual(['stack-1', 'stack-2']);
    expect(parametersIn(ordered[0])).toEqual(parametersIn(ordered[1]));
    expect(Object.keys(parametersIn(ordered[0]))).toEqual([
      'kube_service_account_key',
      'kube_service_account_private_key',
    ]);
  });

  test('are there once every stack is complete, and are ordered once', async () => {
    const tags = ['magnum', 'change-change'];
    const done = { tags, stack_status: 'UPDATE_COMPLETE' };
    const busy = { tags, stack_status: 'UPDATE_IN_PROGRESS' };
    expect(await rotate({ 'stack-1': done, 'stack-2': busy })).toEqual({ done: false, ordered: [] });
    expect(await rotate({ 'stack-1': done, 'stack-2': done })).toEqual({ done: true, ordered: [] });
    const failed = { tags, stack_status: 'UPDATE_FAILED', stack_status_reason: 'no disk' };
    await expect(rotate({ 'stack-1': done, 'stack-2': failed })).rejects.toThrow(
      'the stack stack-2 failed: no disk',
    );
  });

  test('are only for nodes that can take them', () => {
    const able = kubernetesDrivers(options).filter(({ rotateCa }) => rotateCa !== undefined);
    expect(able.map(({ name }) => name)).toEqual(['k8s_fedora_coreos_v1']);
  });
});

describe('a deletion', () => {
  const lb = (id: string, from: string, provisioning_status = 'ACTIVE') => ({
    id,
    description: `Kubernetes external service default/web from cluster ${from}`,
    provisioning_status,
    vip_port_id: `port-of-${id}`,
  });
  const deleted = async (loadbalancers: readonly object[]) => {
    const { context, sent } = given({
      cluster: { stack_id: 'stack-1' },
      services: ['load-balancer', 'network'],
      answer({ method, url }) {
        if (method === 'DELETE') return { status: 204, headers: {}, body: undefined };
        if (url.includes('/lbaas/')) return ok({ loadbalancers });
        if (url.includes('/floatingips')) return ok({ floatingips: [{ id: 'fip' }] });
        return ok({ stack: stackWith({}) });
      },
    });
    await coreos().delete(context);
    return sent
      .filter(({ method }) => method === 'DELETE')
      .map(({ url }) => url.replace(/^http:\/\/public\/(v2(\.0)?\/)?/, ''));
  };
  const { uuid } = given({}).context.cluster;

  test('first removes the load balancers that Kubernetes has made, with their floating IPs, and nobody else’s', async () => {
    const others = [lb('other', '00000000-0000-4000-8000-00000000000b'), lb('old', uuid, 'DELETED')];
    expect(await deleted([lb('web', uuid), ...others])).toEqual([
      'floatingips/fip',
      'lbaas/loadbalancers/web?cascade=true',
    ]);
    expect(await deleted([lb('web', uuid, 'PENDING_DELETE')])).toEqual([]);
    expect(await deleted(others)).toEqual(['stacks/x/stack-1']);
  });
});

function parametersIn(request: HttpRequest | undefined): object {
  return (JSON.parse(String(request?.body)) as { parameters: object }).parameters;
}

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { doubtsAbout, fits } from './label-check.ts';
import { coesWithLabels, labelSchema, labelsOf } from './label-registry.ts';

describe('labels', () => {
  test.each(coesWithLabels)('of %s are named once, and their defaults are of their own type', (coe) => {
    const labels = labelsOf(coe);
    expect(labels.length).toBeGreaterThan(4);
    expect(labels.map(({ name }) => name)).toEqual([...new Set(labels.map(({ name }) => name))]);
    const wrong = labels.filter(({ type, default: value }) => value !== undefined && !fits(type, value));
    expect(wrong).toEqual([]);
  });

  test.each([
    ['kubernetes', { kube_tag: 'v1.30.1', auto_healing_enabled: 'True', my_own: 'anything' }, []],
    [
      'kubernetes',
      { auto_healing_enabled: 'yes' },
      ["the label auto_healing_enabled is 'yes'; true or false is expected"],
    ],
    ['kubernetes', { min_node_count: '-1' }, ['a whole number from 0 on']],
    ['kubernetes', { flannel_network_cidr: '10.100.0.0' }, ['a network such as 10.0.0.0/24']],
    ['kubernetes', { calico_ipv4pool: '10.100.0.0/33' }, ['a network']],
    ['kubernetes', { service_cluster_ip_range: 'fd00::/108' }, []],
    ['kubernetes', { master_lb_allowed_cidrs: '10.0.0.0/8, 192.168.0.1/32' }, []],
    ['kubernetes', { container_runtime: 'rkt' }, ['one of host-docker, containerd is expected']],
    ['kubernetes', { ingress_controller: '' }, []],
    ['kubernetes', { helm_client_sha256: 'abc' }, ['64 hexadecimal digits']],
    ['kubernetes', { 'Kube-Tag': 'v1' }, ['the label Kube-Tag is not known; kube_tag may be meant']],
    ['kubernetes', { swarm_strategy: 'chaos' }, []],
    ['swarm', { swarm_strategy: 'chaos' }, ['one of spread, binpack, random']],
    ['unheard-of', { kube_tag: ' ' }, []],
  ])('of a %s cluster, %j: doubts are %j', (coe, labels, expected) => {
    const messages = doubtsAbout(coe, labels as Record<string, string>).map(({ message }) => message);
    expect(messages).toEqual(expected.map((part) => expect.stringContaining(part)));
  });

  test('are a JSON Schema that takes and refuses values', () => {
    const ajv = new Ajv2020({ strictSchema: false });
    const valid = ajv.compile(labelSchema('kubernetes'));
    expect(valid({ kube_tag: 'v1.30.1', npd_enabled: 'FALSE', own: 'x', ingress_controller: '' })).toBe(true);
    expect(valid({ npd_enabled: 'perhaps' })).toBe(false);
    expect(valid({ flannel_backend: 'smoke' })).toBe(false);
    expect(labelSchema('kubernetes')).toMatchObject({
      properties: {
        kube_tag: { type: 'string', default: 'v1.23.3-rancher1', 'x-type': 'tag' },
        tiller_enabled: { deprecated: true, 'x-drivers': ['k8s_fedora_atomic_v1'], 'x-until': '17.0.0' },
      },
    });
  });
});

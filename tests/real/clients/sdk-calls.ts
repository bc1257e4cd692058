import { expect } from 'vitest';
import type { Release } from './debian-release.ts';
import { moment, pem } from './expected-text.ts';

/** A call of openstacksdk. `$names` in texts are filled in as in commands. */
export interface SdkCall {
  /** A method, by its path from the connection. */
  readonly call: string;
  /** Its arguments, by name. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** Which releases have it so: all unless said. */
  readonly on?: readonly Release[];
  /** Who calls: the member unless said. */
  readonly as?: 'admin';
  /** What it returns, of objects at least this. */
  readonly gives?: unknown;
  /** The HTTP status that it fails with. */
  readonly fails?: number;
  /** Called again until it returns what is expected. */
  readonly eventually?: true;
  /** The name under which later calls find the id of what it returned. */
  readonly keeps?: string;
}

const template = {
  ...{ name: 'sdk', image_id: '$image', keypair_id: 'mykey', coe: 'kubernetes', labels: { a: 'b' } },
  ...{ external_network_id: 'public', flavor_id: 'm1.small', master_flavor_id: 'm1.small' },
};
const sdk = { name_or_id: 'sdk' };
const cluster = { name_or_id: 'sc' };
const nosuch = { name_or_id: 'nosuch' };
const bookworm: readonly Release[] = ['bookworm'];
// Their connection has a proxy for the service; what bookworm's has is written on it.
const newer: readonly Release[] = ['trixie', 'sid'];
const proxy = 'container_infrastructure_management';

/** Every call that openstacksdk has of Magnum, as far as one of Magnum's releases answers it. */
export const sdkCalls: readonly SdkCall[] = [
  {
    call: 'create_cluster_template',
    with: template,
    gives: {
      ...{ name: 'sdk', coe: 'kubernetes', labels: { a: 'b' }, cluster_distro: 'fedora-coreos' },
      ...{ is_public: false, is_registry_enabled: false, is_tls_disabled: false, fixed_network: null },
      ...{ docker_volume_size: null, created_at: expect.stringMatching(moment), updated_at: null },
    },
    keeps: 'template',
  },
  { call: 'create_cluster_template', with: { ...template, image_id: 'nosuch' }, fails: 400 },
  {
    call: 'list_cluster_templates',
    gives: expect.arrayContaining([expect.objectContaining({ name: 'sdk', server_type: 'vm' })]),
  },
  { call: 'search_cluster_templates', with: sdk, gives: [{ name: 'sdk' }] },
  { call: 'search_cluster_templates', with: { ...sdk, filters: { coe: 'swarm' } }, gives: [] },
  { call: 'get_cluster_template', with: sdk, gives: { name: 'sdk', network_driver: 'flannel' } },
  { call: 'get_cluster_template', with: nosuch, gives: null },
  {
    call: 'update_cluster_template',
    on: bookworm,
    with: { ...sdk, operation: 'replace', labels: { x: 'y' } },
    gives: { labels: { x: 'y' } },
  },
  {
    call: 'update_cluster_template',
    on: bookworm,
    with: { ...sdk, operation: 'add', docker_volume_size: 5 },
    gives: { docker_volume_size: 5 },
  },
  {
    call: 'update_cluster_template',
    on: bookworm,
    with: { ...sdk, operation: 'remove', docker_volume_size: null },
    gives: { docker_volume_size: null },
  },
  {
    call: 'update_cluster_template',
    on: newer,
    with: { ...sdk, labels: { x: 'y' }, docker_volume_size: 5, is_tls_disabled: true },
    gives: { labels: { x: 'y' }, docker_volume_size: 5, is_tls_disabled: true },
  },
  {
    call: 'create_coe_cluster',
    with: { name: 'sc', cluster_template_id: '$template', node_count: 1, create_timeout: 30 },
    gives: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    keeps: 'sc',
  },
  { call: 'create_coe_cluster', with: { name: 'no', cluster_template_id: 'nosuch' }, fails: 400 },
  {
    call: 'get_coe_cluster',
    with: cluster,
    gives: {
      ...{ name: 'sc', status: 'CREATE_COMPLETE', cluster_template_id: expect.any(String) },
      ...{ master_count: 1, node_count: 1, create_timeout: 30, keypair: 'mykey' },
      stack_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
    eventually: true,
  },
  { call: 'get_coe_cluster', with: nosuch, gives: null },
  { call: 'list_coe_clusters', gives: [{ name: 'sc', status: 'CREATE_COMPLETE' }] },
  { call: 'search_coe_clusters', with: cluster, gives: [{ name: 'sc' }] },
  {
    call: 'update_coe_cluster',
    on: bookworm,
    with: { ...cluster, operation: 'replace', node_count: 2 },
    gives: { node_count: 2 },
  },
  { call: 'update_coe_cluster', on: newer, with: { ...cluster, node_count: 2 }, gives: { name: 'sc' } },
  {
    call: 'get_coe_cluster',
    with: cluster,
    gives: { status: 'UPDATE_COMPLETE', node_count: 2 },
    eventually: true,
  },
  {
    call: 'get_coe_cluster_certificate',
    with: { cluster_id: '$sc' },
    gives: { pem: expect.stringMatching(pem) },
  },
  {
    call: 'sign_coe_cluster_certificate',
    with: { cluster_id: '$sc', csr: '$csrText' },
    gives: { csr: expect.stringContaining('REQUEST'), pem: expect.stringMatching(pem) },
  },
  { call: 'sign_coe_cluster_certificate', with: { cluster_id: '$sc', csr: 'no' }, fails: 400 },
  {
    call: 'list_magnum_services',
    as: 'admin',
    gives: [{ binary: 'magnum-conductor', state: 'up', report_count: expect.any(Number), id: 1 }],
  },
  { call: 'list_magnum_services', fails: 403 },
  { call: 'delete_cluster_template', with: sdk, fails: 400 },
  {
    call: `${proxy}.cluster_templates`,
    on: newer,
    // Page by page.
    with: { limit: 1 },
    gives: expect.arrayContaining([expect.objectContaining({ name: 'sdk' })]),
  },
  { call: `${proxy}.find_cluster_template`, on: newer, with: sdk, gives: { name: 'sdk' } },
  {
    call: `${proxy}.get_cluster_template`,
    on: newer,
    with: { cluster_template: '$template' },
    gives: { name: 'sdk', is_hidden: false },
  },
  { call: `${proxy}.clusters`, on: newer, with: { limit: 1 }, gives: [{ name: 'sc' }] },
  { call: `${proxy}.find_cluster`, on: newer, with: cluster, gives: { name: 'sc' } },
  {
    call: `${proxy}.get_cluster`,
    on: newer,
    with: { cluster: '$sc' },
    gives: { name: 'sc', master_addresses: [expect.any(String)], is_floating_ip_enabled: true },
  },
  { call: `${proxy}.get_cluster`, on: newer, with: { cluster: 'nosuch' }, fails: 404 },
  {
    call: `${proxy}.get_cluster_certificate`,
    on: newer,
    with: { cluster_certificate: '$sc' },
    gives: { pem: expect.stringMatching(pem) },
  },
  { call: `${proxy}.services`, on: newer, as: 'admin', gives: [{ binary: 'magnum-conductor' }] },
  { call: 'delete_coe_cluster', with: cluster, gives: true },
  { call: 'get_coe_cluster', with: cluster, gives: null, eventually: true },
  { call: 'delete_coe_cluster', with: nosuch, gives: false },
  { call: 'delete_cluster_template', with: sdk, gives: true },
  { call: 'delete_cluster_template', with: sdk, gives: false },
];

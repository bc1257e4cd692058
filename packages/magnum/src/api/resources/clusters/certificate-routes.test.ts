import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleCluster } from '../../../store/example-rows.ts';
import { apiInTest, type ApiInTest } from '../../testing/api-in-test.ts';

let api: ApiInTest;
beforeEach(async () => {
  api = await apiInTest();
});
afterEach(() => api.close());

test('certificates are shown and signed for the owner, by name or UUID; unknown clusters are 404 in the path and 400 in a body', async () => {
  const row = await api.store.clusters.insert(exampleCluster());
  expect(await api.ask('member', 'GET', '/v1/certificates/demo')).toMatchObject({ status: 404 });
  await api.certificates.createClusterCertificates(row.uuid);
  const { body } = await api.ask('member', 'GET', '/v1/certificates/demo?ca_cert_type=etcd');
  expect(body).toMatchObject({
    cluster_uuid: row.uuid,
    pem: expect.stringMatching(/^-----BEGIN [^]+[^\n]$/) as string,
  });
  const csr = { cluster_uuid: 'demo', csr: 'x' };
  expect(await api.ask('member', 'POST', '/v1/certificates', csr)).toMatchObject({
    status: 400,
    error: expect.stringContaining('Received invalid csr') as string,
  });
  expect(await api.ask('member', 'POST', '/v1/certificates', { ...csr, cluster_uuid: 'no' })).toMatchObject({
    status: 400,
  });
  expect(await api.ask('member', 'GET', '/v1/certificates/no')).toMatchObject({ status: 404 });
  expect(await api.ask('member', 'GET', '/v1/certificates')).toMatchObject({ status: 405 });
});

import { expect, test } from 'vitest';
import { publicAddress } from './public-address.ts';

const options = { prefix: '/container-infra', trustProxy: false, fallbackHost: '127.0.0.1:9511' };
const forwarded = {
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'cloud.example, inner',
  'x-forwarded-prefix': '/api/',
};

test.each([
  [{ host: 'a:9000' }, false, 'http://a:9000/container-infra'],
  [{}, false, 'http://127.0.0.1:9511/container-infra'],
  [{ host: 'a', ...forwarded }, false, 'http://a/container-infra'],
  [{ host: 'a', ...forwarded }, true, 'https://cloud.example/api/container-infra'],
  [
    { host: 'a', ...forwarded, 'x-forwarded-port': '8443' },
    true,
    'https://cloud.example:8443/api/container-infra',
  ],
  [{ host: 'a', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' }, true, 'https://a/container-infra'],
  [
    { host: 'a', ...forwarded, forwarded: 'for=1.2.3.4;proto=https;host="b:1", for=2' },
    true,
    'https://b:1/api/container-infra',
  ],
])('headers %j, believed: %s, give %s', (headers, trustProxy, address) => {
  expect(publicAddress({ headers, protocol: 'http' }, { ...options, trustProxy })).toBe(address);
});

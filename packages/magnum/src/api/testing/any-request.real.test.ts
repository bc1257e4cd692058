import { expect, test } from 'vitest';
import { checkAnyRequests } from './any-request.ts';

test('20,000 requests of a new seed each time: none makes the server fail or answer what the document does not allow', async () => {
  // A failure tells the seed.
  const seed = Math.floor(Math.random() * 2 ** 31);
  expect(await checkAnyRequests(20_000, seed)).toHaveProperty('200');
}, 900_000);

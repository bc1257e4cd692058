import { expect, test } from 'vitest';
import { checkAnyRequests } from './any-request.ts';

test('whatever is asked, no request makes the server fail, and no answer is one that the document does not allow', async () => {
  const counts = await checkAnyRequests(1000, 20_300);
  // It would prove nothing if hardly anything were asked that gets through.
  expect(counts['200']).toBeGreaterThan(100);
  expect((counts['202'] ?? 0) + (counts['201'] ?? 0)).toBeGreaterThan(10);
  expect(counts['400']).toBeGreaterThan(100);
});

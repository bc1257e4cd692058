import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page, withDepartures } from './compatibility.ts';

test('docs/compatibility.md lists exactly the departures that the suite tests (node tests/acceptance/compatibility.ts)', () => {
  const text = readFileSync(page, 'utf8');
  expect(text).toBe(withDepartures(text));
});

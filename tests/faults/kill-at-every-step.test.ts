import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testCloud, type TestCloud } from './cloud-with-cluster.ts';
import { createAndDelete } from './create-and-delete.ts';

let cloud: TestCloud;
beforeEach(async () => void (cloud = await testCloud()));
afterEach(() => cloud.remove());

describe('a cluster whose conductor is killed at each step of its creation and of its deletion', () => {
  it('ends complete and deleted, nothing twice, nothing left', async () => {
    let step = 1;
    while (await createAndDelete(cloud, { at: step, sql: 'gantry_operation' })) step += 1;
    expect(step).toBeGreaterThan(4);
  }, 600_000);
});

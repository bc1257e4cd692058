import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testCloud, type TestCloud } from '../faults/cloud-with-cluster.ts';
import { createAndDelete } from '../faults/create-and-delete.ts';

/** The process dies at one write of the whole cloud in so many, so that the run stays short. */
const STRIDE = 37;

let cloud: TestCloud;
beforeEach(async () => void (cloud = await testCloud()));
afterEach(() => cloud.remove());

describe('a cluster whose whole cloud is killed while it is made and deleted', () => {
  it('ends complete and deleted, nothing twice, nothing left: killed right after each step of its operations', async () => {
    let step = 1;
    while (await createAndDelete(cloud, { at: -step, sql: 'gantry_operation' })) step += 1;
    expect(step).toBeGreaterThan(4);
  }, 600_000);

  it(`the same, killed at one write in ${STRIDE}, whichever service writes it`, async () => {
    let write = STRIDE;
    while (await createAndDelete(cloud, { at: write, sql: '.' })) write += STRIDE;
    expect(write).toBeGreaterThan(STRIDE);
  }, 1_800_000);
});

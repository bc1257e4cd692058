import { defineConfig } from 'vitest/config';

/** The black-box suite against the Magnum that GANTRY_ACCEPTANCE_… name: see tests/acceptance/README.md. */
export default defineConfig({
  test: {
    include: ['tests/acceptance/*.acceptance.ts'],
    globalSetup: ['tests/acceptance/set-up.ts'],
    maxWorkers: 2,
    testTimeout: 900_000,
    hookTimeout: 120_000,
  },
});

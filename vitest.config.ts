import { defineConfig } from 'vitest/config';

/** `make test`: what needs neither root nor Docker nor Debian's packages. */
export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'tests/faults/**/*.test.ts',
      'tests/published/**/*.test.ts',
      'tests/acceptance/*.test.ts',
      'tools/**/*.test.ts',
    ],
    exclude: ['**/*.real.test.ts'],
    testTimeout: 20_000,
  },
});

import { defineConfig } from 'vitest/config';

/** `make real`: real Docker, real clients; as root, one file after the other, because they share one machine. */
export default defineConfig({
  test: {
    include: ['tests/real/**/*.real.test.ts', 'packages/*/src/**/*.real.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});

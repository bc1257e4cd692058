import { defineConfig } from 'vitest/config';

/**
 * `make real`: real Docker, real clients; as root, one file after the other, because they share one machine.
 * With `--mode all`, what `make real-all` has beside it.
 */
export default defineConfig(({ mode }) => ({
  test: {
    include:
      mode === 'all'
        ? ['tests/real/**/*.all.test.ts']
        : ['tests/real/**/*.real.test.ts', 'packages/*/src/**/*.real.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
}));

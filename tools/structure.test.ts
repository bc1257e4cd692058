import { describe, expect, it } from 'vitest';
import { checkStructure } from './structure.ts';

function check(files: Record<string, string>): string[] {
  return checkStructure(Object.keys(files), (file) => files[file] ?? '');
}

describe('the structure check', () => {
  it('finds nothing in a layout that keeps the rules', () => {
    expect(
      check({
        'packages/oslo/src/config/a.ts': `import { b } from './b.ts'; import { s } from '@gantry/openstack';`,
        'packages/oslo/src/config/b.ts': `export const b = 1;`,
      }),
    ).toEqual([]);
  });

  it('names an import against the package order', () => {
    expect(check({ 'packages/openstack/src/session/a.ts': `import { x } from '@gantry/oslo';` })).toEqual([
      'packages/openstack/src/session/a.ts: may not import oslo (@gantry/oslo)',
    ]);
    expect(
      check({ 'packages/kuryr/src/ipam/a.ts': `export * from '../../../magnum/src/index.ts';` })[0],
    ).toContain('may not import magnum');
    expect(
      check({ 'tests/acceptance/a.ts': `await import('../../packages/oslo/src/index.ts');` })[0],
    ).toContain('may not import oslo');
  });

  it('names an import past the front door of a package', () => {
    expect(
      check({ 'packages/kuryr/src/ipam/a.ts': `import { x } from '@gantry/oslo/src/config/x.ts';` })[0],
    ).toContain('must import oslo by its name alone');
  });

  it('shows an import cycle, type-only ones too', () => {
    expect(
      check({
        'packages/oslo/src/config/a.ts': `import type { B } from './b.ts';`,
        'packages/oslo/src/config/b.ts': `export { a } from './a.ts';`,
      }),
    ).toEqual([
      'packages/oslo/src/config/a.ts → packages/oslo/src/config/b.ts → packages/oslo/src/config/a.ts: an import cycle',
    ]);
  });

  it('names a library that is imported without being declared, or declared in vain', () => {
    const faults = check({
      'package.json': `{ "devDependencies": { "vitest": "1" } }`,
      'packages/oslo/package.json': `{ "exports": { ".": "./src/index.ts" }, "dependencies": { "pino": "1", "@scope/ini": "1" } }`,
      'packages/oslo/src/index.ts': `export * from './logs/a.ts'; await import('@scope/ini/lib');`,
      'packages/oslo/src/logs/a.ts': `import 'vitest'; import type { X } from 'yaml'; import 'node:fs';`,
      'packages/oslo/src/logs/a.test.ts': `import 'vitest'; import './a.ts'; import 'ajv';`,
      'tests/real/a.ts': `import 'vitest'; import 'gantry'; import 'yaml';`,
    });
    expect(faults).toEqual([
      `packages/oslo/src/logs/a.ts: imports vitest, which packages/oslo/package.json doesn't declare`,
      `packages/oslo/src/logs/a.ts: imports yaml, which packages/oslo/package.json doesn't declare`,
      `packages/oslo/src/logs/a.test.ts: imports ajv, which packages/oslo/package.json doesn't declare`,
      `packages/oslo/package.json: nothing imports pino`,
      `tests/real/a.ts: imports yaml, which package.json doesn't declare`,
    ]);
  });

  it('names a file that stands in no known room', () => {
    expect(check({ 'packages/magnum/src/utils.ts': '' })[0]).toContain('stands in no known room');
    expect(check({ 'notes.txt': '' })[0]).toContain('stands in no known room');
  });
});

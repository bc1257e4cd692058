import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Of the test that asks; it goes with it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kuryr-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

import { expect, test } from 'vitest';
import { engineFolder } from './engine-folder.ts';

test('two folders are two engines: nothing that is visible on the machine is shared', () => {
  const [one, other] = [engineFolder('/srv/one'), engineFolder('/srv/other')];
  const shared = Object.entries(one).filter(([key, value]) =>
    Object.entries(other).some(([k, v]) => k === key && v === value),
  );
  expect(shared).toEqual([]);
  expect(engineFolder('/srv/./one/')).toEqual(one);
});

test("names of interfaces fit into the kernel's 15 characters, however long the folder", () => {
  expect(engineFolder(`/srv/${'x'.repeat(60)}`).bridge.length).toBeLessThanOrEqual(15);
});

test('a folder too deep for a Unix socket is refused with its path, before anything is made', () => {
  const deep = `/srv/${'x'.repeat(100)}`;
  expect(() => engineFolder(deep)).toThrow(`${deep}/plugins/kuryr.sock`);
  expect(engineFolder(`/${'x'.repeat(86)}`).socket).toHaveLength(99);
  expect(() => engineFolder(`/${'x'.repeat(89)}`)).toThrow('too deep');
});

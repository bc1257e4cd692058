import { expect, test } from 'vitest';
import { FakeLinks } from '../testing/docker-host.ts';
import { linkOwner, removeLinks } from './link-owner.ts';

test("a Kuryr's links can be removed without it, and nobody else's go with them", async () => {
  const links = new FakeLinks();
  const pair = { peer: 't_c', mac: 'fa:16:3e:00:00:01', mtu: 1500, bridge: 'brq1' };
  await links.plug({ ...pair, host: 'tap1', owner: linkOwner('/var/lib/one') });
  await links.plug({ ...pair, host: 'tap2', owner: linkOwner('/var/lib/other') });
  expect(await removeLinks('/var/lib/one', links)).toBe(1);
  expect([...links.pairs.keys()]).toEqual(['tap2']);
});

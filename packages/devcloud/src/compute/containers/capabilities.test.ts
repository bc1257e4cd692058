import { expect, test } from 'vitest';
import { serverCapabilities } from './capabilities.ts';

const status = (bounding: string) =>
  `Name:\tnode\nCapInh:\t0000000000000000\nCapBnd:\t${bounding}\nCapAmb:\t0\n`;

test('a server gets what the machine has: all but the one capability that makes --privileged fail', () => {
  const whole = serverCapabilities(status('000001ffffffffff'));
  const lacking = serverCapabilities(status('000001fffeffffff'));
  expect(whole.add).toContain('SYS_RESOURCE');
  expect(lacking.add).toEqual(whole.add.filter((name) => name !== 'SYS_RESOURCE'));
  expect(lacking).toMatchObject({ drop: [], missing: [] });
});

test('in a plain Docker container it is told which capabilities are missing, by the names Linux gives them', () => {
  const { missing, add } = serverCapabilities(status('00000000a80425fb'));
  expect(missing).toEqual(['CAP_SYS_ADMIN', 'CAP_NET_ADMIN']);
  expect(add).toEqual(['NET_RAW', 'SYS_CHROOT', 'MKNOD', 'AUDIT_WRITE', 'SETFCAP']);
});

test("what Docker would add by itself but the machine lacks is dropped, as the container wouldn't start", () => {
  expect(serverCapabilities(status('000001ffdfffffff')).drop).toEqual(['AUDIT_WRITE']);
});

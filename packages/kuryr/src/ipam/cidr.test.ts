import { expect, test } from 'vitest';
import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { allocationPools, contains, firstFree, overlaps, parseCidr } from './cidr.ts';

const cidr = (text: string): ReturnType<typeof parseCidr> => parseCidr(text, 'Subnet');

test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/24', '10.0.0.0/24/1', 'fd00::/129', 'fe80::%eth0/64', ''])(
  "'%s' is no range",
  (text) => expect(() => cidr(text)).toThrow(/Subnet '.*' is no range/),
);

test('an allocation pool leaves out the addresses that are taken, and those that no host may have', () => {
  const subnet = cidr('10.0.0.0/29');
  expect(allocationPools(subnet, subnet, ['10.0.0.1', '10.0.0.4', '10.0.0.6', '10.9.9.9'])).toEqual([
    { start: '10.0.0.2', end: '10.0.0.3' },
    { start: '10.0.0.5', end: '10.0.0.5' },
  ]);
  expect(allocationPools(cidr('10.0.0.0/16'), cidr('10.0.5.0/24'), ['10.0.0.1'])).toEqual([
    { start: '10.0.5.0', end: '10.0.5.255' },
  ]);
  expect(allocationPools(cidr('fd00::/64'), cidr('fd00::/64'), ['fd00::1'])).toEqual([
    { start: 'fd00::2', end: 'fd00::ffff:ffff:ffff:ffff' },
  ]);
});

test('the free range found meets no other, and is the first such', () => {
  const prefix = integer({ min: 18, max: 26 });
  const used = array(tuple(nat(2 ** 16 - 1), prefix), { maxLength: 12 });
  const parent = cidr('10.1.0.0/16');
  assert(
    property(used, prefix, (ranges, wanted) => {
      const taken = ranges.map(([offset, length]) => {
        const at = offset - (offset % 2 ** (32 - length));
        return cidr(`10.1.${Math.floor(at / 256)}.${at % 256}/${length}`);
      });
      const found = firstFree([parent], wanted, taken);
      const size = 2 ** (32 - wanted);
      for (let at = 0; at < 65_536; at += size) {
        const candidate = cidr(`10.1.${Math.floor(at / 256)}.${at % 256}/${wanted}`);
        if (taken.some((other) => overlaps(candidate, other))) continue;
        return found?.text === candidate.text;
      }
      return found === undefined;
    }),
  );
});

test('an address of the other family is in no range', () => {
  expect(contains(cidr('0.0.0.0/0'), '::1')).toBe(false);
  expect(contains(cidr('10.0.0.0/24'), '10.0.1.0')).toBe(false);
  expect(contains(cidr('10.0.0.0/24'), '10.0.0.255')).toBe(true);
});

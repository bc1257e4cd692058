import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ipBatch, type IpBatch } from './ip-batch.ts';

let folder: string;
let ip: IpBatch;

/** An `ip -force -batch -` that writes down what it does, and for which links are what their names say. */
const STAND_IN = `#!/bin/sh
echo "start" >> LOG
number=0
while read -r line; do
  number=$((number + 1))
  said=
  case "$line" in
    done) said='Object "done" is unknown, try "ip help".' ;;
    *bad*) said='RTNETLINK answers: File exists' ;;
    *anew*) [ $number -gt 1 ] && said='RTNETLINK answers: No such device' ;;
    *wrong*) echo 'Error: argument "wrong" is wrong: mtu' >&2; exit 255 ;;
  esac
  if [ -n "$said" ]; then
    echo "$said" >&2
    echo "Command failed -:$number" >&2
  fi
  [ -n "$said" ] || echo "$line" >> LOG
done
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ip-batch-'));
  const command = join(folder, 'ip');
  writeFileSync(command, STAND_IN.replaceAll('LOG', join(folder, 'log')));
  chmodSync(command, 0o700);
  ip = ipBatch(command);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const done = (): string[] => readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');

test('one process does all work, in the order in which it was asked for', async () => {
  await Promise.all([ip(['link add a', 'link set a up']), ip(['link add b'])]);
  await ip(['link del a']);
  expect(done()).toEqual(['start', 'link add a', 'link set a up', 'link add b', 'link del a']);
});

test('a failing line is named with what the kernel says, and those after it are tried', async () => {
  await expect(ip(['link add bad', 'link set a up'])).rejects.toThrow(
    "'ip link add bad' failed: RTNETLINK answers: File exists",
  );
  await expect(ip(['link set b up', 'link add bad'])).rejects.toThrow("'ip link add bad' failed");
  expect(done().filter((line) => line !== 'start')).toEqual(['link set a up', 'link set b up']);
});

test('a link that was removed and made anew is met, though the process remembers the old one', async () => {
  await ip(['link add a']);
  await ip(['link set a up', 'link set anew up']);
  expect(done()).toEqual(['start', 'link add a', 'link set a up', 'start', 'link set anew up']);
});

test('a line that ends the process is refused, and the next ones are done by another', async () => {
  await expect(ip(['link set a mtu wrong'])).rejects.toThrow('argument "wrong" is wrong');
  await ip(['link add a']);
  expect(done()).toEqual(['start', 'start', 'link add a']);
});

test('without iproute2 it says what to install', async () => {
  await expect(ipBatch(join(folder, 'none'))(['link add a'])).rejects.toThrow(
    'is the package iproute2 installed?',
  );
});

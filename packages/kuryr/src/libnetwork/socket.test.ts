import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockerHost } from '../testing/docker-host.ts';
import { fakeNeutron } from '../testing/fake-neutron.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { listenAt } from './socket.ts';

test('the socket is for its owner alone', async () => {
  const host = await dockerHost(fakeNeutron());
  expect(statSync(host.socket).mode & 0o777).toBe(0o600);
  await host.stop();
});

test('a socket that somebody listens on is left alone; one that a killed process left is replaced', async () => {
  const path = join(temporaryFolder(), 'kuryr.sock');
  const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const other = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(other.stdout, 'data');
  const server = createServer((_, response) => response.end('{}'));
  await expect(listenAt(server, path)).rejects.toThrow(`another process listens at ${path}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  await listenAt(server, path);
  const probe = connect(path);
  await once(probe, 'connect');
  probe.destroy();
  server.close();
});

test('a file that is no socket is left alone', async () => {
  const path = join(temporaryFolder(), 'kuryr.sock');
  writeFileSync(path, 'precious');
  await expect(listenAt(createServer(), path)).rejects.toThrow(/is no socket: move it away/);
});

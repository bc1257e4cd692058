import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DockerEngine } from './docker-engine.ts';
import { followEvents } from './docker-events.ts';

let folder: string;
let socket: string;
let server: Server | undefined;
let engine: DockerEngine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-'));
  socket = join(folder, 'docker.sock');
  engine = new DockerEngine(socket);
});

afterEach(async () => {
  await engine.close();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function answer(reply: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  server = createServer(reply).listen(socket);
  await once(server, 'listening');
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function event(id: string): string {
  const Actor = { ID: id, Attributes: { exitCode: '1' } };
  return `${JSON.stringify({ Type: 'container', Action: 'die', Actor })}\n`;
}

test("an error has the status and the words of Docker's answer", async () => {
  await answer((_, response) => json(response, 409, { message: 'the name is taken' }));
  await expect(engine.createContainer('a', {})).rejects.toMatchObject({
    status: 409,
    message: 'the name is taken',
  });
});

test('a Docker that is not there is told from one that refuses, and named by its socket', async () => {
  await expect(engine.info()).rejects.toMatchObject({
    unreachable: true,
    message: expect.stringContaining(socket),
  });
});

test('a Docker that dies in the middle of its answer is one that is not there', async () => {
  await answer((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    response.socket?.destroy();
  });
  await expect(engine.info()).rejects.toMatchObject({ unreachable: true });
});

test('what is unknown is undefined to look at, and gone already when it is removed', async () => {
  await answer((_, response) => json(response, 404, { message: 'No such container: a' }));
  expect(await engine.inspectContainer('a')).toBeUndefined();
  await engine.removeContainer('a');
  await expect(engine.startContainer('a')).rejects.toMatchObject({ notFound: true });
});

test('a damaged archive fails its load, though Docker has said 200 by then', async () => {
  await answer((request, response) => {
    request.resume().on('end', () => response.end('{"stream":"loading"}\n{"error":"unexpected EOF"}\n'));
  });
  const archive = (async function* () {
    yield new Uint8Array(10);
  })();
  await expect(engine.loadImages(archive)).rejects.toThrow('unexpected EOF');
});

test('events go on after Docker was away, and it is told that some may have been missed', async () => {
  let connections = 0;
  await answer((_, response) => {
    connections += 1;
    response.write(event(`c${connections}`));
    if (connections === 1) response.end();
  });
  const seen: string[] = [];
  const both = new Promise<void>((resolve) => {
    const stop = engine.events(
      {},
      (each) => {
        seen.push(each.id);
        if (each.id !== 'c2') return;
        stop();
        resolve();
      },
      () => seen.push('connected'),
    );
  });
  await both;
  expect(seen).toEqual(['connected', 'c1', 'connected', 'c2']);
});

test('a Docker that stays away is asked again after ever longer pauses, of 5 seconds at most', async () => {
  const pauses: number[] = [];
  const stop = new AbortController();
  let lost = 0;
  await followEvents(
    async () => await Promise.reject(new Error('no')),
    () => undefined,
    () => undefined,
    () => (lost += 1),
    stop.signal,
    async (milliseconds) => {
      pauses.push(milliseconds);
      if (pauses.length === 8) stop.abort();
    },
  );
  expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(lost).toBe(1);
});

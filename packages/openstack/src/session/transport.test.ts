import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { NoAnswer } from './errors.ts';
import { httpTransport } from './transport.ts';

const open: (() => unknown)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A service that answers so. @returns its address */
async function service(
  answer: (request: IncomingMessage, reply: ServerResponse) => unknown,
): Promise<string> {
  const server: Server = createServer((request, reply) => void answer(request, reply)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(): ReturnType<typeof httpTransport> {
  const transport = httpTransport();
  open.push(() => transport.close());
  return transport;
}

const asked = { method: 'GET', headers: {}, timeoutMs: 20_000 };

describe('what goes over the wire', () => {
  it('is the method, the headers and the body, with its length for every method', async () => {
    const url = await service(async (request, reply) => {
      const { method, headers } = request;
      const seen = [method, headers['x-auth-token'], headers['content-length'], await text(request)];
      reply.setHeader('content-type', 'application/json').end(JSON.stringify(seen));
    });
    const transport = client();
    for (const method of ['POST', 'DELETE', 'GET']) {
      const headers = { 'x-auth-token': 't' };
      const { status, body } = await transport({ ...asked, url, method, headers, body: '{"name":"é"}' });
      expect([status, body]).toEqual([200, [method, 't', '13', '{"name":"é"}']]);
    }
    expect((await transport({ ...asked, url, method: 'POST' })).body).toEqual(['POST', null, '0', '']);
  });

  it('is all on one connection, if nothing is asked meanwhile', async () => {
    const ports = new Set<number | undefined>();
    const url = await service((request, reply) => {
      ports.add(request.socket.remotePort);
      reply.end('ok');
    });
    const transport = client();
    for (const time of ['1', '2', '3'])
      expect((await transport({ ...asked, url: url + '/' + time })).body).toBe('ok');
    expect(ports.size).toBe(1);
  });
});

describe('no answer', () => {
  it('from a port where nobody listens says so', async () => {
    const url = await service(() => undefined);
    for (const close of open.splice(0)) close();
    await expect(client()({ ...asked, url })).rejects.toThrow(/no answer: connect ECONNREFUSED 127\.0\.0\.1/);
  });

  it('in time, neither head nor the rest of the body, says how long was waited', async () => {
    const silent = await service(() => undefined);
    const stuck = await service((_request, reply) => reply.write('half'));
    for (const url of [silent, stuck]) {
      const failure = client()({ ...asked, url, timeoutMs: 30 });
      await expect(failure).rejects.toThrow('no answer: nothing came for 0.03 s');
      await expect(failure).rejects.toBeInstanceOf(NoAnswer);
    }
  });

  it('that breaks off is none', async () => {
    const url = await service((_request, reply) => {
      reply.writeHead(200, { 'content-length': 100 }).write('half');
      setImmediate(() => reply.destroy());
    });
    await expect(client()({ ...asked, url })).rejects.toBeInstanceOf(NoAnswer);
  });

  it('is waited for only until the caller gives up, for the caller’s reason', async () => {
    const giveUp = new AbortController();
    const url = await service(() => giveUp.abort(new Error('enough')));
    await expect(client()({ ...asked, url, signal: giveUp.signal })).rejects.toThrow('enough');
  });
});

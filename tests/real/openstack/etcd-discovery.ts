import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * Stands for https://discovery.etcd.io, which the original Magnum asks for every Kubernetes cluster:
 * `GET /new?size=N` answers with the URL of a new discovery, `GET URL/_config/size` with the size it was made for.
 * Usage: node etcd-discovery.ts PORT
 */
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/new') {
    const token = `${randomUUID().replaceAll('-', '')}-${Number(searchParams.get('size') ?? 1)}`;
    response.end(`http://${request.headers.host}/${token}`);
    return;
  }
  const size = /^\/[0-9a-f]{32}-(\d+)\/_config\/size$/.exec(pathname)?.[1];
  if (size === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      action: 'get',
      node: { key: pathname, value: size, modifiedIndex: 1, createdIndex: 1 },
    }),
  );
}).listen(Number(process.argv[2]), '127.0.0.1');

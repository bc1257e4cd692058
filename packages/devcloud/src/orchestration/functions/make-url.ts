import { valueError } from '../errors.ts';
import { isDict, text, type Dict } from '../values.ts';

const PARTS = ['scheme', 'username', 'password', 'host', 'port', 'path', 'query', 'fragment'];

/** `make_url`: an URL out of its parts, each escaped as its place wants it. */
export function makeUrl(args: unknown, name: string): string {
  if (!isDict(args)) throw valueError(`The arguments to "${name}" must be a map`);
  const wrong = Object.keys(args).filter((key) => !PARTS.includes(key));
  if (wrong.length > 0) throw valueError(`Invalid arguments to "${name}": ${wrong.join(', ')}`);
  const query = args['query'] ?? {};
  if (!isDict(query)) throw valueError(`The "query" argument to "${name}" must be a map`);
  const [scheme, username, password, host, path, fragment] = [
    'scheme',
    'username',
    'password',
    'host',
    'path',
    'fragment',
  ].map((part) => stringPart(args, part, name)) as [string, string, string, string, string, string];
  if (scheme.includes(':')) throw valueError(`URL "scheme" should not contain ':'`);

  const login = username || password ? `${escape(username)}${password ? `:${escape(password)}` : ''}@` : '';
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const quotedHost = bare.includes(':') ? `[${escape(bare, ':')}]` : escape(bare);
  const netloc = `${login}${quotedHost}${portPart(args, name)}`;
  const quotedPath = escape(path, '/');
  const rooted =
    netloc !== '' && quotedPath !== '' && !quotedPath.startsWith('/') ? `/${quotedPath}` : quotedPath;
  const search = Object.entries(query).map(([key, value]) => `${formEscape(key)}=${formEscape(text(value))}`);
  return [
    scheme === '' ? '' : `${scheme}:`,
    netloc === '' ? '' : `//${netloc}`,
    rooted,
    search.length === 0 ? '' : `?${search.join('&')}`,
    fragment === '' ? '' : `#${escape(fragment, '/')}`,
  ].join('');
}

function stringPart(args: Dict, part: string, name: string): string {
  const value = args[part] ?? '';
  if (typeof value !== 'string') throw valueError(`The "${part}" argument to "${name}" must be a string`);
  return value;
}

function portPart(args: Dict, name: string): string {
  const value = args['port'];
  if (value === undefined || value === null || value === '') return '';
  const port = Number(value);
  if (!Number.isInteger(port)) throw valueError(`Invalid URL port "${text(value)}" for ${name}`);
  if (port < 1 || port > 65535) throw valueError(`Invalid URL port ${port}, must be in range 1-65535`);
  return `:${port}`;
}

function escape(value: string, safe = ''): string {
  return encodeURIComponent(value)
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%2F|%3A/g, (code) =>
      safe.includes(decodeURIComponent(code)) ? decodeURIComponent(code) : code,
    );
}

function formEscape(value: string): string {
  return escape(value, '/').replaceAll('%20', '+');
}

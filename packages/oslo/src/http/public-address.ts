/** The parts of a request from which its public address is made. */
export interface AddressedRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As the connection has it: `http` or `https`. */
  readonly protocol: string;
}

export interface AddressOptions {
  /** Where the service is mounted, without a trailing slash: `/container-infra`. */
  readonly prefix: string;
  /** Believe `Forwarded` and `X-Forwarded-*`. `[oslo_middleware] enable_proxy_headers_parsing` */
  readonly trustProxy: boolean;
  /** Used when the request doesn't say: `127.0.0.1:9511`. */
  readonly fallbackHost: string;
}

/** The address under which the client reaches the service, without a trailing slash. */
export function publicAddress(request: AddressedRequest, options: AddressOptions): string {
  const forwarded = options.trustProxy ? forwardedParts(request) : {};
  const protocol = forwarded.proto ?? request.protocol;
  const host = forwarded.host ?? first(request.headers['host']) ?? options.fallbackHost;
  const prefix = (options.trustProxy && first(request.headers['x-forwarded-prefix'])) || '';
  return `${protocol}://${withPort(host, forwarded.port)}${prefix.replace(/\/+$/, '')}${options.prefix}`;
}

interface Forwarded {
  readonly proto?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/** RFC 7239 first, as oslo.middleware does, else the older headers. Of the prefix only an older one tells. */
function forwardedParts({ headers }: AddressedRequest): Forwarded {
  const standard = first(headers['forwarded']);
  if (standard !== undefined) {
    const pairs = standard.split(';').map((pair) => pair.trim().split('=', 2));
    const value = (name: string): string | undefined =>
      pairs.find(([key]) => key?.toLowerCase() === name)?.[1]?.replaceAll('"', '');
    return { proto: value('proto'), host: value('host') };
  }
  return {
    proto: first(headers['x-forwarded-proto']),
    host: first(headers['x-forwarded-host']),
    port: first(headers['x-forwarded-port']),
  };
}

function withPort(host: string, port: string | undefined): string {
  const hasPort = /:\d+$/.test(host);
  return port === undefined || hasPort || port === '80' || port === '443' ? host : `${host}:${port}`;
}

/** Of a list, the element added by the proxy that is nearest to the client. */
function first(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value : value?.[0];
  const item = text?.split(',')[0]?.trim();
  return item === '' ? undefined : item;
}

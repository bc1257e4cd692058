/** A user's token, and where the cloud's services are. */
export interface Login {
  readonly token: string;
  readonly userId: string;
  readonly projectId: string;
  /** URLs of the public endpoints by service type. */
  readonly catalog: Readonly<Record<string, string>>;
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly project: string;
}

/** @param authUrl without `/v3` */
export async function login(authUrl: string, { name, password, project }: Credentials): Promise<Login> {
  const domain = { id: 'default' };
  const auth = {
    identity: { methods: ['password'], password: { user: { name, password, domain } } },
    scope: { project: { name: project, domain } },
  };
  const response = await fetch(`${authUrl}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  if (response.status !== 201) {
    throw new Error(`${name} can't log in at ${authUrl}: ${response.status} ${await response.text()}`);
  }
  const { token } = (await response.json()) as {
    token: {
      user: { id: string };
      project: { id: string };
      catalog: readonly { type: string; endpoints: readonly { interface: string; url: string }[] }[];
    };
  };
  const urls = token.catalog.map(({ type, endpoints }) => [
    type,
    endpoints.find((endpoint) => endpoint.interface === 'public')?.url.replace(/\/$/, '') ?? '',
  ]);
  return {
    token: response.headers.get('x-subject-token') ?? '',
    userId: token.user.id,
    projectId: token.project.id,
    catalog: Object.fromEntries(urls) as Record<string, string>,
  };
}

export type Json = Readonly<Record<string, unknown>>;

/** A request to a service of the catalog that must succeed; 409 and 404 count as success for what is there or gone. */
export async function must(
  who: Login,
  service: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Json> {
  const raw = body instanceof Uint8Array;
  const base = who.catalog[service] ?? '';
  const response = await fetch(base + path, {
    method,
    headers: {
      'x-auth-token': who.token,
      'content-type': raw ? 'application/octet-stream' : 'application/json',
    },
    body: raw ? new Uint8Array(body) : body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  const passable = response.status === 409 || (method === 'DELETE' && response.status === 404);
  if (!response.ok && !passable) throw new Error(`${method} ${base}${path}: ${response.status} ${text}`);
  return text.startsWith('{') ? (JSON.parse(text) as Json) : {};
}

export type Json = { readonly [key: string]: unknown };

/** A token, and requests with it to the services of the catalog. */
export interface Cloud {
  readonly projectId: string;
  readonly userId: string;
  /**
   * @param service its type in the catalog
   * @returns the parsed answer; an empty object for an empty one
   * @throws unless the answer is 2xx or 409 (what is to be made is there already)
   */
  call(service: string, method: string, path: string, body?: unknown): Promise<Json>;
  upload(service: string, path: string, data: Uint8Array): Promise<void>;
}

interface Token {
  readonly project: { id: string };
  readonly user: { id: string };
  readonly catalog: readonly { type: string; endpoints: readonly { interface: string; url: string }[] }[];
}

/** Logs in by name; everybody is of the domain `Default`. */
export async function login(
  authUrl: string,
  name: string,
  password: string,
  project: string,
): Promise<Cloud> {
  const domain = { id: 'default' };
  const user = { name, password, domain };
  const auth = {
    identity: { methods: ['password'], password: { user } },
    scope: { project: { name: project, domain } },
  };
  const response = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  const token = response.headers.get('x-subject-token');
  if (token === null)
    throw new Error(`${name} cannot log in at ${authUrl}: ${response.status} ${await response.text()}`);
  const { token: issued } = (await response.json()) as { token: Token };

  const request = async (
    service: string,
    method: string,
    path: string,
    type: string,
    body: string | Blob | null,
  ) => {
    const entry = issued.catalog.find((each) => each.type === service);
    const url =
      entry?.endpoints.find((each) => each.interface === 'public')?.url ?? `no ${service} in the catalog`;
    const answer = await fetch(url + path, {
      method,
      headers: { 'x-auth-token': token, 'content-type': type },
      body,
    });
    const text = await answer.text();
    if (!answer.ok && answer.status !== 409) {
      throw new Error(`${method} ${url}${path}: ${answer.status} ${text.slice(0, 500)}`);
    }
    return text;
  };
  return {
    projectId: issued.project.id,
    userId: issued.user.id,
    async call(service, method, path, body) {
      const sent = body === undefined ? null : JSON.stringify(body);
      const text = await request(service, method, path, 'application/json', sent);
      return text.startsWith('{') ? (JSON.parse(text) as Json) : {};
    },
    async upload(service, path, data) {
      await request(service, 'PUT', path, 'application/octet-stream', new Blob([Buffer.from(data)]));
    },
  };
}

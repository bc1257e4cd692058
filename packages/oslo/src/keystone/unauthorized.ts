/** What keystonemiddleware answers to a request without a valid token. */
export interface Unauthorized {
  readonly status: 401;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** @param authUrl Keystone's address for clients: `[keystone_authtoken] www_authenticate_uri` */
export function unauthorized(authUrl: string): Unauthorized {
  return {
    status: 401,
    headers: { 'www-authenticate': `Keystone uri="${authUrl.replaceAll('"', '')}"` },
    body: {
      error: {
        code: 401,
        title: 'Unauthorized',
        message: 'The request you have made requires authentication.',
      },
    },
  };
}

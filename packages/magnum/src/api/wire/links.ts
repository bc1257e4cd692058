export interface Link {
  readonly href: string;
  readonly rel: string;
}

/**
 * The two links of a resource.
 *
 * @param base the API's address, without a trailing slash
 * @param path below the version: `clusters/<uuid>`
 */
export function linksTo(base: string, path: string): Link[] {
  return [
    { href: `${base}/v1/${path}`, rel: 'self' },
    { href: `${base}/${path}`, rel: 'bookmark' },
  ];
}

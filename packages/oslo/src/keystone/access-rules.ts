import type { AccessRule } from '@gantry/openstack';

/** What is asked for. */
export interface Asked {
  readonly method: string;
  /** Decoded, without slashes that are doubled or last, so that one thing has one path: `/v1/clusters`. */
  readonly path: string;
}

/**
 * Whether the access rules of an application credential allow a request. In a rule's path, `*` and `{name}` stand for
 * one segment and `**` for any number of them. Source: Identity API v3, "Application credential access rules".
 *
 * @param serviceType the one that asks, as the catalog has it
 */
export function allowedByRules(rules: readonly AccessRule[], serviceType: string, asked: Asked): boolean {
  return rules.some(
    ({ service, method, path }) =>
      service === serviceType && method === asked.method && pattern(path).test(asked.path),
  );
}

function pattern(path: string): RegExp {
  const parts = path.replace(/(?<=.)\/$/, '').matchAll(/(\*\*)|(\*|\{[^}]*\})|([^*{]+|\{)/g);
  const source = Array.from(parts, ([text, any, one]) => {
    if (any !== undefined) return '.*';
    return one === undefined ? text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`) : '[^/]+';
  });
  return new RegExp(`^${source.join('')}$`, 's');
}

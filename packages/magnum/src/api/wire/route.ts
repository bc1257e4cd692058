import type { RequestContext } from '@gantry/oslo';
import type { TSchema } from 'typebox';
import type { Microversion } from './microversion.ts';
import type { PolicyName } from '../policy/policy-defaults.ts';

/** A request that was let in: its token is valid, its version is known. */
export interface ApiRequest {
  readonly context: RequestContext;
  readonly version: Microversion;
  /** The segments of the path that the route names with `:`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed body, undefined if there is none. @throws MagnumError 400 or 415 */
  readonly body: () => unknown;
  /** The API's address for this client, without a trailing slash. */
  readonly base: string;
  readonly requestId: string;
  /** Where a stream of events is to go on: the header `Last-Event-ID`. */
  readonly lastEventId: string | undefined;
}

export interface ApiReply {
  readonly status: number;
  /** An object is sent as JSON; text, bytes and streams as they are. */
  readonly body?: unknown;
  /** In place of a body: JSON that is written already. */
  readonly json?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Without `/v1`: `/clusters/:cluster`. Gantry's own begin with `/gantry/v1`. */
  readonly path: string;
  /** The first version that has it. */
  readonly since?: Microversion;
  /** Query parameters it knows; every other one is refused. */
  readonly query?: readonly string[];
  /** The rules of policy that decide on it, as `docs/policies.md` lists them. */
  readonly policies: readonly [PolicyName, ...PolicyName[]];
  /** One line for the API's document. */
  readonly summary?: string;
  /** The body: the `schema` of the fields that read it. */
  readonly request?: TSchema;
  /** Bodies by status, those of refusals aside; `null` is an answer without a body. */
  readonly responses?: Readonly<Record<number, TSchema | null>>;
  /** The type of its answers, if it isn't JSON. */
  readonly answers?: string;
  readonly handle: (request: ApiRequest) => Promise<ApiReply>;
}

export type Matched =
  | { readonly route: Route; readonly params: Readonly<Record<string, string>> }
  /** The path exists, for these methods. */
  | { readonly allowed: readonly string[] }
  | undefined;

/**
 * Makes what finds the route of a path. Literal segments win over named ones.
 *
 * @returns takes the path's segments, decoded, without the version
 */
export function routeFinder(
  routes: readonly Route[],
): (method: string, segments: readonly string[]) => Matched {
  const byLength = new Map<number, { route: Route; pattern: readonly string[] }[]>();
  for (const route of routes) {
    const pattern = route.path.split('/').slice(1);
    const others = byLength.get(pattern.length) ?? [];
    byLength.set(pattern.length, [...others, { route, pattern }]);
  }
  return (method, segments) => {
    const allowed = new Set<string>();
    let best: { route: Route; pattern: readonly string[]; named: number } | undefined;
    for (const { route, pattern } of byLength.get(segments.length) ?? []) {
      if (!fits(pattern, segments)) continue;
      allowed.add(route.method);
      const named = pattern.filter(isNamed).length;
      if (route.method === method && (!best || named < best.named)) best = { route, pattern, named };
    }
    if (!best) return allowed.size > 0 ? { allowed: [...allowed] } : undefined;
    return { route: best.route, params: paramsOf(best.pattern, segments) };
  };
}

function isNamed(part: string): boolean {
  return part.startsWith(':');
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((part, index) => isNamed(part) || part === segments[index]);
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    if (isNamed(part)) params[part.slice(1)] = segments[index] ?? '';
  }
  return params;
}

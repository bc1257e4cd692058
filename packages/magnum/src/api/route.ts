import type { RequestContext } from '@gantry/oslo';
import type { TSchema } from 'typebox';
import type { Microversion } from './microversion.ts';
import type { PolicyName } from './policy-defaults.ts';

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
  /** The path exists, for other methods. */
  | 'wrong method'
  | undefined;

/**
 * Finds the route of a path. Literal segments win over named ones.
 *
 * @param segments of the path, decoded, without the version
 */
export function matchRoute(routes: readonly Route[], method: string, segments: readonly string[]): Matched {
  let known = false;
  let best: { route: Route; params: Record<string, string>; named: number } | undefined;
  for (const route of routes) {
    const params = paramsOf(route.path, segments);
    if (!params) continue;
    known = true;
    const named = Object.keys(params).length;
    if (route.method === method && (!best || named < best.named)) best = { route, params, named };
  }
  if (best) return best;
  return known ? 'wrong method' : undefined;
}

function paramsOf(path: string, segments: readonly string[]): Record<string, string> | undefined {
  const pattern = path.split('/').slice(1);
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

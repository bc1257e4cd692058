import { inject } from 'vitest';
import type { Cloud } from './set-up.ts';

export const cloud: Cloud = inject('cloud');

export type Who = keyof Cloud['users'];

/** An answer as it came. Status 0: the connection was closed without one. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed; an empty object for what isn't JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  /** `detail` (or `description`) of the first error; empty without one. */
  readonly detail: string;
}

export interface Ask {
  readonly as?: Who | 'nobody' | 'stranger';
  /** Microversion, `none` for no header; 1.10 unless given, the original's highest. */
  readonly version?: string;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to the Magnum under test; `path` starts behind the address, so with `/v1` for all that has a version. */
export async function ask(method: string, path: string, options: Ask = {}): Promise<Answer> {
  const { as = 'member', version = '1.10', body, headers } = options;
  const sent: Record<string, string> = { accept: 'application/json' };
  if (as === 'stranger') sent['x-auth-token'] = 'not-a-token';
  else if (as !== 'nobody') sent['x-auth-token'] = cloud.users[as].token;
  if (version !== 'none') sent['openstack-api-version'] = `container-infra ${version}`;
  if (body !== undefined) sent['content-type'] = 'application/json';
  Object.assign(sent, headers);
  for (const name of Object.keys(sent)) if (sent[name] === 'none') delete sent[name];
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  // As bytes, because for a string `fetch` would choose a content type.
  const payload = text === undefined ? null : new TextEncoder().encode(text);
  return await parsed(
    await fetch(cloud.base + path, { method, headers: sent, body: payload, redirect: 'manual' }).catch(
      () => undefined,
    ),
  );
}

async function parsed(response: Response | undefined): Promise<Answer> {
  const text = (await response?.text()) ?? '';
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Not JSON.
  }
  const [error] = (body['errors'] ?? []) as readonly { detail?: string; description?: string }[];
  return {
    status: response?.status ?? 0,
    headers: response?.headers ?? new Headers(),
    text,
    body,
    detail: error?.detail ?? error?.description ?? '',
  };
}

/** A member of an answer that is a string. */
export const uuidOf = (answer: Answer): string => String(answer.body['uuid']);

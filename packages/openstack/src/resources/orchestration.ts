import type { Session } from '../session/session.ts';

/** Source: Orchestration API v1, "Stacks". */
export interface Stack {
  readonly id: string;
  readonly stack_name: string;
  /** `CREATE_IN_PROGRESS`, `UPDATE_FAILED`… */
  readonly stack_status: string;
  readonly stack_status_reason: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs?: readonly StackOutput[];
  readonly creation_time: string;
  readonly updated_time: string | null;
  readonly tags: readonly string[] | null;
}

export interface StackOutput {
  readonly output_key: string;
  readonly output_value: unknown;
  readonly output_error?: string;
}

export interface StackResource {
  readonly resource_name: string;
  readonly logical_resource_id: string;
  readonly physical_resource_id: string;
  readonly resource_type: string;
  readonly resource_status: string;
  readonly resource_status_reason: string;
  readonly parent_resource?: string;
  readonly links: readonly { readonly href: string; readonly rel: string }[];
}

export interface StackOrder {
  readonly stack_name: string;
  readonly template: string | object;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: object;
  readonly environment_files?: readonly string[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly timeout_mins?: number;
  readonly disable_rollback?: boolean;
  readonly tags?: string;
}

export interface StackChange {
  readonly template?: string | object;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment_files?: readonly string[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly disable_rollback?: boolean;
  readonly timeout_mins?: number;
  /** Separated by commas. */
  readonly tags?: string;
}

export interface StacksClient {
  /** @returns id of the new stack */
  create(order: StackOrder, signal?: AbortSignal): Promise<string>;
  /** By id, or by name. @throws OpenStackError 404 */
  get(stack: string, options?: { resolveOutputs?: boolean; signal?: AbortSignal }): Promise<Stack>;
  /** All that match, nested ones not. */
  list(query?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Stack[]>;
  /** Changes what is given and keeps the rest as it is (`existing`). */
  update(stack: string, change: StackChange, signal?: AbortSignal): Promise<void>;
  delete(stack: string, signal?: AbortSignal): Promise<void>;
  resources(
    stack: string,
    options?: { nestedDepth?: number; signal?: AbortSignal },
  ): Promise<StackResource[]>;
  /** One by its name, with its attributes. @throws OpenStackError 404 */
  resource(
    stack: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<StackResource & { readonly attributes: Readonly<Record<string, unknown>> }>;
}

const SERVICE = 'orchestration';

export function stacksClient(session: Session): StacksClient {
  /** Heat answers a request by name or id alone with a redirect; `name/id` it serves at once. */
  async function exactPath(stack: string, signal?: AbortSignal): Promise<string> {
    const { stack: found } = await show(stack, false, signal);
    return `/stacks/${encodeURIComponent(found.stack_name)}/${found.id}`;
  }

  async function show(
    stack: string,
    resolveOutputs: boolean,
    signal?: AbortSignal,
  ): Promise<{ stack: Stack }> {
    const query = { resolve_outputs: resolveOutputs };
    const answer = await session.askFully(SERVICE, {
      method: 'GET',
      path: `/stacks/${encodeURIComponent(stack)}`,
      query,
      signal,
    });
    if (answer.status < 300) return answer.body as { stack: Stack };
    const path = redirectPath(String(answer.headers['location']));
    return session.ask(SERVICE, { method: 'GET', path, query, signal });
  }

  return {
    async create(order, signal) {
      const body = { disable_rollback: true, ...order };
      const made = await session.ask<{ stack: { id: string } }>(SERVICE, {
        method: 'POST',
        path: '/stacks',
        body,
        signal,
      });
      return made.stack.id;
    },
    async get(stack, options = {}) {
      return (await show(stack, options.resolveOutputs ?? true, options.signal)).stack;
    },
    async list(query, signal) {
      const found = await session.ask<{ stacks: Stack[] }>(SERVICE, {
        method: 'GET',
        path: '/stacks',
        query,
        signal,
      });
      return found.stacks;
    },
    async update(stack, change, signal) {
      await session.ask(SERVICE, {
        method: 'PATCH',
        path: await exactPath(stack, signal),
        body: change,
        signal,
      });
    },
    async delete(stack, signal) {
      await session.ask(SERVICE, {
        method: 'DELETE',
        path: await exactPath(stack, signal),
        signal,
        retries: 3,
      });
    },
    async resources(stack, options = {}) {
      const found = await session.ask<{ resources: StackResource[] }>(SERVICE, {
        method: 'GET',
        path: `${await exactPath(stack, options.signal)}/resources`,
        query: { nested_depth: options.nestedDepth ?? 0 },
        signal: options.signal,
      });
      return found.resources;
    },
    async resource(stack, name, signal) {
      const path = `${await exactPath(stack, signal)}/resources/${encodeURIComponent(name)}`;
      const found = await session.ask<{
        resource: StackResource & { readonly attributes: Readonly<Record<string, unknown>> };
      }>(SERVICE, { method: 'GET', path, signal });
      return found.resource;
    },
  };
}

function redirectPath(location: string): string {
  const at = location.indexOf('/stacks/');
  return at < 0 ? location : (location.slice(at).split('?')[0] ?? location);
}

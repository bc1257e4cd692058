import { afterAll, expect, vi } from 'vitest';
import { ask, cloud, uuidOf, type Answer, type Who } from './client.ts';

/** A uuid that nothing has. */
export const nowhere = '00000000-0000-4000-8000-000000000000';

/** A template that needs nothing more; a test adds what it is about. */
export const templateRequest = (name: string) => ({
  name,
  coe: 'swarm-mode',
  image_id: cloud.names.atomic,
  external_network_id: cloud.externalNetwork,
  keypair_id: 'acceptance',
  flavor_id: cloud.names.flavor,
  master_flavor_id: cloud.names.flavor,
});

/** What a template for clusters that are really built has beside. */
export const buildable = {
  coe: cloud.coe,
  image_id: cloud.coe === 'kubernetes' ? cloud.names.coreos : cloud.names.atomic,
};

/** One operation of a PATCH. */
export const patch = (op: string, path: string, value?: unknown) => [
  value === undefined ? { op, path } : { op, path, value },
];

const made: { readonly path: string; readonly as: Who }[] = [];

/** Removed when the file is done; what can't be (a cluster that is still being deleted) stays. */
export function trash(collection: string, answer: Answer, as: Who = 'member'): void {
  if (answer.status < 300) made.push({ path: `/v1/${collection}/${uuidOf(answer)}`, as });
}

afterAll(async () => {
  for (const { path, as } of made.splice(0).toReversed()) await ask('DELETE', path, { as });
});

/** Makes a template. @returns its uuid */
export async function template(
  name: string,
  { as = 'member', ...more }: { as?: Who } & Record<string, unknown> = {},
): Promise<string> {
  const request = { ...templateRequest(name), ...more };
  if (as !== 'member') Object.assign(request, { keypair_id: null });
  const answer = await ask('POST', '/v1/clustertemplates', { as, body: request });
  expect(answer.status, answer.text).toBe(201);
  trash('clustertemplates', answer, as);
  return uuidOf(answer);
}

interface Shown {
  readonly status?: string | null;
}

/** How long a cluster may take; the longest are those of the original on a busy machine. */
export const patience = { timeout: 480_000, interval: 500 };

/**
 * Waits until nothing is in progress any more. The original may say nothing of a cluster that it has only just accepted.
 * @param verb `UPDATE`: also waits until that has begun
 */
export async function settled(id: string, verb = '', as: Who = 'member'): Promise<string> {
  return await vi.waitFor(async () => {
    const { status, body } = await ask('GET', `/v1/clusters/${id}`, { as });
    const said = (body as Shown).status ?? `HTTP ${status}`;
    expect(said).toMatch(new RegExp(`^(${verb}.*_COMPLETE|.*_FAILED)$`));
    return said;
  }, patience);
}

/** Waits until a change of a cluster that is complete has begun. It may be over already. */
export async function begun(id: string): Promise<void> {
  await vi.waitFor(async () => {
    const { body } = await ask('GET', `/v1/clusters/${id}`);
    expect((body as Shown).status).toMatch(/^UPDATE_/);
  }, patience);
}

/** Waits until a cluster is deleted. */
export async function gone(id: string, as: Who = 'member'): Promise<void> {
  await vi.waitFor(async () => {
    const { status, body } = await ask('GET', `/v1/clusters/${id}`, { as });
    expect(status, JSON.stringify((body as Shown).status)).toBe(404);
  }, patience);
}

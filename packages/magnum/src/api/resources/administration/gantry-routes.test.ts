import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiInTest, withCluster, withTemplate, type ApiInTest } from '../../testing/api-in-test.ts';
import { eventStream } from '../../wire/event-stream.ts';

let api: ApiInTest;
let uuid: string;
beforeEach(async () => {
  api = await apiInTest();
  await withTemplate(api);
  uuid = await withCluster(api);
});
afterEach(() => api.close());

describe('of a cluster are told', () => {
  test('its conditions', async () => {
    await api.store.conditions.set({
      cluster_uuid: uuid,
      type: 'CertificatesReady',
      status: 'False',
      reason: 'Failed',
      message: 'no key',
    });
    const { body } = await api.ask('reader', 'GET', '/gantry/v1/clusters/demo/conditions');
    expect(body).toMatchObject({
      conditions: [{ type: 'CertificatesReady', status: 'False', reason: 'Failed', message: 'no key' }],
    });
  });

  test('its events, from the beginning or after one', async () => {
    const [first, second] = await tell('One', 'Two');
    const path = `/gantry/v1/clusters/${uuid}/events`;
    const all = (await api.ask('reader', 'GET', path)).body as { events: { reason: string }[] };
    expect(all.events.map(({ reason }) => reason).slice(-2)).toEqual(['One', 'Two']);
    expect(await api.ask('reader', 'GET', `${path}?after=${first}`)).toMatchObject({
      body: { events: [{ id: second, reason: 'Two', level: 'info', operation_uuid: null }] },
    });
    expect(await api.ask('reader', 'GET', `${path}?after=x`)).toMatchObject({
      status: 400,
      error: "Invalid input for field/attribute after. Value: 'x'. Value should be the id of an event.",
    });
  });

  test('doubts about its labels, which are no reason to refuse it', async () => {
    const labels = {
      availability_zone: 'az1',
      rexray_preempt: 'perhaps',
      'Docker-Volume-Type': 'x',
      own: '',
    };
    const doubted = await withCluster(api, { name: 'doubted', labels });
    const { body } = await api.ask('reader', 'GET', `/gantry/v1/clusters/${doubted}/events`);
    const operation_uuid = (await api.store.operations.of(doubted))[0]?.uuid;
    const common = { level: 'warning', reason: 'LabelDoubtful', operation_uuid };
    expect(body).toMatchObject({
      events: [
        { ...common, message: "the label rexray_preempt is 'perhaps'; true or false is expected" },
        { ...common, message: 'the label Docker-Volume-Type is not known; docker_volume_type may be meant' },
      ],
    });
    expect((await api.ask('reader', 'GET', '/gantry/v1/clusters/demo/events')).body).toEqual({ events: [] });
  });

  test('its operations: how far, how often tried, what went wrong and what to do', async () => {
    const path = '/gantry/v1/clusters/demo/operations';
    expect(await api.ask('reader', 'GET', path)).toMatchObject({
      body: {
        operations: [
          {
            verb: 'create',
            state: 'queued',
            step: null,
            progress: 0,
            attempts: 0,
            last_error: null,
            what_to_do: null,
          },
        ],
      },
    });
    const claimed = await api.store.operations.claim('conductor', new Date('2030-01-01T00:01:00Z'));
    const operation = claimed?.uuid ?? '';
    const half = { step: 'stack', attempts: 2, progress: 10, last_error: 'Heat is away' };
    await api.store.operations.advance(operation, 'conductor', half);
    await api.store.operations.release(operation, 'conductor', new Date('2030-01-01T00:00:30Z'));
    expect(await api.ask('reader', 'GET', path)).toMatchObject({
      body: {
        operations: [
          {
            ...half,
            state: 'running',
            next_attempt_at: '2030-01-01T00:00:30+00:00',
            what_to_do: expect.stringContaining('tried again by itself'),
          },
        ],
      },
    });
    api.now = new Date('2030-01-01T00:00:31Z');
    await api.store.operations.claim('conductor', new Date('2030-01-01T00:01:00Z'));
    await api.store.operations.finish(operation, 'conductor', 'failed', 'no quota');
    const { body } = await api.ask('reader', 'GET', path);
    expect(body).toMatchObject({
      operations: [
        { state: 'failed', last_error: 'no quota', what_to_do: expect.stringContaining('create it again') },
      ],
    });
    // Nobody is shown the token that an operation keeps.
    expect(JSON.stringify(body)).not.toContain('sealed');
  });
});

describe('a stream of events', () => {
  test('is server-sent events with ids, goes on where the client was, and ends with the cluster', async () => {
    const [first] = await tell('One', 'Two');
    await api.store.clusters.destroy(uuid);
    const pieces: string[] = [];
    const stream = eventStream({
      after: first ?? 0,
      events: (after) => api.store.events.of(uuid, after),
      exists: async () => (await api.store.clusters.get(uuid)) !== undefined,
      until: Infinity,
      now: () => 0,
      signal: new AbortController().signal,
    });
    for await (const piece of stream) pieces.push(piece);
    expect(pieces.length).toBe(3);
    expect(pieces[1]).toMatch(/^id: \d+\nevent: event\ndata: \{.*"reason":"Two".*\}\n\n$/);
    expect(pieces[2]).toBe('event: gone\ndata: {}\n\n');
  });

  test('tells what happens later, sends a comment in quiet times, and ends with the token', async () => {
    let time = 0;
    const pieces: string[] = [];
    const stream = eventStream({
      after: 0,
      events: async (after) => (time === 3000 && after < 7 ? [{ id: 7 }] : []),
      exists: async () => true,
      until: 30_000,
      now: () => time,
      signal: new AbortController().signal,
      pause: async (milliseconds) => {
        time += milliseconds;
      },
    });
    for await (const piece of stream) pieces.push(piece);
    expect(pieces).toEqual([
      'retry: 2000\n\n',
      'id: 7\nevent: event\ndata: {"id":7}\n\n',
      ': still here\n\n',
    ]);
  });

  test('is open until the server stops', async () => {
    await tell('One');
    const address = await api.app.listen({ port: 0, host: '127.0.0.1' });
    const answer = await fetch(`${address}/container-infra/gantry/v1/clusters/demo/events/stream`, {
      headers: { 'x-auth-token': 'reader' },
    });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = answer.body?.getReader();
    let text = '';
    while (!text.includes('"One"')) text += new TextDecoder().decode((await reader?.read())?.value);
    const closed = api.app.close();
    while ((await reader?.read())?.done === false);
    await closed;
  });
});

test('label schemas are told for all COEs, or one', async () => {
  const { body } = await api.ask('nothing', 'GET', '/gantry/v1/label-schemas');
  expect(body).toMatchObject({
    label_schemas: { kubernetes: { properties: { kube_tag: { type: 'string' } } } },
  });
  const one = await api.ask('nothing', 'GET', '/gantry/v1/label-schemas/swarm');
  expect(one.headers['content-type']).toBe('application/schema+json');
  expect(one.body).toMatchObject({
    properties: { swarm_strategy: { enum: ['spread', 'binpack', 'random'] } },
  });
  expect(await api.ask('nothing', 'GET', '/gantry/v1/label-schemas/none')).toMatchObject({ status: 404 });
});

/** @returns the events' ids */
async function tell(...reasons: string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const reason of reasons) {
    const event = { cluster_uuid: uuid, operation_uuid: null, level: 'info', reason, message: 'm' } as const;
    ids.push((await api.store.events.add(event)).id);
  }
  return ids;
}

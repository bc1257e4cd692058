import { expect, test } from 'vitest';
import { NoAnswer } from './errors.ts';
import { sharedReads } from './shared-reads.ts';
import type { HttpRequest, HttpResponse } from './transport.ts';

/** A service that answers when it is told to: a number, one more each time. */
function slowService() {
  const asked: HttpRequest[] = [];
  const waiting: { resolve: (answer: HttpResponse) => void; reject: (error: Error) => void }[] = [];
  const ask = sharedReads((request) => {
    asked.push(request);
    return new Promise((resolve, reject) => void waiting.push({ resolve, reject }));
  });
  return {
    asked,
    ask: async (changes: Partial<HttpRequest> = {}) =>
      (await ask({ method: 'GET', url: 'http://nova/flavors', headers: TOKEN, timeoutMs: 1, ...changes }))
        .body,
    answer: () => waiting.shift()?.resolve({ status: 200, headers: {}, body: asked.length }),
    fail: () => waiting.shift()?.reject(LOST),
    /** Whoever waits for something that is there goes on. */
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

const TOKEN = { 'x-auth-token': 'a' };
const LOST = new NoAnswer({ status: 0, reason: 'lost', method: 'GET', url: 'http://nova/flavors' });

test('whoever asks while a read is under way shares the next, which is sent only then', async () => {
  const service = slowService();
  const first = service.ask();
  const others = [service.ask(), service.ask(), service.ask()];
  expect(service.asked).toHaveLength(1);
  service.answer();
  expect(await first).toBe(1);
  await service.settle();
  expect(service.asked).toHaveLength(2);
  const late = service.ask();
  service.answer();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  await service.settle();
  service.answer();
  expect(await late).toBe(3);
  // Nothing is kept once it is answered.
  const alone = service.ask();
  service.answer();
  expect(await alone).toBe(4);
});

test('a failure is told to those who share it, and the next ask anew', async () => {
  const service = slowService();
  const first = service.ask();
  const second = service.ask();
  service.fail();
  await expect(first).rejects.toBe(LOST);
  await service.settle();
  service.answer();
  expect(await second).toBe(2);
});

test.each<[string, Partial<HttpRequest>]>([
  ['of another token', { headers: { 'x-auth-token': 'b' } }],
  ['of another address', { url: 'http://nova/flavors?limit=1' }],
  ['that change something', { method: 'POST' }],
  ['that can be aborted', { signal: new AbortController().signal }],
])('requests %s are not shared', async (_which, changes) => {
  const service = slowService();
  const both = [service.ask(changes), service.ask()];
  expect(service.asked).toHaveLength(2);
  service.answer();
  service.answer();
  await Promise.all(both);
});

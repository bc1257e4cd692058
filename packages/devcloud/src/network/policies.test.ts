import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkOf, refusal, startNeutron, type Client, type Neutron } from './neutron-for-tests.ts';

let neutron: Neutron;
let admin: Client;
let demo: Client;
let other: Client;

beforeEach(async () => {
  neutron = await startNeutron();
  [admin, demo, other] = [neutron.as('admin'), neutron.as('demo'), neutron.as('other')];
});
afterEach(() => neutron.close());

describe('who sees and does what', () => {
  test("another project's things are not there; shared and external networks are, but not to change", async () => {
    const own = await demo.make('networks', { name: 'own' });
    const shared = await admin.make('networks', { name: 'shared', shared: true });
    const outside = await admin.make('networks', { name: 'outside', 'router:external': true });
    const seen = (await other.get('networks?fields=name&sort_key=name&sort_dir=asc')).objects;
    expect(seen).toEqual([{ name: 'outside' }, { name: 'shared' }]);
    expect(refusal(await other.get(`networks/${own.id}`))).toEqual({
      status: 404,
      type: 'NetworkNotFound',
      message: `Network ${own.id} could not be found.`,
    });
    expect(refusal(await other.put(`networks/${shared.id}`, { network: { name: 'x' } }))).toEqual({
      status: 403,
      type: 'PolicyNotAuthorized',
      message: 'rule:update_network is disallowed by policy',
    });
    expect(refusal(await other.delete(`networks/${outside.id}`)).status).toBe(403);
  });

  test('only admins see and set how things are realised', async () => {
    const refused = await demo.post('networks', {
      network: { shared: true, 'provider:network_type': 'local' },
    });
    expect(refusal(refused)).toMatchObject({
      status: 403,
      message:
        '((rule:create_network and rule:create_network:shared) and rule:create_network:provider:network_type) is disallowed by policy',
    });
    const net = await demo.make('networks', { shared: false });
    expect(net).not.toHaveProperty('provider:network_type');
    const port = await demo.make('ports', { network_id: net.id });
    expect(Object.keys(port).filter((key) => key.startsWith('binding:'))).toEqual(['binding:vnic_type']);
    const asAdmin = (await admin.get(`ports/${port.id}`)).object;
    expect(asAdmin).toMatchObject({ 'binding:vif_type': 'unbound', 'binding:host_id': '' });
    const bind = { port: { 'binding:host_id': 'node' } };
    expect(refusal(await demo.put(`ports/${port.id}`, bind)).status).toBe(403);
  });

  test('readers change nothing, strangers see nothing, and owners are named by admins only', async () => {
    expect((await neutron.as('reader').post('networks', { network: {} })).status).toBe(403);
    expect(refusal(await demo.post('networks', { network: { project_id: 'other-id' } })).type).toBe(
      'AdminRequired',
    );
    const given = await admin.make('networks', { tenant_id: 'other-id' });
    expect([given['project_id'], given['tenant_id']]).toEqual(['other-id', 'other-id']);
    const nobody = await neutron.as('nobody' as 'demo').get('networks');
    expect([nobody.status, nobody.object['message']]).toEqual([
      401,
      'The request you have made requires authentication.',
    ]);
  });

  test('a limit counts, and admins move it', async () => {
    await admin.put('quotas/demo-id', { quota: { network: 1 } });
    await demo.make('networks', {});
    expect(refusal(await demo.post('networks', { network: {} }))).toEqual({
      status: 409,
      type: 'OverQuota',
      message: "Quota exceeded for resources: ['network'].",
    });
    const details = (await demo.get('quotas/demo-id/details')).object['network'];
    expect(details).toEqual({ used: 1, limit: 1, reserved: 0 });
    const below = { quota: { network: 0, check_limit: true } };
    expect(refusal(await admin.put('quotas/demo-id', below))).toMatchObject({
      status: 400,
      message: 'Quota limit 0 for network must be greater than or equal to already used 1',
    });
    const forced = await admin.put('quotas/demo-id', { quota: { network: 0, force: true } });
    expect(forced.object).toMatchObject({ network: 0 });
    expect((await other.get('quotas/demo-id')).status).toBe(403);
    await admin.delete('quotas/demo-id');
    await demo.make('networks', {});
  });
});

async function names(query: string): Promise<unknown> {
  return (await demo.get(`networks?${query}`)).objects.map((net) => String(net['name'])).toSorted();
}

describe('listings', () => {
  test('come in pages that link to each other, forwards and back', async () => {
    for (const name of ['a', 'b', 'c']) await demo.make('networks', { name });
    const first = await demo.get('networks?sort_key=name&sort_dir=desc&limit=2&fields=name&fields=id');
    expect(first.objects.map((net) => net['name'])).toEqual(['c', 'b']);
    const next = linkOf(first, 'next');
    const second = await demo.get(next.replace('http://cloud/network/v2.0/', ''));
    expect(second.objects.map((net) => net['name'])).toEqual(['a']);
    const back = linkOf(second, 'previous');
    const third = await demo.get(back.replace('http://cloud/network/v2.0/', ''));
    expect(third.objects.map((net) => net['name'])).toEqual(['c', 'b']);
  });

  test.each([
    ['networks?colour=red', "['colour'] is invalid attribute for filtering"],
    ['networks?sort_key=colour&sort_dir=asc', "['colour'] is invalid attribute for sort_keys"],
    ['networks?sort_key=name', 'The number of sort_keys and sort_dirs must be same'],
    ['networks?limit=few', "Bad limit request: Limit must be an integer 0 or greater and not 'few'."],
  ])('%s is refused', async (path, message) => {
    expect(refusal(await demo.get(path))).toMatchObject({ status: 400, message });
  });

  test('tags filter in four ways', async () => {
    const tagged = { one: ['a'], two: ['a', 'b'], three: ['c'] };
    for (const [name, tags] of Object.entries(tagged)) {
      const net = await demo.make('networks', { name });
      await demo.put(`networks/${net.id}/tags`, { tags });
    }
    expect(await names('tags=a,b')).toEqual(['two']);
    expect(await names('tags-any=b,c')).toEqual(['three', 'two']);
    expect(await names('not-tags=a,b')).toEqual(['one', 'three']);
    expect(await names('not-tags-any=a,c')).toEqual([]);
    expect(await names('tags=a&not-tags=b')).toEqual(['one']);
  });
});

describe('tags and revisions', () => {
  test('tags are added, looked for, taken away, and fifty at most', async () => {
    const net = await demo.make('networks', {});
    const tags = `networks/${net.id}/tags`;
    const long = `kuryr.net.uuid.lh:${'x'.repeat(200)}`;
    expect((await demo.put(`${tags}/${long}`)).status).toBe(201);
    expect((await demo.get(`${tags}/${long}`)).status).toBe(204);
    expect((await demo.post(tags, { tags: ['b', long] })).body).toEqual({ tags: [long, 'b'] });
    expect(refusal(await demo.delete(`${tags}/none`))).toMatchObject({ status: 404, type: 'TagNotFound' });
    const many = Array.from({ length: 51 }, (_, at) => `t${at}`);
    expect(refusal(await demo.put(tags, { tags: many })).message).toBe(
      'Bad networks request: The number of tags exceed the per-resource limit of 50.',
    );
    expect((await demo.delete(tags)).status).toBe(204);
    expect((await demo.get(tags)).body).toEqual({ tags: [] });
  });

  test('a change counts the revision up, and If-Match refuses one made to an older', async () => {
    const net = await demo.make('networks', { name: 'a' });
    const path = `networks/${net.id}`;
    const one = { 'if-match': 'revision_number=1' };
    expect((await demo.put(path, { network: { name: 'b' } }, one)).object['revision_number']).toBe(2);
    expect(refusal(await demo.put(path, { network: { name: 'c' } }, one))).toEqual({
      status: 412,
      type: 'RevisionNumberConstraintFailed',
      message: 'Constrained to 1, but current revision is 2',
    });
    expect((await demo.delete(path, one)).status).toBe(412);
    const same = await demo.put(path, { network: { name: 'b' } });
    expect(same.object['revision_number']).toBe(2);
  });
});

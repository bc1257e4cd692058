import { expect, test } from 'vitest';
import { startHeat } from '../../heat-for-tests.ts';

const TEMPLATE = {
  parameters: { server: { type: 'string' } },
  resources: {
    attachment: {
      type: 'OS::Cinder::VolumeAttachment',
      properties: { instance_uuid: { get_param: 'server' }, volume_id: 'volume' },
    },
  },
};

test('a volume is taken from the server that is replaced before the new one gets it', async () => {
  const heat = await startHeat();
  for (const id of ['old', 'new']) heat.world.add('servers', { id, name: id });
  heat.world.add('volumes', { id: 'volume', name: 'volume', status: 'in-use', attachments: [] });
  await heat.create('one', TEMPLATE, { parameters: { server: 'old' } });
  const { id } = await heat.settled('one');
  await heat.ask('PATCH', `/stacks/one/${id}`, { parameters: { server: 'new' } });
  expect(await heat.settled('one')).toMatchObject({ stack_status: 'UPDATE_COMPLETE' });
  const of = (server: string): string => `/compute/v2.1/servers/${server}/os-volume_attachments`;
  expect(heat.world.calls).toEqual([`POST ${of('old')}`, `DELETE ${of('old')}/volume`, `POST ${of('new')}`]);
});

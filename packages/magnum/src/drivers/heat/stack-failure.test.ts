import type { StackResource } from '@gantry/openstack';
import { describe, expect, test } from 'vitest';
import { causeIn, describeFailure, describePending } from './stack-failure.ts';

function resource(
  path: string,
  status: string,
  reason: string,
  ids: { inside: string; own: string },
): StackResource {
  const [parent, name] = path.includes('.') ? path.split('.') : [undefined, path];
  return {
    resource_name: name ?? '',
    logical_resource_id: name ?? '',
    physical_resource_id: ids.own,
    resource_type: 'x',
    resource_status: status,
    resource_status_reason: reason,
    ...(parent === undefined ? {} : { parent_resource: parent }),
    links: [{ rel: 'stack', href: `http://heat/v1/p/stacks/name/${ids.inside}` }],
  };
}

describe('why a stack failed', () => {
  test('is what its deepest failed resource says, not those around it nor those that were stopped with it', () => {
    const resources = [
      resource(
        'swarm_nodes',
        'CREATE_FAILED',
        'ResourceInError: resources[0].resources.server: Went to ERROR',
        {
          inside: 'top',
          own: 'group',
        },
      ),
      resource('swarm_nodes.0', 'CREATE_FAILED', 'ResourceInError: resources.server: Went to ERROR', {
        inside: 'group',
        own: 'node',
      }),
      resource(
        '0.server',
        'CREATE_FAILED',
        'ResourceInError: resources.server: Went to status ERROR due to "No valid host was found"',
        { inside: 'node', own: 'server' },
      ),
      resource('router', 'CREATE_FAILED', 'CREATE aborted (Task create from Router)', {
        inside: 'top',
        own: 'r',
      }),
    ];
    expect(describeFailure(resources, 'x')).toBe(
      'swarm_nodes.0.server failed: Went to status ERROR due to "No valid host was found"',
    );
  });

  test('counts further causes', () => {
    const resources = [
      resource('a', 'CREATE_FAILED', 'Conflict: resources.a: Quota exceeded', { inside: 'top', own: 'a' }),
      resource('b', 'CREATE_FAILED', 'Conflict: resources.b.c: Quota exceeded', {
        inside: 'top',
        own: 'nested',
      }),
      resource('b.c', 'CREATE_FAILED', 'Conflict: resources.c: Quota exceeded', {
        inside: 'nested',
        own: 'c',
      }),
    ];
    expect(describeFailure(resources, 'x')).toBe('a failed: Quota exceeded (1 more failed: b.c)');
  });

  test('for one that ran out of time, is what it still waited for', () => {
    const resources = [
      resource('a', 'CREATE_COMPLETE', '', { inside: 'top', own: 'a' }),
      resource('b', 'CREATE_IN_PROGRESS', '', { inside: 'top', own: 'b' }),
    ];
    expect(describeFailure(resources, 'Timed out')).toBe('Timed out; not finished: b');
    expect(describePending([], 'Stack CREATE started')).toBe('Stack CREATE started');
  });

  test('has no chain of places in front of it', () => {
    const chain =
      'Resource CREATE failed: WaitConditionFailure: resources.swarm_nodes.resources[1].resources.membership: node-1: no disk';
    expect(causeIn(chain)).toBe('node-1: no disk');
    expect(causeIn('NotFound: resources.net: The network 7 could not be found')).toBe(
      'The network 7 could not be found',
    );
    expect(causeIn('')).toBe('Heat gave no reason');
  });
});

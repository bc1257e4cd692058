import { expect, test, vi } from 'vitest';
import { dockerHost, type DockerHost } from '../testing/docker-host.ts';
import { containerStart, containerStop, networkCreate, networkRemove } from '../testing/dockerd.ts';
import { fakeNeutron, type FakeNeutron, type Misfortune } from '../testing/fake-neutron.ts';

const KINDS = ['networks', 'subnets', 'subnetpools', 'ports', 'security-groups'] as const;

/** What a user does with a network, and what dockerd does about failures. Says which commands failed. */
async function life(host: DockerHost, existing?: string): Promise<string[]> {
  const failed: string[] = [];
  const options: Record<string, string> = existing === undefined ? {} : { 'neutron.net.uuid': existing };
  const network = await networkCreate(host, {
    subnet: '10.0.0.0/24',
    auxiliary: { printer: '10.0.0.9' },
    options,
  }).catch((error: unknown) => void failed.push(`network create: ${String(error)}`));
  if (!network) return failed;
  const container = await containerStart(host, network).catch(
    (error: unknown) => void failed.push(`run: ${String(error)}`),
  );
  if (container) await containerStop(host, network, container);
  await networkRemove(host, network);
  return failed;
}

function left(neutron: FakeNeutron, host: DockerHost): string[] {
  const rows = KINDS.flatMap((kind) =>
    [...neutron[kind].values()].map((row) => `${kind} ${String(row['name'])} ${row.tags.join()}`),
  );
  return [...rows, ...host.links.pairs.keys()];
}

interface Scenario {
  readonly name: string;
  readonly misfortune: FakeNeutron['misfortune'];
}

/** One after the other takes its misfortune; all at the same time, as most of it is waiting. */
async function everywhere(
  scenarios: readonly Scenario[],
  { existing, hasty }: { existing: boolean; hasty: boolean },
  check: (
    failed: string[],
    neutron: FakeNeutron,
    host: DockerHost,
    scenario: Scenario,
    before: string[],
  ) => Promise<void>,
): Promise<void> {
  await Promise.all(
    scenarios.map(async (scenario) => {
      const neutron = fakeNeutron();
      const network = existing ? neutron.make('networks', { name: 'ops' }) : undefined;
      if (network) neutron.make('subnets', { name: 'ops', network_id: network.id, cidr: '10.0.0.0/24' });
      const host = await dockerHost(neutron, { hasty });
      await vi.waitFor(() => expect(neutron.calls.length).toBe(2));
      const before = left(neutron, host);
      const start = neutron.calls.length;
      neutron.misfortune = (call, number) => scenario.misfortune?.(call, number - start);
      const failed = await life(host, network?.id);
      await check(failed, neutron, host, scenario, before);
      await host.stop();
    }),
  );
}

/** More than the calls of one `life`. */
const CALLS = Array.from({ length: 30 }, (_, index) => index);

test.each([
  ['503', 503],
  ['a lost answer', 'lost'],
  ['no connection', 'unreachable'],
] as const)('%s at any one call to Neutron is noticed by nobody, and leaves nothing', async (_, bad) => {
  const scenarios = CALLS.map((at) => ({
    name: `${bad} at call ${at}`,
    misfortune: (_call: string, number: number): Misfortune | undefined => (number === at ? bad : undefined),
  }));
  for (const existing of [false, true]) {
    await everywhere(
      scenarios,
      { existing, hasty: false },
      async (failed, neutron, host, { name }, before) => {
        expect(failed, name).toEqual([]);
        await vi.waitFor(() => expect(left(neutron, host), name).toEqual(before), { timeout: 5000 });
      },
    );
  }
});

test.each([
  ['goes away', 'unreachable'],
  ['does what it is asked but answers no more', 'lost'],
] as const)('when Neutron %s at any point, nothing is left once it is back', async (_, bad) => {
  const scenarios = CALLS.slice(0, 24).map((at) => ({
    name: `${bad} from call ${at}`,
    misfortune: (_call: string, number: number): Misfortune | undefined => (number >= at ? bad : undefined),
  }));
  for (const existing of [false, true]) {
    await everywhere(
      scenarios,
      { existing, hasty: true },
      async (_failed, neutron, host, { name }, before) => {
        neutron.misfortune = undefined;
        // Docker will never come back to it, and the process was restarted meanwhile.
        host.ahead += 700_000;
        await host.restart();
        await vi.waitFor(() => expect(left(neutron, host), name).toEqual(before), { timeout: 5000 });
      },
    );
  }
});

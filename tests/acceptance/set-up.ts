import type { TestProject } from 'vitest/node';
import { login, must, type Json, type Login } from './keystone.ts';
import { targetFromEnvironment, type Target } from './target.ts';

/** What the tests get: who may ask, and what the cloud has for them. */
export interface Cloud {
  readonly kind: Target['kind'];
  readonly coe: Target['coe'];
  /** Of the Magnum, without `/v1`. */
  readonly base: string;
  readonly users: Readonly<Record<'member' | 'mate' | 'veteran' | 'other' | 'admin', Login>>;
  /** Name of the external network. */
  readonly externalNetwork: string;
  /** Names, all different for each run. */
  readonly names: {
    readonly atomic: string;
    readonly coreos: string;
    readonly plain: string;
    readonly twin: string;
    readonly twinExternal: string;
    readonly flavor: string;
    readonly diskless: string;
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    cloud: Cloud;
  }
}

/** Makes three projects with their users, and images, flavors, a key pair and networks; returns how to remove them. */
export default async function setUp(vitest: TestProject): Promise<() => Promise<void>> {
  const target = targetFromEnvironment(process.env);
  const admin = await login(target.authUrl, target.admin);
  const run = `acceptance-${Date.now().toString(36)}`;
  const undo: (() => Promise<unknown>)[] = [];
  const removed = async (service: string, path: string) => await must(admin, service, 'DELETE', path);
  const identity = withVersion(admin);

  const made = async (kind: string, body: Json): Promise<string> => {
    const id = idOf((await must(identity, 'identity', 'POST', `/${kind}s`, { [kind]: body }))[kind]);
    undo.push(async () => await must(identity, 'identity', 'DELETE', `/${kind}s/${id}`));
    return id;
  };
  const roles = (await must(identity, 'identity', 'GET', '/roles'))['roles'] as {
    id: string;
    name: string;
  }[];
  const grant = async (project: string, user: string, names: readonly string[]) => {
    for (const { id } of roles.filter(({ name }) => names.includes(name))) {
      await must(identity, 'identity', 'PUT', `/projects/${project}/users/${user}/roles/${id}`);
    }
  };
  const project = await made('project', { name: run, domain_id: 'default' });
  const veteranProject = await made('project', { name: `${run}-veteran`, domain_id: 'default' });
  const otherProject = await made('project', { name: `${run}-other`, domain_id: 'default' });
  // Whoever plays the agents in servers that never boot finds the projects by this.
  for (const id of [project, veteranProject]) await grant(id, admin.userId, ['member', 'admin']);
  const person = async (name: string, projectId: string, projectName: string): Promise<Login> => {
    const credentials = { name: `${run}-${name}`, password: 'acceptance-secret' };
    const id = await made('user', { ...credentials, domain_id: 'default' });
    await grant(projectId, id, ['member', 'heat_stack_owner']);
    return await login(target.authUrl, { ...credentials, project: projectName });
  };
  const member = await person('member', project, run);
  const mate = await person('mate', project, run);
  const veteran = await person('veteran', veteranProject, `${run}-veteran`);
  const other = await person('other', otherProject, `${run}-other`);

  const names = {
    atomic: `${run}-atomic`,
    coreos: `${run}-coreos`,
    plain: `${run}-plain`,
    twin: `${run}-twin`,
    twinExternal: `${run}-twin-external`,
    flavor: `${run}-flavor`,
    diskless: `${run}-diskless`,
  };
  for (const [name, disk] of [
    [names.flavor, 10],
    [names.diskless, 0],
  ] as const) {
    await must(admin, 'compute', 'POST', '/flavors', {
      flavor: { id: name, name, ram: 1024, vcpus: 1, disk },
    });
    undo.push(async () => await removed('compute', `/flavors/${name}`));
  }
  for (const [name, properties] of [
    [names.atomic, { os_distro: 'fedora-atomic' }],
    [names.coreos, { os_distro: 'fedora-coreos' }],
    [names.plain, {}],
    [names.twin, { os_distro: 'fedora-atomic' }],
    [names.twin, { os_distro: 'fedora-atomic' }],
  ] as const) {
    const wanted = {
      name,
      container_format: 'bare',
      disk_format: 'raw',
      visibility: 'public',
      ...properties,
    };
    const id = idOf(await must(admin, 'image', 'POST', '/v2/images', wanted));
    undo.push(async () => await removed('image', `/v2/images/${id}`));
    await must(admin, 'image', 'PUT', `/v2/images/${id}/file`, new Uint8Array(65_536));
  }
  for (const who of [member, veteran]) {
    await must(who, 'compute', 'POST', '/os-keypairs', { keypair: { name: 'acceptance' } });
  }
  for (const name of [names.twin, names.twin]) {
    const { network } = await must(member, 'network', 'POST', '/v2.0/networks', { network: { name } });
    undo.push(async () => await removed('network', `/v2.0/networks/${idOf(network)}`));
  }
  for (const name of [names.twinExternal, names.twinExternal]) {
    const wanted = { name, 'router:external': true };
    const { network } = await must(admin, 'network', 'POST', '/v2.0/networks', { network: wanted });
    undo.push(async () => await removed('network', `/v2.0/networks/${idOf(network)}`));
  }
  const external = await must(admin, 'network', 'GET', '/v2.0/networks?router:external=True');
  const [network] = (external['networks'] as { name: string }[]).filter(
    ({ name }) => !name.startsWith('acceptance-'),
  );
  if (network === undefined) throw new Error('the cloud has no external network');

  const base = (target.endpoint ?? admin.catalog['container-infra'] ?? '').replace(/\/v1\/?$/, '');
  const users = { member, mate, veteran, other, admin };
  const { kind, coe } = target;
  vitest.provide('cloud', { kind, coe, base, users, externalNetwork: network.name, names });
  return async () => {
    for (const step of undo.toReversed()) await step();
  };
}

/** Keystone's endpoint may stand in the catalog with or without its version. */
function withVersion(who: Login): Login {
  const url = (who.catalog['identity'] ?? '').replace(/\/v3$/, '');
  return { ...who, catalog: { ...who.catalog, identity: `${url}/v3` } };
}

const idOf = (resource: unknown): string => (resource as { id: string }).id;

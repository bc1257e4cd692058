import { identityClient, imageClient, networkClient, type Image, type Session } from '@gantry/openstack';
import type { Settings } from './settings.ts';

/**
 * What a user finds in a new cloud: the external network `public`, the image `server`, a Kuryr whose networks are the
 * demo project's, and the pool it takes subnets from when nobody names one. What is there stays as it is.
 */
export async function seed(admin: Session, settings: Settings, serverImage: string): Promise<void> {
  await Promise.all([
    externalNetwork(admin, settings.externalCidr),
    image(admin, serverImage),
    kuryrRole(admin),
    kuryrPool(admin),
  ]);
}

async function externalNetwork(admin: Session, cidr: string): Promise<void> {
  const { networks, subnets } = networkClient(admin);
  const [found] = await networks.list({ name: 'public', 'router:external': true });
  const network = found ?? (await networks.create({ name: 'public', 'router:external': true }));
  if (network.subnets.length > 0) return;
  const prefix = cidr.replace(/\.0\/24$/, '');
  await subnets.create({
    network_id: network.id,
    name: 'public-subnet',
    ip_version: 4,
    cidr,
    gateway_ip: `${prefix}.1`,
    enable_dhcp: false,
    allocation_pools: [{ start: `${prefix}.10`, end: `${prefix}.250` }],
  });
}

/** Binding a port to a host is an administrator's right; here it is given for one project only. */
async function kuryrRole(admin: Session): Promise<void> {
  const { users, projects, roles } = identityClient(admin);
  const [[user], [project], [role]] = await Promise.all([
    users.list({ name: 'kuryr' }),
    projects.list({ name: 'demo' }),
    roles.list({ name: 'admin' }),
  ]);
  if (!user || !project || !role) return;
  const path = `/projects/${project.id}/users/${user.id}/roles/${role.id}`;
  await admin.ask('identity', { method: 'PUT', path, retries: 3 });
}

/** For `docker network create` without `--subnet`: the pool of that name is Kuryr's default. */
async function kuryrPool(admin: Session): Promise<void> {
  const { subnetPools } = networkClient(admin);
  const [found] = await subnetPools.list({ name: 'kuryr' });
  if (found) return;
  await subnetPools.create({
    name: 'kuryr',
    shared: true,
    prefixes: ['10.200.0.0/16'],
    default_prefixlen: 24,
  });
}

/** The image every server can be made of: Debian with systemd, cloud-init and Docker. */
async function image(admin: Session, dockerImage: string): Promise<void> {
  const [found] = await imageClient(admin).list({ name: 'server' });
  if (found) return;
  const made = await admin.ask<Image>('image', {
    method: 'POST',
    path: '/images',
    body: {
      name: 'server',
      visibility: 'public',
      container_format: 'docker',
      disk_format: 'raw',
      os_distro: 'debian',
      os_version: '12',
      docker_image: dockerImage,
    },
  });
  // The container engine has the content; Glance wants some bytes before it calls an image active.
  await admin.ask('image', {
    method: 'PUT',
    path: `/images/${made.id}/file`,
    body: { docker_image: dockerImage },
    headers: { 'content-type': 'application/octet-stream' },
  });
}

import { networkClient, type Image, imageClient, type Session } from '@gantry/openstack';
import type { Settings } from './settings.ts';

/** What a user finds in a new cloud: the external network `public` and the image `server`. What is there stays as it is. */
export async function seed(admin: Session, settings: Settings, serverImage: string): Promise<void> {
  await Promise.all([externalNetwork(admin, settings.externalCidr), image(admin, serverImage)]);
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

/** A cluster template of what every embedded cloud has, as a request to Magnum. */
export const swarmTemplate = {
  name: 'swarm',
  coe: 'swarm-mode',
  image_id: 'server',
  external_network_id: 'public',
  flavor_id: 'm1.small',
  master_flavor_id: 'm1.small',
} as const;

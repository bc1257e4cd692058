import { labelsFrom, type Label, type Row } from './label.ts';

const swarmAlike: readonly Row[] = [
  ['rexray_preempt', 'boolean', 'false', 'Let REX-Ray take a volume from the node that has it.'],
  ['availability_zone', 'text', '', 'Availability zone of servers and volumes.', { coes: ['swarm-mode'] }],
  [
    'docker_volume_type',
    'text',
    undefined,
    'Type of the volume for images and containers; by default the configured one.',
  ],
  [
    'boot_volume_size',
    'count',
    undefined,
    'GB of the volume that nodes boot from; by default the configured size, 0 being none.',
  ],
  ['boot_volume_type', 'text', undefined, 'Type of that volume; by default the configured one.'],
];

const swarm: readonly Row[] = [
  [
    'swarm_strategy',
    { choices: ['spread', 'binpack', 'random'] },
    'spread',
    'How Swarm places containers on nodes.',
  ],
  ['flannel_network_cidr', 'cidr', '10.100.0.0/16', 'Network of the containers, with flannel.'],
  ['flannel_network_subnetlen', 'count', '24', 'Length of the prefix that each node gets of it.'],
  [
    'flannel_backend',
    { choices: ['udp', 'vxlan', 'host-gw'] },
    'udp',
    'How flannel carries packets between nodes.',
  ],
];

const mesos: readonly Row[] = [
  ['mesos_slave_isolation', 'names', '', 'Isolators of the agents.'],
  ['mesos_slave_image_providers', 'names', '', 'Kinds of images that agents run.'],
  ['mesos_slave_work_dir', 'text', '', 'Working folder of the agents.'],
  ['mesos_slave_executor_env_variables', 'text', '', 'Environment of executors, as JSON.'],
  ['rexray_preempt', 'boolean', 'false', 'Let REX-Ray take a volume from the node that has it.'],
];

/** Labels of the COEs that Magnum had besides Kubernetes. */
export const otherLabels: readonly Label[] = [
  ...labelsFrom(swarmAlike, ['swarm', 'swarm-mode']),
  ...labelsFrom(swarm, ['swarm']),
  ...labelsFrom(mesos, ['mesos']),
];

import type { ClusterTemplate, NodeGroup } from '../../../store/rows.ts';
import type { ClusterAttributes, ClusterType, Driver, DriverContext } from '../../driver.ts';
import { defaultGroups } from '../default-groups.ts';
import type { WorkerResources } from '../group-members.ts';
import { heatDriver, type StackTold } from '../heat-driver.ts';
import type { HeatOptions } from '../node-settings.ts';
import { text, texts } from '../stack-values.ts';
import { loadTemplateFiles } from '../template-files.ts';
import { refusalOf } from './cluster-rules.ts';
import { removeLoadBalancers } from './load-balancers.ts';
import { clusterParameters, groupParameters } from './kubernetes-parameters.ts';
import { rotateServiceAccount } from './service-account.ts';
import { upgradedLabels, upgradeParameters, upgradeRefusal } from './upgrades.ts';

interface Family {
  readonly name: string;
  readonly type: Omit<ClusterType, 'coe'>;
  /** Whether nodes of the original's clusters can be brought to another version, and take new certificates. */
  readonly upgrades: boolean;
  readonly rotates: boolean;
}

/** The original's drivers, whose names stand in images, templates and configurations. */
const FAMILIES: readonly Family[] = [
  {
    name: 'k8s_fedora_coreos_v1',
    type: { serverType: 'vm', os: 'fedora-coreos' },
    upgrades: true,
    rotates: true,
  },
  {
    name: 'k8s_fedora_atomic_v1',
    type: { serverType: 'vm', os: 'fedora-atomic' },
    upgrades: true,
    rotates: false,
  },
  { name: 'k8s_coreos_v1', type: { serverType: 'vm', os: 'coreos' }, upgrades: false, rotates: false },
  { name: 'k8s_fedora_ironic_v1', type: { serverType: 'bm', os: 'fedora' }, upgrades: false, rotates: false },
];

/**
 * Kubernetes. Stacks have the parameters, outputs and names of resources of the original's templates, so that
 * clusters that the original has built are watched, resized, upgraded and deleted in the same way as ours.
 */
export function kubernetesDrivers(options: HeatOptions): Driver[] {
  const templates = loadTemplateFiles(new URL('templates/cluster.yaml', import.meta.url));
  return FAMILIES.map(({ name, type, upgrades, rotates }) =>
    heatDriver(
      {
        name,
        provides: [{ ...type, coe: 'kubernetes' }],
        templates,
        parameters: (context) => clusterParameters(context, options),
        attributes: attributesOf,
        workers,
        clearAway: removeLoadBalancers,
        addedGroups: {
          parameters: (context, group, main) => groupParameters(context, group, main, options),
          addresses: (outputs, context) => addressesIn(outputs, 'kube_minions', context),
        },
        ...(upgrades && { upgradeParameters }),
        rest: {
          validateCluster: (cluster, template: ClusterTemplate) => refusalOf(cluster, template, options),
          validateNodegroup: (group) => groupRefusal(group, options),
          missingFields: ({ flavor_id, master_flavor_id }) =>
            flavor_id === null && master_flavor_id === null ? ['flavor_id'] : [],
          ...(upgrades && { validateUpgrade: upgradeRefusal, upgradedLabels }),
          ...(rotates && {
            rotateCa: (context, change) => rotateServiceAccount(context, change, options),
          }),
        },
      },
      options,
    ),
  );
}

const workers: WorkerResources = {
  resource: 'kube_minions',
  count: 'number_of_minions',
  removal: 'minions_to_remove',
  host: (stackName, member) => `${stackName}-node-${member}`,
};

function attributesOf({ outputs, parameters }: StackTold, context: DriverContext): ClusterAttributes {
  const { masters, workers: group } = defaultGroups(context.nodegroups);
  const address = text(outputs.get('api_address'));
  const plain = context.template?.tls_disabled === true;
  return {
    apiAddress: address && (plain ? `http://${address}:8080` : `https://${address}:6443`),
    discoveryUrl: undefined,
    coeVersion: text(parameters['kube_version']),
    containerVersion: undefined,
    nodeAddresses: new Map([
      [masters.name, addressesIn(outputs, 'kube_masters', context)],
      [group.name, addressesIn(outputs, 'kube_minions', context)],
    ]),
  };
}

/** Without floating IPs, the original's stacks tell nothing by their public addresses. */
function addressesIn(
  outputs: ReadonlyMap<string, unknown>,
  key: 'kube_masters' | 'kube_minions',
  { cluster }: DriverContext,
): string[] {
  return texts(outputs.get(cluster.floating_ip_enabled ? key : `${key}_private`));
}

function groupRefusal(
  { node_labels, node_taints }: Pick<NodeGroup, 'node_labels' | 'node_taints'>,
  { simulatedServers }: HeatOptions,
): string | undefined {
  if (!simulatedServers) {
    return 'This release of Gantry does not make nodes of Kubernetes yet: resize a node group that is there';
  }
  if (Object.keys(node_labels).length === 0 && node_taints.length === 0) return undefined;
  return 'node_labels and node_taints: this release of Gantry does not set them on nodes of Kubernetes yet';
}

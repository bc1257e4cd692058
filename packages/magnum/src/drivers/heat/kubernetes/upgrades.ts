import type { ClusterTemplate, Labels, NodeGroup } from '../../../store/rows.ts';
import type { DriverContext, UpgradeOrder, UpgradeRefusal } from '../../driver.ts';
import { label } from '../stack-values.ts';

/** Parameters for the versions that labels name; of both ways to name a system's tree, the original takes the first. */
export function versionParameters(labels: Labels): Record<string, string> {
  const kubeTag = label(labels, 'kube_tag');
  const tree = ['ostree_commit', 'ostree_remote'].find((name) => label(labels, name) !== undefined);
  return {
    ...(kubeTag !== undefined && {
      kube_tag: kubeTag,
      kube_version: kubeTag,
      master_kube_tag: kubeTag,
      minion_kube_tag: kubeTag,
    }),
    ...(tree !== undefined && { [tree]: label(labels, tree) ?? '' }),
  };
}

/** Parameters that bring a stack's nodes to a template's versions. */
export function upgradeParameters(
  _context: DriverContext,
  { template, maxBatchSize }: UpgradeOrder,
): Record<string, unknown> {
  return { update_max_batch_size: maxBatchSize, ...versionParameters(template.labels) };
}

/** Kubernetes goes to newer versions only. Source: Kubernetes, "Version Skew Policy". */
export function upgradeRefusal(
  { labels }: Pick<NodeGroup, 'labels'>,
  to: ClusterTemplate,
): UpgradeRefusal | undefined {
  if (Object.keys(versionParameters(to.labels)).length === 0) {
    return { kind: 'unfit', why: 'it has none of the labels kube_tag, ostree_commit and ostree_remote' };
  }
  const now = label(labels, 'kube_tag');
  const wanted = label(to.labels, 'kube_tag');
  if (now === undefined || wanted === undefined || !isOlder(wanted, now)) return undefined;
  return {
    kind: 'older',
    why: `kube_tag: the template's is older than that of the nodes (${wanted}, ${now})`,
  };
}

/** What nodes have after an upgrade, in the labels that say so. */
export function upgradedLabels(to: ClusterTemplate): Labels {
  const kubeTag = label(to.labels, 'kube_tag');
  return kubeTag === undefined ? {} : { kube_tag: kubeTag };
}

/** Tags that are no versions can't be compared, and are nobody's fault. */
function isOlder(one: string, other: string): boolean {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  if (!a || !b) return false;
  const differing = a.findIndex((number, index) => number !== b[index]);
  return differing >= 0 && (a[differing] ?? 0) < (b[differing] ?? 0);
}

/** `v1.23.3-rancher1` → 1, 23, 3 */
function numbersOf(tag: string): number[] | undefined {
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(tag);
  return found?.slice(1).map((number) => Number(number ?? 0));
}

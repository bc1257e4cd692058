import type { Labels, NodeTaint } from '../store/rows.ts';
import { conflict, type MagnumError } from './errors.ts';

/** Names below kubernetes.io and k8s.io that a kubelet may give its own node. Source: Kubernetes, NodeRestriction. */
const ALLOWED_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const ALLOWED_KEYS = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'node.kubernetes.io/windows-build',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const TAINT_FIELDS = ['key', 'value', 'effect'];

/** @param group its name. @throws MagnumError 409 */
export function checkNodeLabels(group: string, role: string, labels: Labels): void {
  const keys = Object.keys(labels);
  if (role === 'master' && keys.length > 0) throw onMasters('node_labels');
  for (const key of keys) {
    const slash = key.indexOf('/');
    const prefix = slash < 0 ? '' : key.slice(0, slash);
    const reserved = /(^|\.)(kubernetes|k8s)\.io$/.test(prefix);
    if (!reserved || ALLOWED_PREFIXES.includes(prefix) || ALLOWED_KEYS.has(key)) continue;
    throw invalid(group, 'node_labels', `${key} is reserved by Kubernetes and can not be set on a node`);
  }
}

/**
 * Reads taints.
 *
 * @param given a list of objects
 * @throws MagnumError 409 naming the taint and the field
 */
export function readTaints(
  group: string,
  role: string,
  given: readonly Readonly<Record<string, unknown>>[],
): NodeTaint[] {
  if (role === 'master' && given.length > 0) throw onMasters('node_taints');
  return given.map((taint, index) => {
    const at = `node_taints[${index}]`;
    const strange = Object.keys(taint).filter((field) => !TAINT_FIELDS.includes(field));
    if (strange.length > 0) {
      const why = `${at} contains unrecognised field(s) ${strange.toSorted().join(', ')}; allowed fields are key, value, effect`;
      throw invalid(group, 'node_taints', why);
    }
    const { key, value, effect } = taint;
    if (typeof key !== 'string' || key === '') throw invalid(group, 'node_taints', `${at}.key is required`);
    if (typeof effect !== 'string' || !EFFECTS.includes(effect)) {
      throw invalid(group, 'node_taints', `${at}.effect must be one of ${EFFECTS.join(', ')}`);
    }
    if (value === undefined || value === null) return { key, effect };
    if (typeof value !== 'string') throw invalid(group, 'node_taints', `${at}.value must be a string`);
    return { key, value, effect };
  });
}

function onMasters(field: string): MagnumError {
  return conflict(`${field} may not be set on master nodegroups`);
}

function invalid(group: string, field: string, why: string): MagnumError {
  return conflict(`${field} for ${group} is invalid (${why}).`);
}

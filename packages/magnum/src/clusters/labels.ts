import type { Labels } from '../store/rows.ts';

export interface LabelDifferences {
  /** In both, but not the same; with the parent's value, as the original shows it. */
  readonly overridden: Labels;
  /** Only in the child. */
  readonly added: Labels;
  /** Only in the parent. */
  readonly skipped: Labels;
}

/** How the labels of a cluster differ from its template's, or a node group's from its cluster's. */
export function labelDifferences(parent: Labels, child: Labels): LabelDifferences {
  return {
    overridden: pick(parent, (key, value) => Object.hasOwn(child, key) && child[key] !== value),
    added: pick(child, (key) => !Object.hasOwn(parent, key)),
    skipped: pick(parent, (key) => !Object.hasOwn(child, key)),
  };
}

/**
 * Labels of what is created below a parent: the parent's where none are given; else the given ones, on top of the
 * parent's if `merge`.
 */
export function inheritedLabels(parent: Labels, given: Labels | null | undefined, merge: boolean): Labels {
  if (!given || Object.keys(given).length === 0) return parent;
  return merge ? { ...parent, ...given } : given;
}

function pick(labels: Labels, keep: (key: string, value: string) => boolean): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key, value]) => keep(key, value)));
}

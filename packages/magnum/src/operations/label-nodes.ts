import { withDriver } from './driver-context.ts';
import { changeTarget } from './change-target.ts';
import type { Step } from './verb.ts';

/** Gives nodes the labels of their group; takes those off that the parameter `former_labels` names. */
export const labelStep: Step = {
  name: 'label',
  doing: 'Labelling the nodes',
  progress: 92,
  keepsOnFailure: true,
  async do(context) {
    const target = await changeTarget(context);
    const { membership } = target.driver;
    const former = context.operation.parameters['former_labels'];
    const names = Array.isArray(former) ? former.map(String) : [];
    if (!membership || (names.length === 0 && Object.keys(target.group.node_labels).length === 0)) return;
    await withDriver(context, target, context.signal, (inner) =>
      membership.label(inner, target.group, names),
    );
  },
};

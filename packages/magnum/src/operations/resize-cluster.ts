import { scalingVerb } from './scaling-steps.ts';

/** Gives a node group another size; those who are named go first. */
export const resizeCluster = scalingVerb('resize');

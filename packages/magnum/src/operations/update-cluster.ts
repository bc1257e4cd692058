import { scalingVerb } from './scaling-steps.ts';

/** Gives the default workers another size, and, if told, goes back when that fails. */
export const updateCluster = scalingVerb('update');

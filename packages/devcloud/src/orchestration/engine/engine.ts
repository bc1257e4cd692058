import type { ResourceContext } from '../resources/resource-type.ts';
import type { Dict } from '../values.ts';
import type { Definition } from './definition.ts';
import type { Runtime, StopReason } from './runtime.ts';
import type { StackRow } from './tables.ts';

/** The part that moves stacks, as the rest of the service sees it. */
export interface Engine extends Runtime {
  /** Carries out what the row of a stack says is in progress. Returns at once; does nothing if that is under way. */
  run(stackId: string): void;
  /** Stops what is under way in a stack and all below it, and waits until it has. */
  stop(stackId: string, why: StopReason): Promise<void>;
  /** Resolves when nothing is under way in a stack. */
  settled(stackId: string): Promise<void>;
  define(stack: StackRow): Promise<Definition>;
  /** What a resource type works with, for one row. */
  context(rowId: string, properties: Dict, updatePolicy: Dict, signal: AbortSignal): ResourceContext;
}

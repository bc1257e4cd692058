import { randomBytes } from 'node:crypto';
import type { Store } from '../../cloud/store.ts';

interface AgentRow {
  readonly id: 'cloud';
  /** Marks what this cloud makes on the machine, so that two clouds never take each other's things. */
  readonly cloud_id: string;
  /** The host forwarded before this cloud made it; undefined as long as it has not. */
  readonly forwarded_before?: boolean;
}

/** What the agent has to know again after a restart. */
export interface AgentState {
  readonly cloudId: string;
  readonly forwardedBefore: boolean | undefined;
  /** Keeps only the first answer: later ones are our own doing. */
  rememberForwarding(forwarding: boolean): void;
}

/** @param cloudId the mark of a new cloud; an old one keeps that which its things on the machine carry */
export function openAgentState(
  cloud: { readonly store: Store },
  cloudId: string = randomBytes(6).toString('hex'),
): AgentState {
  const table = cloud.store.table<AgentRow>('network/agent-state');
  const row = table.get('cloud') ?? table.put({ id: 'cloud', cloud_id: cloudId });
  return {
    cloudId: row.cloud_id,
    get forwardedBefore() {
      return table.get('cloud')?.forwarded_before;
    },
    rememberForwarding(forwarding) {
      const now = table.get('cloud') ?? row;
      if (now.forwarded_before === undefined) table.put({ ...now, forwarded_before: forwarding });
    },
  };
}

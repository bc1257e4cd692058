import type { Logger } from '@gantry/oslo';
import type { ClusterCertificates } from '../certificates/cluster-certificates.ts';
import type { Sealer } from '../certificates/sealing.ts';
import type { Driver } from '../drivers/driver.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import type { ClusterEvent, Operation, OperationCaller, Verb } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Sessions } from './sessions.ts';

/** What conductors do about certificates. */
export type ConductorCertificates = Omit<ClusterCertificates, 'caCertificateOf' | 'sign'>;

/**
 * How a cluster comes to act for its owner after the owner's token has expired. Trusts are one way; users of
 * application credentials may need another.
 */
export interface CredentialStrategy {
  /** Makes it and writes it into the cluster's row; does nothing more if it is there. */
  obtain(context: StepContext): Promise<void>;
  /** Removes it, or as much of it as there is; what or whose owner is gone is gone. */
  discard(context: StepContext): Promise<void>;
}

/** What steps work with. */
export interface OperationServices {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly drivers: DriverRegistry;
  /** Removes what a driver made that isn't there any more: any Heat stack can be deleted without knowing what is in it. */
  readonly remover: Driver;
  readonly certificates: ConductorCertificates;
  readonly credentials: CredentialStrategy;
  /** Opens callers' tokens. */
  readonly sealer: Pick<Sealer, 'open'>;
  /** How much of a cluster's stack is there, 0 to 1, as the status reconciler saw it last. */
  readonly stackProgress: ReadonlyMap<string, number>;
  readonly clock: Clock;
  readonly log: Logger;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

/** One run of an operation's step. */
export interface StepContext extends OperationServices {
  readonly operation: Operation;
  /** Aborts when the operation was replaced by another, the claim was lost, or the process ends. */
  readonly signal: AbortSignal;
  /** How often this step was begun, this time included. */
  readonly attempt: number;
  /** Adds a line to the cluster's story. */
  tell(level: ClusterEvent['level'], reason: string, message: string): Promise<void>;
  /** Writes down what is left of the caller; a step that has used the token up leaves it out. */
  changeCaller(caller: OperationCaller): Promise<void>;
  /** Writes down, as JSON, what a step found out, for itself when it is run again and for those after it. */
  remember(name: string, value: unknown): Promise<void>;
}

/** How a step ended: it is finished, or wants to be looked at again after so many milliseconds. */
export type StepOutcome = void | {
  readonly again: number;
  /** How much of this step is done, 0 to 1. */
  readonly done?: number | undefined;
};

/**
 * One thing that an operation does. It can be run twice, from the beginning, wherever the first run ended;
 * what it must remember for that it writes into rows before it asks a neighbour.
 */
export interface Step {
  readonly name: string;
  /** For people, as in "making the trust". */
  readonly doing: string;
  /** The condition that tells whether this is in order. */
  readonly condition?: string;
  /** The operation's progress, in percent, once this is done. */
  readonly progress: number;
  do(context: StepContext): Promise<StepOutcome>;
  /** Takes back what `do` did, whole or half; success if there is nothing. */
  undo?(context: StepContext): Promise<void>;
  /** Its failure leaves everything as it is, because users look there for the cause, or because it is retried. */
  readonly keepsOnFailure?: boolean;
}

/** What a user can order: the steps, and what the rows say when they ended. */
export interface VerbDefinition {
  readonly verb: Verb;
  readonly steps: readonly Step[];
  /** Writes down the good end, in the transaction that ends the operation. */
  completed(store: Store, operation: Operation): Promise<void>;
  /** Writes down the bad end, in the transaction that ends the operation. @param reason for the user, one line */
  failed(store: Store, operation: Operation, reason: string): Promise<void>;
}

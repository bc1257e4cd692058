import type { Change } from '../model/context.ts';

/** What makes packets flow as the tables say. */
export interface DataPlane {
  /** Brings the machine to what the tables say, then follows changes and interfaces until `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** What has just changed in the tables. Returns at once; the work is done in order behind it. */
  changed(changes: readonly Change[]): void;
  /** Resolves when everything there was to do is done. */
  settled(): Promise<void>;
  /** Waits for the work under way. What was made stays: servers go on talking while the cloud restarts. */
  stop(): Promise<void>;
}

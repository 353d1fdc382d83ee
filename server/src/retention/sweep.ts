import { command } from '../base/command.ts'
import type { RetentionStore, SweepCall, Swept } from './retention-store.ts'

/** Removes a bounded number of the oldest rows of one kind, and keeps the place where the next turn goes on. */
export const sweepOnce = command<{ retention: RetentionStore }, SweepCall, Swept>('sweep', (tx, call) =>
  tx.retention.sweep(call),
)

import type { RerunOutcome, RerunOutcomes } from '@trunkline/sdk'

/** Something that a follower has written, or in a dry run would write. */
export type Change =
  | { kind: 'delivery'; endpointId: string }
  | { kind: 'event'; type: string; subject: string | null; data: unknown }
  | { kind: 'subscription' | 'payment' | 'user'; id: string; before: object | null; after: object | null }

/** What became of an event that was run again, with what changed. */
export interface Rerun extends Omit<RerunOutcome, 'changes'> {
  changes: readonly Change[]
}

export interface Reruns extends Omit<RerunOutcomes, 'data'> {
  data: readonly Rerun[]
}

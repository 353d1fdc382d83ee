import type { EventHead } from '@trunkline/sdk'

export type ParkedState = 'retrying' | 'waiting' | 'parked' | 'handled' | 'dismissed'

/** An event that a follower could not handle, as the API shows it. */
export interface ParkedEvent {
  id: string
  eventId: string
  follower: string
  eventType: string | null
  subject: string | null
  state: ParkedState
  cause: string | null
  explanation: string | null
  error: string | null
  attempts: number
  nextAttemptAt: string | null
  afterGap: number | null
  createdAt: string
  updatedAt: string
  endedAt: string | null
}

export interface ParkedEventWithEvent extends ParkedEvent {
  /** How many later events of its subject wait. */
  waiting: number
  event: EventHead | null
}

/** Something that a follower has written, or in a dry run would write. */
export type Change =
  | { kind: 'delivery'; endpointId: string }
  | { kind: 'event'; type: string; subject: string | null; data: unknown }
  | { kind: 'subscription' | 'payment' | 'user'; id: string; before: object | null; after: object | null }

export interface RerunOutcome {
  id: string
  eventId: string
  follower: string
  outcome: 'handled' | 'failed' | 'already' | 'waiting' | 'dismissed' | 'missing'
  cause: string | null
  explanation: string | null
  error: string | null
  changes: Change[]
}

export interface RerunOutcomes {
  data: RerunOutcome[]
  handled: number
  failed: number
  nextCursor: string | null
  hasMore: boolean
}

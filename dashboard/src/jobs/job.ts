export type JobStatus = 'running' | 'paused' | 'cancelled' | 'done' | 'failed'

/** A piece of work over many rows, as the API shows it. */
export interface Job {
  id: string
  kind: string
  status: JobStatus
  args: Record<string, unknown>
  /** How many rows there are to look at; null when nobody has counted. */
  count: number | null
  isAtLeast: boolean
  counts: Record<string, number>
  /** 0 to 1; null when it cannot be told. */
  share: number | null
  perSecond: number | null
  speed: number | null
  endsAt: string | null
  error: string | null
  createdAt: string
  updatedAt: string
  endedAt: string | null
}

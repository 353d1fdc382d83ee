import type { Page } from '../base/page.ts'
import type { Job, JobStatus } from './job.ts'

/** What of a job a step changes. */
export type JobProgress = Pick<Job, 'cursor' | 'counts' | 'status' | 'updatedAt' | 'endedAt'>

/** What somebody has decided about a job. */
export type JobDecision = Pick<Job, 'status' | 'error' | 'updatedAt' | 'endedAt'>

export interface JobFilter {
  customer?: string
  kind?: string
  status?: JobStatus
}

export interface JobReads {
  read(workspaceId: string, id: string): Promise<Job | undefined>
  /** Newest first. */
  list(workspaceId: string, filter: JobFilter, page: Page): Promise<readonly Job[]>
  /**
   * The running jobs of these kinds that this process owns or could take, those first that have been left alone for
   * longest.
   */
  workable(
    owner: string,
    kinds: readonly string[],
    limit: number,
  ): Promise<readonly Pick<Job, 'id' | 'workspaceId' | 'kind'>[]>
}

/** Jobs inside a transaction. */
export interface JobStore extends JobReads {
  insert(job: Job): Promise<void>
  /** Makes `owner` the owner of a running job unless a live process has it; undefined when it is not to be had. */
  take(id: string, owner: string): Promise<Job | undefined>
  /**
   * Reads a running job of that generation and keeps it from changing until the transaction ends; undefined when it was
   * taken over, paused or cancelled.
   */
  hold(id: string, generation: number): Promise<Job | undefined>
  /** Writes where a job stands. It must be held. */
  move(id: string, progress: JobProgress): Promise<void>
  /**
   * Changes a job that is in one of these states, under a new generation and without an owner; undefined when it is in
   * none of them or not there. `generation` says that it must still be that one.
   */
  decide(
    which: { workspaceId: string; id: string; from: readonly JobStatus[]; generation?: number },
    decision: JobDecision,
  ): Promise<Job | undefined>
  /** Removes up to a thousand jobs that ended before this. */
  removeEnded(before: number): Promise<void>
  /**
   * Of a customer's jobs that have ended, or of the workspace's own, keeps so many of the newest; removes up to a thousand.
   */
  keepNewest(of: Pick<Job, 'workspaceId' | 'customer'>, keep: number): Promise<void>
}

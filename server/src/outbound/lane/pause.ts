import { command } from '../../base/command.ts'
import type { LaneStore } from './lane-store.ts'

type PauseTx = { lanes: LaneStore }

/**
 * Pauses all deliveries of a workspace. What is on the wire ends as it does; nothing new starts, and every queue is kept.
 * Answers since when they are paused: as before, when they were.
 */
export const pauseDeliveries = command<PauseTx, { workspaceId: string; now: number }, number>(
  'pause-deliveries',
  (tx, { workspaceId, now }) => tx.lanes.pause(workspaceId, now),
)

/** Lets all deliveries of a workspace go on. What is due is found by the next look at the lanes. */
export const resumeDeliveries = command<PauseTx, { workspaceId: string }, null>(
  'resume-deliveries',
  async (tx, { workspaceId }) => {
    await tx.lanes.resume(workspaceId)
    return null
  },
)

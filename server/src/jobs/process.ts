import { command } from '../base/command.ts'
import type { ProcessStore } from './process-store.ts'

/** Says that this process lives. Also the smallest write there is: it tells whether the database takes writes. */
export const beat = command<{ processes: ProcessStore }, { processId: string; now: number }, null>(
  'beat',
  async (tx, { processId, now }) => {
    await tx.processes.beat(processId, now)
    // Dead processes stay for a day, so that a lane's last owner can be named.
    await tx.processes.forget(now - 24 * 60 * 60 * 1000)
    return null
  },
)

/** Takes leave: what this process owned is free at once. */
export const leave = command<{ processes: ProcessStore }, { processId: string }, null>(
  'leave',
  async (tx, { processId }) => {
    await tx.processes.remove(processId)
    return null
  },
)

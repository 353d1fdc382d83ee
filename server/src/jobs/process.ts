import { command } from '../base/command.ts'
import type { LiveProcess, ProcessStore } from './process-store.ts'

type ProcessTx = { processes: ProcessStore }

export interface Beat {
  processId: string
  roles: readonly string[]
  /** Processes that this one takes for dead, with the count it last saw. */
  silent: readonly Pick<LiveProcess, 'id' | 'beats'>[]
  now: number
}

/**
 * Says that this process lives, strikes off those that do not, and answers who does. Also the smallest write there is:
 * it tells whether the database takes writes.
 */
export const beat = command<ProcessTx, Beat, { processes: readonly LiveProcess[]; struck: readonly string[] }>(
  'beat',
  async (tx, { processId, roles, silent, now }) => {
    await tx.processes.beat({ id: processId, roles }, now)
    const struck = silent.length > 0 ? await tx.processes.strike(silent) : []
    return { processes: await tx.processes.list(), struck }
  },
)

/** Takes leave: what this process owned is free at once. */
export const leave = command<ProcessTx, { processId: string }, null>('leave', async (tx, { processId }) => {
  await tx.processes.remove(processId)
  return null
})

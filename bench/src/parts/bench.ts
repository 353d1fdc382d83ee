import type { Receiver } from '../load/receiver.ts'
import type { Measured, Times } from '../measure/window.ts'
import type { Databases } from '../systems/databases.ts'

/** What every cell is given. */
export interface Bench {
  root: string
  /** Where runs keep their files, on the disk that is measured. */
  workFolder: string
  receiver: Receiver
  databases: Databases | undefined
}

/** One line of the table: something that is run once in every round. */
export interface Cell {
  part: 'a' | 'b' | 'c' | 'd' | 'f' | 'g' | 'h' | 'i'
  name: string
  /** The cells of the same part that it is compared with. */
  beside: readonly string[]
  run(times: Times): Promise<Measured>
}

/**
 * With a warm-up in which the engine has compiled what is hot. At a thousand events a second it is busy with that for some ten
 * seconds, and who handles fewer events takes longer: in a short run that would be charged to each event.
 */
export const compiled = (times: Times): Times => ({ ...times, warmUpMs: 10 * times.warmUpMs })

/** Connections that events come in on, and how many events may be on their way. */
export const connections = 64
export const openEvents = 1000
/** How long everything sent may take to arrive after the load has ended. */
export const settleLimitMs = 15_000

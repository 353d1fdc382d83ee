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

/** Connections that events come in on, and how many events may be on their way. */
export const connections = 64
export const openEvents = 1000
/** How long everything sent may take to arrive after the load has ended. */
export const settleLimitMs = 15_000

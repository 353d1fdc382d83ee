/** A process that shares the database, as the others see it. */
export interface LiveProcess {
  id: string
  /** How often it has said that it lives. */
  beats: number
  /** What it does: `accept`, `deliver`, `api`, `follow`. */
  roles: readonly string[]
}

/** The processes that share a database. What is not in this list owns nothing. */
export interface ProcessStore {
  /** Counts a sign of life; a process that is not in the list (any more) is put there. */
  beat(process: Omit<LiveProcess, 'beats'>, now: number): Promise<void>
  /** Everyone in the list. */
  list(): Promise<readonly LiveProcess[]>
  remove(processId: string): Promise<void>
  /** Strikes off those that have not counted on since; answers whom. */
  strike(silent: readonly Pick<LiveProcess, 'id' | 'beats'>[]): Promise<readonly string[]>
}

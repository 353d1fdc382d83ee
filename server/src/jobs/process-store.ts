/** The processes that share a database. A process is alive as long as its last heartbeat is younger than a lease. */
export interface ProcessStore {
  beat(processId: string, now: number): Promise<void>
  remove(processId: string): Promise<void>
  /** Forgets processes whose last heartbeat is older. */
  forget(before: number): Promise<void>
}

/** A database of its own on a server for tests. */
export interface TestDatabase {
  url: string
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>
}
/** A real PostgreSQL that belongs to one test. */
export interface TestPostgres {
  /** The administrator's URL; the same after a restart. */
  url: string
  /** The folder of its Unix socket. */
  socketFolder: string
  createDatabase(): Promise<TestDatabase>
  /** Ends the server. `fast` ends the connections and writes everything out; `immediate` is a crash that it notices. */
  stop(options?: { mode: 'fast' | 'immediate' }): Promise<void>
  /** SIGKILL: no farewell to anybody. */
  kill(): Promise<void>
  /** Starts it again, after ending it if it still runs. */
  restart(options?: { mode: 'fast' | 'immediate' }): Promise<void>
  /** Ends it and removes its files. */
  remove(): Promise<void>
}
/**
 * Starts a PostgreSQL of this test's own, for tests that end or break it; it is gone when the test process is. Other tests
 * share one: see `sharedPostgres`.
 */
export declare function startPostgres(): Promise<TestPostgres>
/** Creates a database of a random name on the server of an administrator's URL. */
export declare function createDatabase(adminUrl: string): Promise<TestDatabase>

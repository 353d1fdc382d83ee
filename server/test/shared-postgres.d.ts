import { type TestDatabase } from './postgres.ts'
/** The PostgreSQL that all tests of a run share. */
export interface SharedPostgres {
  /** The administrator's URL. */
  url: string
  createDatabase(): Promise<TestDatabase>
}
/**
 * The PostgreSQL that all tests of a run share, started when the first of them asks: the server of
 * TRUNKLINE_TEST_DATABASE_URL if that is set, otherwise one that comes with the packages. Tests that end it take
 * `startPostgres`.
 */
export declare function sharedPostgres(): Promise<SharedPostgres>
/** Run by vitest in its main process, before all tests; what it returns is run after them. */
export declare function setup(): Promise<() => Promise<void>>

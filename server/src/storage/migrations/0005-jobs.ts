import type { Migration } from './migration.ts'

/** Compared byte by byte, as everywhere: see the first step. */
const text = 'text COLLATE "C"'

/**
 * Work over many rows that outlives the process which does it. The index of running ones is by id and not by time: a step
 * writes the time, and on PostgreSQL a row whose indexed columns stay is rewritten in its place.
 */
export const jobs: Migration = {
  name: '0005-jobs',
  sqlite: [
    // state: jobs, and how far each has come
    `CREATE TABLE jobs (
       id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, kind TEXT NOT NULL, args TEXT NOT NULL, plan_count INTEGER,
       plan_is_at_least INTEGER NOT NULL, status TEXT NOT NULL, cursor TEXT, counts TEXT NOT NULL, per_second INTEGER,
       owner TEXT, generation INTEGER NOT NULL, error TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
       resumed_at INTEGER NOT NULL, resumed_looked INTEGER NOT NULL, ended_at INTEGER
     )`,
    `CREATE INDEX jobs_of_workspace ON jobs (workspace_id, id)`,
    `CREATE INDEX jobs_running ON jobs (id) WHERE status = 'running'`,
    `CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL`,
  ],
  postgres: [
    // state: jobs, and how far each has come
    `CREATE TABLE jobs (
       id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL, kind ${text} NOT NULL, args ${text} NOT NULL, plan_count bigint,
       plan_is_at_least smallint NOT NULL, status ${text} NOT NULL, cursor ${text}, counts ${text} NOT NULL,
       per_second bigint, owner ${text}, generation bigint NOT NULL, error ${text}, created_at bigint NOT NULL,
       updated_at bigint NOT NULL, resumed_at bigint NOT NULL, resumed_looked bigint NOT NULL, ended_at bigint
     ) WITH (fillfactor = 70)`,
    `CREATE INDEX jobs_of_workspace ON jobs (workspace_id, id)`,
    `CREATE INDEX jobs_running ON jobs (id) WHERE status = 'running'`,
    `CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL`,
  ],
}

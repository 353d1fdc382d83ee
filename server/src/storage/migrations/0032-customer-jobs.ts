import type { Migration } from './migration.ts'

/** Whose a job is: the customer's whose key has started it. Null for the workspace's own. */
export const customerJobs: Migration = {
  name: '0032-customer-jobs',
  sqlite: [`ALTER TABLE jobs ADD COLUMN customer TEXT`],
  postgres: [`ALTER TABLE jobs ADD COLUMN customer text COLLATE "C"`],
}

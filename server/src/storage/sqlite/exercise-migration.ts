import { silentLog } from '../../base/log.ts'
import { migrations } from '../migrations/index.ts'
import type { Migration } from '../migrations/migration.ts'
import { migrateSqlite } from './migrate.ts'

/** A step that might come later. */
export const colours: Migration = {
  name: '0901-colours',
  sqlite: [
    'ALTER TABLE events ADD COLUMN colour TEXT',
    'CREATE TABLE colours (id INTEGER PRIMARY KEY, name BLOB NOT NULL)',
    'INSERT INTO colours (name) SELECT id FROM workspaces',
  ],
  postgres: [],
}

/** The same step, on a machine so slow that it never ends. What it writes soon does not fit into memory. */
export const endlessColours: Migration = {
  ...colours,
  sqlite: [
    'PRAGMA cache_size = 10',
    ...colours.sqlite,
    `INSERT INTO colours (name)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT randomblob(1000) FROM n`,
  ],
}

// As a process of its own: brings a file to the schema by that step, until it is killed.
const [, , file] = process.argv
if (process.argv.includes('--endless') && file)
  migrateSqlite(file, {
    now: 0,
    version: '0.2.0',
    journal: silentLog,
    migrations: [...migrations, endlessColours],
  })

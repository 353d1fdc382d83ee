import pg from 'pg'
import { type Log, silentLog } from '../../base/log.ts'
import { t0 } from '../exercise/rows.ts'
import { migrations } from '../migrations/index.ts'
import type { Migration } from '../migrations/migration.ts'
import { migratePostgres } from './migrate.ts'
import type { Patience } from './migrate-step.ts'

/** A step that might come later. */
export const colours: Migration = {
  name: '0901-colours',
  sqlite: [],
  postgres: [
    'CREATE TABLE colours (id text COLLATE "C" PRIMARY KEY)',
    "INSERT INTO colours (id) VALUES ('green')",
    `ALTER TABLE events ADD COLUMN colour text COLLATE "C" DEFAULT 'green', ADD COLUMN shade bigint`,
  ],
}

/** Steps that touch every table that is busy, each its own. */
export const coloursEverywhere: readonly Migration[] = [
  colours,
  ...['requests', 'dedupe_keys', 'deliveries', 'attempts', 'lanes', 'endpoints', 'sources'].map((table, i) => ({
    name: `09${i + 10}-colours-of-${table.replace('_', '-')}`,
    sqlite: [],
    postgres: [`ALTER TABLE ${table} ADD COLUMN colour text COLLATE "C" DEFAULT 'green', ADD COLUMN shade bigint`],
  })),
  { name: '0920-deliveries-by-colour', sqlite: [], postgres: ['CREATE INDEX by_colour ON deliveries (colour, id)'] },
]

/** The same step, on a machine so slow that it never ends. */
export const endlessColours: Migration = { ...colours, postgres: [...colours.postgres, 'SELECT pg_sleep(3600)'] }

/** Brings a database to the schema as a program of version 0.2.0 would that knows more steps. */
export async function migrateNew(
  url: string,
  {
    steps = [colours],
    journal = silentLog,
    patience,
  }: { steps?: readonly Migration[]; journal?: Log; patience?: Patience } = {},
): Promise<void> {
  const clients = [1, 2].map(() => new pg.Client({ connectionString: url, application_name: 'trunkline start' }))
  for (const client of clients) client.on('error', () => {}) // cases end connections
  const [client, watcher] = clients as [pg.Client, pg.Client]
  try {
    await Promise.all([client.connect(), watcher.connect()])
    const upgrade = { now: t0, version: '0.2.0', journal, migrations: [...migrations, ...steps] }
    await migratePostgres(client, watcher, upgrade, patience)
  } finally {
    await Promise.all([client.end(), watcher.end()])
  }
}

// As a process of its own: brings a database to the schema by that step, until it is killed.
const [, , url] = process.argv
if (process.argv.includes('--endless') && url) await migrateNew(url, { steps: [endlessColours] })

import type pg from 'pg'
import { migrations } from '../../src/storage/migrations/index.ts'

/**
 * A database as plain SQL that makes it again where it is run: the statements of its steps as they were, the partitions
 * that it had, and its rows. Written by hand because the programs of PostgreSQL do not come with npm.
 */
export async function textOf(client: pg.Client, version: string): Promise<string> {
  const ask = async (sql: string) =>
    (await client.query<string[]>({ text: sql, rowMode: 'array' })).rows.map(([first = '']) => first)
  const done = await ask('SELECT name FROM migrations')
  const steps = migrations.filter(({ name }) => done.includes(name)).flatMap(({ postgres }) => postgres)
  const made = steps.join('\n')
  const partitions = await ask(
    `SELECT format('CREATE TABLE %s PARTITION OF %s %s', c.relname, p.relname, pg_get_expr(c.relpartbound, c.oid))
     FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_class p ON p.oid = inhparent
     WHERE c.relkind = 'r' ORDER BY c.relname`,
  )
  const ownPartitions = partitions.filter((each) => !made.includes(each.split(' PARTITION')[0] ?? each))
  const tables = await ask(
    `SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
     ORDER BY relname <> 'workspaces', relname`,
  )
  const rows: string[] = []
  for (const table of tables) rows.push(...(await ask(await selectInserts(client, table))))
  const sequences = await ask(
    `SELECT format('SELECT setval(%L, %s)', sequencename, last_value) FROM pg_sequences WHERE last_value IS NOT NULL`,
  )
  return [
    `-- The data of Trunkline ${version} on PostgreSQL, made by a running server.`,
    ...[
      'CREATE TABLE migrations (name text PRIMARY KEY, at bigint NOT NULL, version text NOT NULL)',
      ...steps.map((each) => each.replace(/[ \t]+$/gm, '')),
      ...ownPartitions,
      `TRUNCATE ${tables.join(', ')}`,
      ...rows,
      ...sequences,
    ].map((each) => `${each};`),
    '',
  ].join('\n')
}

/** A statement that answers the INSERT of each row of a table. Untyped literals become whatever the column is. */
async function selectInserts(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ column_name: string }>(
    `SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public' ORDER BY ordinal_position`,
    [table],
  )
  const columns = rows.map((row) => row.column_name)
  const values = columns.map((each) => `quote_nullable(${each}::text)`).join(` || ', ' || `)
  return `SELECT 'INSERT INTO ${table} (${columns.join(', ')}) VALUES (' || ${values} || ')' FROM ${table} ORDER BY 1`
}

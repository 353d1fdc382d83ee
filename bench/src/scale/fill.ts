import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Bench } from '../parts/bench.ts'
import { startChild } from '../systems/child.ts'

/** Puts rows into the file of a server that is down. */
export async function fillSqlite(
  { root, workFolder }: Pick<Bench, 'root' | 'workFolder'>,
  dataFolder: string,
  statements: readonly string[],
): Promise<void> {
  const list = join(dataFolder, 'statements.json')
  writeFileSync(list, JSON.stringify(statements))
  const program = fileURLToPath(new URL('./fill-sqlite.js', import.meta.url))
  const database = join(root, 'server/dist/storage/sqlite/database.js')
  const child = await startChild(workFolder, () => ({
    args: [program, database, join(dataFolder, 'trunkline.db'), list],
    isReady: /^ready/,
  }))
  try {
    while (!child.hasEnded()) await new Promise((resolve) => setTimeout(resolve, 100))
    if (!/^filled$/m.test(child.output())) throw new Error(`the file could not be filled:\n${child.output()}`)
  } finally {
    await child.stop()
  }
}

/** The same on PostgreSQL, with what the server would do by itself in the minutes after. */
export async function fillPostgres(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (const statement of [...statements, 'VACUUM (ANALYZE)', 'CHECKPOINT']) await client.query(statement)
  } finally {
    await client.end()
  }
}

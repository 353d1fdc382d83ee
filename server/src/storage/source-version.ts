import { randomInt } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

const name = 'sources'

/** What the sources were at a moment, as one number. It is drawn, not counted: a count that was rolled back would come again. */
export async function readSourceVersion(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('versions').select('version').where('name', '=', name).executeTakeFirst()
  return row?.version ?? 0
}

/**
 * Says that a source changes. It is said before anything else: whoever changes sources at the same time waits here, and so
 * no two of them can hold what the other one waits for.
 */
export async function touchSources(db: Kysely<Tables>): Promise<void> {
  const version = randomInt(1, 2 ** 47)
  await db
    .insertInto('versions')
    .values({ name, version })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ version }))
    .execute()
}

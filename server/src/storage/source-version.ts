import { randomInt } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** So many numbers, or whoever changes one source would wait for everybody who changes another. */
const parts = 64

/** What the sources were at a moment, as one number: the sum of the parts. */
export async function readSourceVersion(db: Kysely<Tables>): Promise<number> {
  const rows = await db.selectFrom('versions').select('version').where('name', 'like', 'sources-%').execute()
  return rows.reduce((sum, { version }) => sum + version, 0)
}

/**
 * Says that a source changes. The number is drawn, not counted: a count that was rolled back would come again. It is said
 * before anything else, so that those who change one source at the same time wait here, in one order.
 */
export async function touchSource(db: Kysely<Tables>, sourceId: string): Promise<void> {
  const version = randomInt(1, 2 ** 47) // the sum of all parts is still an exact number
  await db
    .insertInto('versions')
    .values({ name: `sources-${partOf(sourceId)}`, version })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ version }))
    .execute()
}

const partOf = (sourceId: string): number =>
  [...sourceId].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % parts, 0)

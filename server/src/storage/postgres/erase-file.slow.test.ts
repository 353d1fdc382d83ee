import { expect, it } from 'vitest'
import { eraseOne } from '../../retention/erase.ts'
import { openTestPostgres } from '../exercise/open-postgres.ts'
import { plant, words } from '../exercise/planted.ts'
import { t0 } from '../exercise/rows.ts'

it('leaves nothing of what was erased in the files of the tables once they were written anew', async () => {
  const opened = await openTestPostgres()
  const { storage, sql } = opened
  /** Which words stand in the files of the database's tables and their large values. */
  const wordsIn = async (said: Record<(typeof words)[number], string>) => {
    await sql('CHECKPOINT')
    const found: string[] = []
    for (const name of words) {
      const [row] = await sql(
        `SELECT count(*) AS n FROM pg_class c WHERE relkind IN ('r', 't', 'i') AND relfilenode <> 0
           AND position(convert_to(?, 'UTF8') IN pg_read_binary_file(pg_relation_filepath(c.oid), true)) > 0`,
        said[name],
      )
      if (Number(row?.n) > 0) found.push(name)
    }
    return found
  }
  const [gone, kept] = [await plant(opened), await plant(opened)]
  expect(await wordsIn(gone.said)).toEqual([...words])
  const { workspaceId, eventId } = gone
  await storage.commit(eraseOne, { workspaceId, now: t0, what: { eventId } })
  await sql('VACUUM FULL')
  expect(await wordsIn(gone.said)).toEqual([])
  expect(await wordsIn(kept.said)).toEqual([...words])
  await opened.cleanup()
})

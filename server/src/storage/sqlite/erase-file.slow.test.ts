import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eraseOne } from '../../retention/erase.ts'
import { sweepOnce } from '../../retention/sweep.ts'
import { openTestSqlite } from '../exercise/open-sqlite.ts'
import { plant, words } from '../exercise/planted.ts'
import { dayMs, t0 } from '../exercise/rows.ts'

const wordsIn = (folder: string, said: Record<(typeof words)[number], string>) => {
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
  return words.filter((name) => bytes.some((each) => each.includes(said[name])))
}

it('leaves nothing of what was erased in the files of a stopped server, neither in rows nor in free pages', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-erase-'))
  const { storage, sql } = await openTestSqlite(folder)
  // Small rows share their pages; large ones have pages of their own, which become free.
  const all = [
    await plant({ storage, sql }),
    await plant({ storage, sql }, { size: 50_000 }),
    await plant({ storage, sql }),
  ]
  const [small, large, kept] = all
  if (!small || !large || !kept) throw new Error('three were planted')
  for (const { said } of all) expect(wordsIn(folder, said)).toEqual([...words])
  for (const { workspaceId, eventId } of [small, large])
    await storage.commit(eraseOne, { workspaceId, now: t0, what: { eventId } })
  await storage.close()
  expect(wordsIn(folder, small.said)).toEqual([])
  expect(wordsIn(folder, large.said)).toEqual([])
  expect(wordsIn(folder, kept.said)).toEqual([...words])
  rmSync(folder, { recursive: true })
})

it('gives the room of what was removed back to the disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-shrink-'))
  const { storage, sql } = await openTestSqlite(folder)
  for (let n = 0; n < 30; n++) await plant({ storage, sql }, { size: 100_000 })
  const pages = async () => Number(Object.values((await sql('PRAGMA page_count'))[0] ?? {})[0])
  const before = await pages()
  const call = { before: t0 + dayMs, now: t0 + 2 * dayMs, followers: ['fan-out'] }
  await sql('UPDATE deliveries SET status = 3 RETURNING id')
  for (const sweep of ['event-data', 'request-bodies', 'free-pages'] as const)
    for (let isDone = false; !isDone; ) isDone = (await storage.commit(sweepOnce, { sweep, ...call })).isDone
  expect(await pages()).toBeLessThan(before / 4)
  await storage.close()
  rmSync(folder, { recursive: true })
})

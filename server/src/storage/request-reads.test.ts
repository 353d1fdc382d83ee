import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../base/id.ts'
import { appendRequest } from '../events/append.ts'
import type { RequestFilter } from '../events/request-store.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { makeRequest, t0 } from './exercise/rows.ts'
import { type Contains, requestReads } from './request-reads.ts'
import { kyselyOn } from './sqlite/dialect.ts'

const workspaceId = newId('workspace', t0)
const otherId = newId('workspace', t0)
const [often, rare] = [newId('source', t0), newId('source', t0)]

let storage: TestStorage
beforeAll(async () => {
  storage = openTestStorage()
  for (let i = 0; i < 60; i++) {
    const [own, sourceId] = i % 2 === 0 ? [workspaceId, i === 10 ? rare : often] : [otherId, often]
    const body = Buffer.alloc(100, i === 4 ? 'y' : 'x')
    const request = makeRequest({ workspaceId: own, sourceId, body, data: '1', at: t0 + i })
    await storage.commit(appendRequest, { ...request, senderAddress: i === 4 ? '192.0.2.1' : '192.0.2.2' })
  }
})
afterAll(() => storage.close())

const contains: Contains = {
  text: (column, text) => sql`instr(${sql.ref(column)}, ${text}) > 0`,
  bytes: (column, bytes) => sql`instr(${sql.ref(column)}, ${bytes}) > 0`,
}

/** Reads with a search of at most so much a page, and in steps of so much. */
function readsWithin(most: object, step: object = {}, mostMs = 60_000) {
  const all = { entries: 1000, rows: 1000, bytes: 1_000_000 }
  const executor = { all: (text: string, values: readonly unknown[]) => storage.sql(text, ...(values as string[])) }
  const db = kyselyOn({ ...executor } as Parameters<typeof kyselyOn>[0])
  return requestReads(db, contains, { most: { ...all, ...most }, step: { ...all, ...step }, mostMs })
}

/** The pages up to the last one: how many rows each has, and the whole. */
async function pages(reads: ReturnType<typeof requestReads>, filter: RequestFilter, limit = 5) {
  const sizes: number[] = []
  const times: number[] = []
  for (let after: string | null = null; sizes.length < 100; ) {
    const { rows, next } = await reads.list(workspaceId, filter, { after, limit })
    sizes.push(rows.length)
    times.push(...rows.map(({ receivedAt }) => receivedAt - t0))
    if (next === null) break
    after = next
  }
  return { sizes, times }
}

describe('a search for requests', () => {
  it.each<[string, object, object]>([
    ['rows', { rows: 10 }, { rows: 5 }],
    ['bytes of bodies', { bytes: 1000 }, { bytes: 500 }],
  ])('ends a page after so many %s, and the next one goes on there', async (_, most, step) => {
    const { sizes, times } = await pages(readsWithin(most, step), { text: 'yyy' })
    expect(times).toEqual([4])
    expect(sizes.slice(0, 3)).toEqual([0, 0, 1])
    expect(sizes.slice(3)).toEqual(sizes.length > 3 ? [0] : [])
  })

  it('for a source goes through so many entries of the index, and looks into no row of another', async () => {
    const { sizes, times } = await pages(readsWithin({ entries: 10 }, { entries: 5 }), { sourceId: rare })
    expect(times).toEqual([10])
    expect(sizes.slice(0, 3)).toEqual([0, 0, 1])
  })

  it('looks into one row at least, whatever it weighs', async () => {
    const { sizes, times } = await pages(readsWithin({ bytes: 1 }, { bytes: 1 }), { text: 'yyy' })
    expect(times).toEqual([4])
    expect(sizes.length).toBeGreaterThanOrEqual(30)
  })

  it('ends a page when its time is over', async () => {
    const { sizes } = await pages(readsWithin({}, { rows: 3 }, 0), { senderAddress: '192.0.2.2' })
    expect(sizes.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 3))
  })

  it.each([1, 2, 7, 30])('in steps of %i finds each once, with pages of any size', async (rows) => {
    const wanted = Array.from({ length: 30 }, (_, i) => 58 - 2 * i)
    for (const limit of [1, 5, 30]) {
      for (const most of [rows, 1000]) {
        const reads = readsWithin({ rows: most }, { rows })
        expect((await pages(reads, { text: 'key' }, limit)).times).toEqual(wanted)
        expect((await pages(reads, { senderAddress: '192.0.2.2' }, limit)).times).toEqual(
          wanted.filter((ms) => ms !== 4),
        )
        expect((await pages(reads, { sourceId: often }, limit)).times).toEqual(wanted.filter((ms) => ms !== 10))
      }
    }
  })
})

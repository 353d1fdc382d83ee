import { describe, expect, it } from 'vitest'
import { appendRequest, heldBatch, releaseHeld } from '../../events/append.ts'
import { createSource, deleteSource, updateSource } from '../../inbound/keep-source.ts'
import type { Bench } from './opened.ts'
import { makeRequest, makeSource, news, type RequestShape, t0 } from './rows.ts'

/** Sources that are paused hold what they receive, and let it go in order. */
export function exerciseHeld(at: Bench): void {
  describe('a paused source', () => {
    const place = async () => {
      const workspaceId = await at.workspace()
      const source = makeSource(workspaceId)
      await at.storage.commit(createSource, { source, news: news(workspaceId, 'source.created', source.id) })
      return { workspaceId, sourceId: source.id }
    }
    type Place = Awaited<ReturnType<typeof place>>
    const set = ({ workspaceId, sourceId: id }: Place, isPaused: boolean) =>
      at.storage.commit(updateSource, {
        workspaceId,
        id,
        changes: { isPaused },
        now: t0,
        news: news(workspaceId, 'source.updated', id),
      })
    const append = (shape: RequestShape) => at.storage.commit(appendRequest, makeRequest(shape))
    const release = ({ sourceId }: Place) => at.storage.commit(releaseHeld, { sourceId })
    const releaseAll = async (where: Place) => {
      for (let i = 0; i < 200; i++) if ((await release(where)).isDone) return
      throw new Error('it never ends')
    }
    const eventsOf = async ({ workspaceId }: Place) =>
      (await at.storage.reads.log.listEvents(workspaceId, {}, { after: null, limit: 1000 })).rows
        .filter(({ requestId }) => requestId !== null)
        .reverse()
    const requestOf = (where: Place, id: string) => at.storage.reads.log.readRequest(where.workspaceId, id)
    const heldOf = ({ workspaceId, sourceId }: Place) => at.storage.reads.sources.held(workspaceId, [sourceId])
    const keysOf = async ({ sourceId }: Place) =>
      (await at.sql('SELECT key FROM dedupe_keys WHERE source_id = ? ORDER BY key', sourceId)).map(({ key }) => key)

    it('keeps requests without events and without keys, and counts them', async () => {
      const where = await place()
      expect((await set(where, true)).holding).toBe('paused')
      const receipt = await append({ ...where, keys: ['a', 'b'] })
      expect(receipt).toEqual({
        requestId: expect.any(String),
        eventIds: [],
        isRepeat: false,
        bodyDiffers: false,
        isHeld: true,
      })
      await append({ ...where, keys: ['c'] })
      expect(await eventsOf(where)).toEqual([])
      expect(await keysOf(where)).toEqual([])
      expect(await heldOf(where)).toEqual([{ sourceId: where.sourceId, requests: 2 }])
      expect(await requestOf(where, receipt.requestId)).toMatchObject({ verdict: 'verified', cause: 'HELD' })
      const body = await at.storage.reads.log.readBody(where.workspaceId, receipt.requestId)
      expect(Buffer.from(body ?? []).toString()).toBe('{"n":1}')
      expect(await release(where)).toEqual({ requests: 0, events: 0, isDone: true })
      expect(await heldOf(where)).toHaveLength(1)
    })

    it('keeps how often its events have come through a delivery', async () => {
      const where = await place()
      await set(where, true)
      const request = makeRequest({ ...where, keys: ['a', 'b'] })
      const [one, two] = request.events.map((event, i) => (i === 0 ? { ...event, hops: 5 } : event))
      if (!one || !two) throw new Error('there are two events')
      await at.storage.commit(appendRequest, { ...request, events: [one, two] })
      await set(where, false)
      await releaseAll(where)
      const made = await at.sql('SELECT hops FROM events WHERE request_id = ? ORDER BY seq', request.id)
      expect(made.map(({ hops }) => hops)).toEqual([5, null])
    })

    it('holds nothing of other sources, also not of those in the same group, and nothing that makes no event', async () => {
      const [paused, other] = [await place(), await place()]
      await set(paused, true)
      const [held, made, none] = await Promise.all([
        append({ ...paused, keys: ['a'] }),
        append({ ...other, keys: ['a'] }),
        append({ ...paused, keys: [], cause: 'UNPARSABLE' }),
      ])
      expect([held.isHeld, made.isHeld, none.isHeld]).toEqual([true, undefined, undefined])
      expect(await eventsOf(other)).toHaveLength(1)
      expect([await keysOf(paused), await keysOf(other)]).toEqual([[], ['a']])
    })

    it('makes the events in order of receipt when it is resumed, those that come meanwhile behind them', async () => {
      const where = await place()
      await set(where, true)
      for (let n = 0; n < 5; n++) await append({ ...where, keys: [`k${n}`], data: String(n), at: t0 + n })
      expect((await set(where, false)).holding).toBe('releasing')
      expect(await at.storage.reads.sources.releasing(100)).toContain(where.sourceId)
      const late = await append({ ...where, keys: ['late'], data: '99', at: t0 + 9 })
      expect(late.isHeld).toBe(true)
      expect(await release(where)).toEqual({ requests: 6, events: 6, isDone: true })
      expect(await at.storage.reads.sources.releasing(100)).not.toContain(where.sourceId)
      expect((await append({ ...where, keys: ['after'], data: '100', at: t0 + 10 })).isHeld).toBeUndefined()
      const data: unknown[] = []
      for (const { id } of await eventsOf(where))
        data.push((await at.storage.reads.log.readEvent(where.workspaceId, id))?.data)
      expect(data).toEqual(['0', '1', '2', '3', '4', '99', '100'])
      expect(await heldOf(where)).toEqual([])
      expect(await requestOf(where, late.requestId)).toMatchObject({ verdict: 'verified', cause: null, detail: null })
      expect((await at.storage.reads.sources.read(where.workspaceId, where.sourceId))?.holding).toBe('none')
    })

    it('releases in batches that are bounded, each at least one request', async () => {
      const where = await place()
      await set(where, true)
      const large = `"${'x'.repeat(heldBatch.bytes)}"`
      for (let n = 0; n < 2; n++) await append({ ...where, keys: [`large ${n}`], data: large, at: t0 + n })
      for (let n = 0; n < heldBatch.requests + 1; n++) await append({ ...where, keys: [`small ${n}`], at: t0 + 10 + n })
      await set(where, false)
      const batches = [await release(where), await release(where), await release(where), await release(where)]
      expect(batches.map(({ requests, isDone }) => [requests, isDone])).toEqual([
        [1, false],
        [1, false],
        [heldBatch.requests, false],
        [1, true],
      ])
    })

    it('stays paused when it is paused again in the middle, and goes on with the rest later', async () => {
      const where = await place()
      await set(where, true)
      for (let n = 0; n <= heldBatch.requests; n++) await append({ ...where, keys: [`k${n}`], at: t0 + n })
      await set(where, false)
      expect((await release(where)).isDone).toBe(false)
      await set(where, true)
      expect(await release(where)).toEqual({ requests: 0, events: 0, isDone: true })
      await set(where, false)
      await releaseAll(where)
      expect(await eventsOf(where)).toHaveLength(heldBatch.requests + 1)
    })

    it('makes each key one event, and says in the record which request was a repeat', async () => {
      const where = await place()
      const before = await append({ ...where, keys: ['known'], data: '1' })
      await set(where, true)
      const [same, other, first, again, part] = [
        await append({ ...where, keys: ['known'], data: '1', at: t0 + 1 }),
        await append({ ...where, keys: ['known'], data: '2', at: t0 + 2 }),
        await append({ ...where, keys: ['new'], data: '3', at: t0 + 3 }),
        await append({ ...where, keys: ['new'], data: '3', at: t0 + 4 }),
        await append({ ...where, keys: ['new', 'newer'], data: '3', at: t0 + 5 }),
      ]
      await set(where, false)
      expect(await release(where)).toEqual({ requests: 5, events: 2, isDone: true })
      const record = async ({ requestId }: typeof same) => {
        const found = await requestOf(where, requestId)
        return [found?.verdict, found?.cause, found?.repeatOf]
      }
      expect(await record(same)).toEqual(['duplicate', 'REPEATED', before.requestId])
      expect(await record(other)).toEqual(['duplicate', 'BODY_DIFFERS', before.requestId])
      expect(await record(first)).toEqual(['verified', null, null])
      expect(await record(again)).toEqual(['duplicate', 'REPEATED', first.requestId])
      expect(await record(part)).toEqual(['verified', null, null])
      expect(await eventsOf(where)).toHaveLength(3)
    })

    it('compares the bytes where there is no JSON, and gives its record what it was to say', async () => {
      const where = await place()
      await set(where, true)
      const first = await append({ ...where, keys: ['a'], data: null, body: 'bytes', cause: 'SHARED' })
      const same = await append({ ...where, keys: ['a'], data: null, body: 'bytes', at: t0 + 1 })
      const other = await append({ ...where, keys: ['a'], data: null, body: 'others', at: t0 + 2 })
      await set(where, false)
      await releaseAll(where)
      const causes = [first, same, other].map(async ({ requestId }) => (await requestOf(where, requestId))?.cause)
      expect(await Promise.all(causes)).toEqual(['SHARED', 'REPEATED', 'BODY_DIFFERS'])
    })

    it('loses and doubles nothing when requests come while it is paused, resumed and released by several at once', async () => {
      const where = await place()
      let isOver = false
      const releasing = [1, 2].map(async () => {
        while (!isOver) await release(where)
      })
      const sent: Promise<{ n: number }>[] = []
      for (let round = 0; round < 6; round++) {
        await set(where, round % 2 === 0)
        for (let i = 0; i < 20; i++) {
          const n = round * 20 + i
          sent.push(append({ ...where, keys: [`k${n}`], data: String(n), at: t0 + n }).then(() => ({ n })))
        }
        // The first and the second half of each round are no more at the same time than providers' repeats are.
        await Promise.all(sent)
      }
      isOver = true
      await Promise.all(releasing)
      await releaseAll(where)
      const data: number[] = []
      for (const { id } of await eventsOf(where))
        data.push(Number((await at.storage.reads.log.readEvent(where.workspaceId, id))?.data))
      const rounds = data.map((n) => Math.floor(n / 20))
      expect([...data].sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, n) => n))
      expect(rounds).toEqual([...rounds].sort((a, b) => a - b))
    })

    it('is not deleted while it holds anything', async () => {
      const where = await place()
      await set(where, true)
      await append({ ...where, keys: ['a'] })
      const { workspaceId, sourceId: id } = where
      const remove = () =>
        at.storage.commit(deleteSource, { workspaceId, id, news: news(workspaceId, 'source.deleted', id) })
      await expect(remove()).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(await at.storage.reads.sources.read(workspaceId, id)).toBeDefined()
      await set(where, false)
      await releaseAll(where)
      await remove()
      expect(await eventsOf(where)).toHaveLength(1)
    })
  })
}

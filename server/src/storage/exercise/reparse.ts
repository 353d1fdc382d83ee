import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest, dedupeWindowMs, releaseHeld } from '../../events/append.ts'
import type { NewEvent } from '../../events/event.ts'
import type { Reparsed } from '../../events/reparse.ts'
import type { NewRequest } from '../../events/request.ts'
import { createSource, updateSource } from '../../inbound/keep-source.ts'
import { previewReparse } from '../../inbound/reprocess-plan.ts'
import type { Bench } from './opened.ts'
import { hashOf, makeRequest, makeSource, news, type RequestShape, t0 } from './rows.ts'

/** What today's parser makes of a request: a word for each event, perhaps with a key. */
type Found = readonly (string | { data: string; key: string })[]

/** Stored requests that are read again: nothing is lost of what they have made, and nothing is made twice. */
export function exerciseReparse(at: Bench): void {
  describe('a request that is read again', () => {
    const place = async () => {
      const workspaceId = await at.workspace()
      const source = makeSource(workspaceId)
      await at.storage.commit(createSource, { source, news: news(workspaceId, 'source.created', source.id) })
      return { workspaceId, sourceId: source.id }
    }
    type Place = Awaited<ReturnType<typeof place>>
    const append = async (shape: RequestShape) => {
      const request = makeRequest(shape)
      await at.storage.commit(appendRequest, request)
      return request
    }
    const eventOf = (request: NewRequest, each: Found[number]): NewEvent => {
      const { data, key } = typeof each === 'string' ? { data: each, key: null } : each
      const [event] = makeRequest({ ...request, at: request.receivedAt, keys: [key], data }).events
      if (!event) throw new Error('a request of one event')
      return {
        ...event,
        requestId: request.id,
        dedupe: key === null ? null : { key, hash: hashOf(request.sourceId, key) },
      }
    }
    const reparsed = (request: NewRequest, found: Found | null, over: Partial<Reparsed> = {}): Reparsed => ({
      id: request.id,
      sourceId: request.sourceId,
      receivedAt: request.receivedAt,
      cause: null,
      detail: null,
      events: found?.map((each) => eventOf(request, each)) ?? null,
      ...over,
    })
    const reparse = async (...[request, found, over]: Parameters<typeof reparsed>) => {
      const [outcome] = await at.inside.log.reparse([reparsed(request, found, over)], dedupeWindowMs)
      if (!outcome) throw new Error('each is answered')
      return outcome
    }
    const eventsOf = async ({ workspaceId }: Pick<Place, 'workspaceId'>) =>
      (await at.sql(
        'SELECT data, request_id, received_at, id FROM events WHERE workspace_id = ? AND request_id IS NOT NULL ORDER BY seq',
        workspaceId,
      )) as {
        data: string | null
        request_id: string
        id: string
        received_at: unknown
      }[]
    const dataOf = async (where: Pick<Place, 'workspaceId'>) => (await eventsOf(where)).map(({ data }) => data)
    const recordOf = async ({ workspaceId, id }: NewRequest) => {
      const row = await at.storage.reads.log.readRequest(workspaceId, id)
      return [row?.verdict, row?.cause]
    }
    const ownerOf = async ({ sourceId }: Place, key: string) =>
      (await at.sql('SELECT event_id FROM dedupe_keys WHERE source_id = ? AND key = ?', sourceId, key))[0]?.event_id
    const set = ({ workspaceId, sourceId: id }: Place, isPaused: boolean) =>
      at.storage.commit(updateSource, {
        workspaceId,
        id,
        changes: { isPaused },
        now: t0,
        news: news(workspaceId, 'source.updated', id),
      })
    const releaseAll = async ({ sourceId }: Place) => {
      for (let i = 0; i < 50; i++) if ((await at.storage.commit(releaseHeld, { sourceId })).isDone) return
    }
    const unchanged = {
      added: [],
      outdated: [],
      repeated: 0,
      isHeld: false,
      isMended: false,
      isUnreadable: false,
      isGone: false,
    }

    it('keeps the events that it has, once each, and makes those that are missing', async () => {
      const where = await place()
      const request = await append({ ...where, keys: [null, null], data: '"a"' })
      expect(await reparse(request, ['"a"', '"a"'])).toEqual({ requestId: request.id, ...unchanged })
      // Three equal ones where there were two.
      expect((await reparse(request, ['"b"', '"a"', '"a"', '"a"'])).added).toHaveLength(2)
      expect(await dataOf(where)).toEqual(['"a"', '"a"', '"b"', '"a"'])
      for (let i = 0; i < 2; i++)
        expect(await reparse(request, ['"b"', '"a"', '"a"', '"a"'])).toEqual({ requestId: request.id, ...unchanged })
      expect(await dataOf(where)).toEqual(['"a"', '"a"', '"b"', '"a"'])
      for (const event of await eventsOf(where)) {
        expect(event.request_id).toBe(request.id)
        expect(Number(event.received_at)).toBe(request.receivedAt)
      }
    })

    it('keeps what today’s parser does not make any more, and says so', async () => {
      const where = await place()
      const request = await append({ ...where, data: '"a"' })
      const outcome = await reparse(request, [])
      expect(outcome).toEqual({
        requestId: request.id,
        ...unchanged,
        outdated: [{ type: 'test.made', subject: null, customer: null }],
      })
      expect(await dataOf(where)).toEqual(['"a"'])
    })

    it('gives its own key to the revision of its event, and back', async () => {
      const where = await place()
      const request = await append({ ...where, keys: ['k'], data: '"old"' })
      const first = await ownerOf(where, 'k')
      expect(first).toBe(request.events[0]?.id)
      const revised = await reparse(request, [{ data: '"new"', key: 'k' }])
      expect([revised.added.length, revised.outdated.length, revised.repeated]).toEqual([1, 1, 0])
      const second = (await eventsOf(where))[1]?.id
      expect(await ownerOf(where, 'k')).toBe(second)
      expect((await reparse(request, [{ data: '"new"', key: 'k' }])).added).toEqual([])
      // A repeat is known as one of the revision.
      const repeat = makeRequest({ ...where, keys: ['k'], data: '"new"' })
      expect(await at.storage.commit(appendRequest, repeat)).toMatchObject({
        isRepeat: true,
        bodyDiffers: false,
        eventIds: [second],
      })
      expect((await reparse(request, [{ data: '"old"', key: 'k' }])).added).toEqual([])
      expect(await ownerOf(where, 'k')).toBe(first)
      expect(await dataOf(where)).toEqual(['"old"', '"new"'])
    })

    it('makes no event of a key that another request has', async () => {
      const where = await place()
      const broken = await append({ ...where, keys: [], cause: 'UNPARSABLE' })
      const other = await append({ ...where, keys: ['k'], data: '"x"' })
      const outcome = await reparse(broken, [{ data: '"x"', key: 'k' }])
      expect(outcome).toMatchObject({ added: [], repeated: 1, isMended: true })
      expect(await recordOf(broken)).toEqual(['duplicate', 'REPEATED'])
      expect(await ownerOf(where, 'k')).toBe(other.events[0]?.id)
      expect(await dataOf(where)).toEqual(['"x"'])
    })

    it('knows its own event again beside one alike whose key another request has', async () => {
      const where = await place()
      const broken = await append({ ...where, keys: [], cause: 'UNPARSABLE' })
      await append({ ...where, keys: ['k'], data: '"other"' })
      const found = [{ data: '"x"', key: 'k' }, '"x"']
      expect(await reparse(broken, found)).toMatchObject({ added: [{}], repeated: 1 })
      for (const isPaused of [false, true]) {
        await set(where, isPaused)
        expect(await reparse(broken, found)).toMatchObject({ added: [], repeated: 1, outdated: [], isHeld: false })
      }
      expect(await dataOf(where)).toEqual(['"other"', '"x"'])
    })

    it('keeps its first event of two with one key, as when it came', async () => {
      const where = await place()
      const request = await append({ ...where, keys: ['k', 'k'], data: '"x"' })
      expect(await dataOf(where)).toEqual(['"x"'])
      const found = [
        { data: '"x"', key: 'k' },
        { data: '"y"', key: 'k' },
      ]
      for (let i = 0; i < 2; i++)
        expect(await reparse(request, found)).toMatchObject({ added: [], repeated: 1, outdated: [] })
      const other = await append({ ...where, keys: [], cause: 'UNPARSABLE' })
      const pair = [
        { data: '"1"', key: 'l' },
        { data: '"2"', key: 'l' },
      ]
      expect(await reparse(other, pair)).toMatchObject({ added: [{}], repeated: 1 })
      expect(await reparse(other, pair)).toMatchObject({ added: [], repeated: 1 })
      expect(await dataOf(where)).toEqual(['"x"', '"1"'])
    })

    it('claims today’s key for an event that stays', async () => {
      const where = await place()
      const request = await append({ ...where, keys: ['before'], data: '"x"' })
      await reparse(request, [{ data: '"x"', key: 'after' }])
      expect(await ownerOf(where, 'after')).toBe(request.events[0]?.id)
      const repeat = makeRequest({ ...where, keys: ['after'], data: '"x"' })
      expect(await at.storage.commit(appendRequest, repeat)).toMatchObject({
        isRepeat: true,
        eventIds: [request.events[0]?.id],
      })
    })

    it('is mended when it could not be read, and stays as it is when it cannot be read now', async () => {
      const where = await place()
      const broken = await append({ ...where, keys: [], cause: 'UNPARSABLE' })
      expect(await reparse(broken, null)).toEqual({ requestId: broken.id, ...unchanged, isUnreadable: true })
      expect(await recordOf(broken)).toEqual(['verified', 'UNPARSABLE'])
      expect(await reparse(broken, ['"a"'])).toMatchObject({ isMended: true, added: [{}] })
      expect(await recordOf(broken)).toEqual(['verified', null])
      expect(await reparse(broken, null)).toMatchObject({ isUnreadable: true, outdated: [] })
      expect(await recordOf(broken)).toEqual(['verified', null])
      expect(await reparse(broken, ['"a"'], { cause: 'SHARED', detail: 'of several' })).toEqual({
        requestId: broken.id,
        ...unchanged,
      })
      expect(await recordOf(broken)).toEqual(['verified', 'SHARED'])
      expect(await dataOf(where)).toEqual(['"a"'])
    })

    it('makes nothing when its body was taken away, or it was, and nothing anew of what was erased', async () => {
      const where = await place()
      const [bare, gone, erased] = [
        await append({ ...where, data: '"a"' }),
        await append({ ...where, data: '"b"' }),
        await append({ ...where, data: '"c"' }),
      ]
      await at.sql('UPDATE requests SET body = NULL WHERE id = ?', bare.id)
      await at.sql('DELETE FROM requests WHERE id = ?', gone.id)
      await at.sql('UPDATE events SET data = NULL WHERE request_id = ?', erased.id)
      for (const request of [bare, gone])
        expect(await reparse(request, ['"new"'])).toEqual({ requestId: request.id, ...unchanged, isGone: true })
      expect(await reparse(erased, ['"c"'])).toEqual({ requestId: erased.id, ...unchanged })
      expect(await dataOf(where)).toEqual(['"a"', '"b"', null])
    })

    it('makes the events of many in the order of receipt, and each once of many that read it at once', async () => {
      const where = await place()
      const requests: NewRequest[] = []
      for (let i = 0; i < 12; i++) requests.push(await append({ ...where, keys: [], cause: 'UNPARSABLE', at: t0 + i }))
      const all = requests.map((request, i) => reparsed(request, [`"${i}"`, { data: `"k${i}"`, key: `k${i}` }]))
      const shuffled = [...all.slice(5), ...all.slice(0, 5)]
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () => at.inside.log.reparse(shuffled, dedupeWindowMs)),
      )
      expect(await dataOf(where)).toEqual(requests.flatMap((_, i) => [`"${i}"`, `"k${i}"`]))
      expect(outcomes.flat().reduce((sum, { added }) => sum + added.length, 0)).toBe(24)
      expect(outcomes[0]?.map(({ requestId }) => requestId)).toEqual(shuffled.map(({ id }) => id))
    })

    it('waits where its source is paused, once, and makes its events when that is resumed', async () => {
      const where = await place()
      const old = await append({ ...where, keys: ['k'], data: '"old"', at: t0 })
      await append({ ...where, keys: ['z'], data: '"z"', at: t0 })
      const broken = await append({ ...where, keys: [], cause: 'UNPARSABLE', at: t0 + 1 })
      await set(where, true)
      const held = await append({ ...where, keys: ['h'], data: '"h old"', at: t0 + 2 })
      const found: [NewRequest, Found][] = [
        [old, [{ data: '"new"', key: 'k' }]],
        // Its second has the key of one that waits before it, which is known when both are released; its third's is known now.
        [
          broken,
          [
            { data: '"mended"', key: 'm' },
            { data: '"k"', key: 'k' },
            { data: '"z"', key: 'z' },
          ],
        ],
        [held, [{ data: '"h new"', key: 'h' }]],
      ]
      const outcomes = []
      for (const [request, events] of found) outcomes.push(await reparse(request, events))
      expect(outcomes.map(({ added, repeated, isHeld }) => [added.length, repeated, isHeld])).toEqual([
        [1, 0, true],
        [2, 1, true],
        [1, 0, true],
      ])
      for (const [request, events] of found)
        expect(await reparse(request, events)).toMatchObject({ added: [], isHeld: false })
      expect(await dataOf(where)).toEqual(['"old"', '"z"'])
      for (const request of [old, broken, held]) expect(await recordOf(request)).toEqual(['verified', 'HELD'])
      await set(where, false)
      await releaseAll(where)
      expect(await dataOf(where)).toEqual(['"old"', '"z"', '"new"', '"mended"', '"h new"'])
      for (const request of [old, broken, held]) expect(await recordOf(request)).toEqual(['verified', null])
      expect(await ownerOf(where, 'k')).toBe((await eventsOf(where))[2]?.id)
      for (const [request, events] of found) expect((await reparse(request, events)).added).toEqual([])
      expect(await dataOf(where)).toHaveLength(5)
    })

    it('can be tried: the trial says what would happen and leaves nothing', async () => {
      const where = await place()
      const request = await append({ ...where, keys: ['k'], data: '"old"' })
      const before = [await eventsOf(where), await ownerOf(where, 'k'), await recordOf(request)]
      const call = [
        reparsed(
          request,
          [
            { data: '"new"', key: 'k' },
            { data: '"more"', key: 'm' },
          ],
          { cause: 'SHARED' },
        ),
      ]
      const [told] = await at.storage.commit(previewReparse, call)
      expect([told?.added.length, told?.outdated.length]).toEqual([2, 1])
      expect([await eventsOf(where), await ownerOf(where, 'k'), await recordOf(request)]).toEqual(before)
      expect(await ownerOf(where, 'm')).toBeUndefined()
      expect(await at.inside.log.reparse(call, dedupeWindowMs)).toEqual([told])
    })
  })

  describe('the stored requests', () => {
    const none = { after: null }
    it('are gone through in the order of receipt, by what is asked for, a part at a time', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const sources = [makeSource(workspaceId).id, makeSource(workspaceId).id] as const
      const ids: string[] = []
      for (let i = 0; i < 30; i++) {
        const request = makeRequest({
          workspaceId: i % 5 === 4 ? other : workspaceId,
          sourceId: sources[i % 2] ?? '',
          at: t0 + 1000 + i,
          keys: [],
          body: i % 7 === 0 ? null : 'x'.repeat(i),
          cause: i % 3 === 0 ? 'UNPARSABLE' : null,
          verdict: i % 4 === 0 ? 'unsigned' : 'verified',
        })
        await at.storage.commit(appendRequest, request)
        ids.push(request.id)
      }
      const { scanRequests } = at.storage.reads.log
      const all = async (filter: Parameters<typeof scanRequests>[1], limit: number) => {
        const found: number[] = []
        let after: string | null = none.after
        for (let parts = 0; parts < 100; parts++) {
          const scan = await scanRequests(workspaceId, filter, after, limit)
          expect(scan.found.length).toBeLessThanOrEqual(limit)
          found.push(...scan.found.map(({ id }) => ids.indexOf(id)))
          if (scan.isEnd) return found
          expect(scan.last).not.toBe(after)
          after = scan.last
        }
        throw new Error('it never ends')
      }
      const own = ids.map((_, i) => i).filter((i) => i % 5 !== 4)
      for (const limit of [1, 7, 100]) {
        expect(await all({}, limit)).toEqual(own)
        expect(await all({ sourceId: sources[1] }, limit)).toEqual(own.filter((i) => i % 2 === 1))
        expect(await all({ cause: 'UNPARSABLE' }, limit)).toEqual(own.filter((i) => i % 3 === 0))
        expect(await all({ verdict: 'unsigned' }, limit)).toEqual(own.filter((i) => i % 4 === 0))
        const span = { from: t0 + 1003, to: t0 + 1011 }
        expect(await all(span, limit)).toEqual(own.filter((i) => i >= 3 && i < 11))
        const listed = [ids[20], ids[3], ids[4], ids[3], newId('request', t0), 'nonsense'] as string[]
        expect(await all({ requestIds: listed }, limit)).toEqual([3, 20])
        expect(await all({ requestIds: listed, cause: 'UNPARSABLE' }, limit)).toEqual([3])
      }
      const { found } = await scanRequests(workspaceId, { from: t0 + 1000, to: t0 + 1002 }, null, 10)
      expect(found.map(({ keptBytes, receivedAt, sourceId }) => [keptBytes, receivedAt, sourceId])).toEqual([
        [null, t0 + 1000, sources[0]],
        [1, t0 + 1001, sources[1]],
      ])
      const stored = await at.storage.reads.log.readStored(workspaceId, [ids[6], ids[1], ids[4]] as string[])
      expect(stored.map(({ id, body }) => [ids.indexOf(id), body && Buffer.from(body).toString()])).toEqual([
        [1, 'x'],
        [6, 'xxxxxx'],
      ])
      expect(stored[0]).toMatchObject({
        method: 'POST',
        headers: [['Content-Type', 'application/json']],
        verdict: 'verified',
      })
      expect(await at.storage.reads.log.readStored(workspaceId, [])).toEqual([])
    })
  })
}

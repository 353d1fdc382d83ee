import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { type QuarantineBounds, usualBounds } from '../../base/quarantine-bounds.ts'
import { appendRequest } from '../../events/append.ts'
import { expireQuarantined, keepQuarantined, noteCause } from '../../events/quarantine.ts'
import { type Quarantined, quarantinedBytes } from '../../events/quarantine-store.ts'
import type { NewRequest } from '../../events/request.ts'
import { acceptCommand } from './commands.ts'
import type { Bench } from './opened.ts'
import { makeRequest, t0 } from './rows.ts'

interface Place {
  workspaceId: string
  sourceId: string
}

/** Quarantine: bounded, fair among networks, counted without drift, and left for good once. */
export function exerciseQuarantine(at: Bench): void {
  describe('quarantine', () => {
    const place = async (): Promise<Place> => ({ workspaceId: await at.workspace(), sourceId: newId('source', t0) })
    const keep = (entries: readonly Quarantined[], bounds: Partial<QuarantineBounds> = {}) =>
      at.storage.commit(keepQuarantined, { entries, bounds: { ...usualBounds, ...bounds } })
    const heads = (where: Place, range: { after?: string; from?: number; to?: number } = {}, limit = 1000) =>
      at.storage.reads.quarantine.listHeads({ sourceIds: [where.sourceId], after: null, ...range }, limit)
    const received = async (where: Place) => (await heads(where)).map(({ receivedAt }) => receivedAt - t0)
    const accept = (requests: readonly NewRequest[]) => at.storage.commit(acceptCommand, { requests, now: t0 + 99 })
    const readRequest = (where: Place, id: string) => at.storage.reads.log.readRequest(where.workspaceId, id)
    const counters = async (where: Place) =>
      (await at.sql('SELECT network, requests, bytes FROM quarantine_shares WHERE source_id = ?', where.sourceId))
        .map((row) => ({ network: row.network, requests: Number(row.requests), bytes: Number(row.bytes) }))
        .sort((a, b) => String(a.network).localeCompare(String(b.network)))
    /** Counted anew, from what there is. */
    const recounted = async (where: Place) => {
      const rows = await heads(where)
      const sum = (network: string | undefined) => {
        const some = rows.filter((row) => network === undefined || row.network === network)
        return { network: network ?? '', requests: some.length, bytes: some.reduce((all, { bytes }) => all + bytes, 0) }
      }
      if (rows.length === 0) return []
      return [sum(undefined), ...[...new Set(rows.map(({ network }) => network))].sort().map(sum)]
    }

    it('keeps the record, the body and what is sealed, and lists the oldest first', async () => {
      const where = await place()
      const [second, first] = [entry(where, { at: t0 + 1, sealedParts: 'v1.parts' }), entry(where)]
      expect(await keep([second, first])).toBe(0)
      const stored = await readRequest(where, second.request.id)
      expect(stored).toMatchObject({ verdict: 'quarantined', cause: 'SIGNATURE_MISMATCH', acceptedAt: null })
      const body = await at.storage.reads.log.readBody(where.workspaceId, second.request.id)
      expect(Buffer.from(body ?? [])).toEqual(second.request.body)
      expect(await at.storage.reads.quarantine.readHead(where.workspaceId, second.request.id)).toEqual({
        requestId: second.request.id,
        ...where,
        receivedAt: t0 + 1,
        network: second.network,
        bytes: second.bytes,
        sealedParts: 'v1.parts',
      })
      expect(await at.storage.reads.quarantine.readHead(await at.workspace(), second.request.id)).toBeUndefined()
      expect((await heads(where)).map(({ requestId }) => requestId)).toEqual([first.request.id, second.request.id])
      expect(await counters(where)).toEqual(await recounted(where))
    })

    it('lists and counts a range of it, of several sources in one order', async () => {
      const [one, two] = [await place(), await place()]
      await keep([0, 2, 4].map((ms) => entry(one, { at: t0 + ms })))
      await keep([1, 3, 5].map((ms) => entry(two, { at: t0 + ms })))
      const range = { sourceIds: [one.sourceId, two.sourceId], after: null }
      const listed = await at.storage.reads.quarantine.listHeads(range, 4)
      expect(listed.map(({ receivedAt }) => receivedAt - t0)).toEqual([0, 1, 2, 3])
      const rest = { ...range, after: listed[3]?.requestId ?? '' }
      expect((await at.storage.reads.quarantine.listHeads(rest, 9)).map((row) => row.receivedAt - t0)).toEqual([4, 5])
      expect((await heads(one, { from: t0 + 2, to: t0 + 4 })).map((row) => row.receivedAt - t0)).toEqual([2])
      expect(await at.storage.reads.quarantine.countHeads(range, 100)).toBe(6)
      expect(await at.storage.reads.quarantine.countHeads(range, 5)).toBe(5)
      const shares = await at.storage.reads.quarantine.shares([one.sourceId, two.sourceId, newId('source', t0)])
      expect(shares.map(({ network, requests }) => [network, requests])).toEqual([
        ['', 3],
        ['', 3],
      ])
    })

    it('lets a network that holds too many, or too much, lose its own oldest', async () => {
      const where = await place()
      const bounds = { network: { requests: 3, bytes: 2000 } }
      await keep([entry(where, { network: 'other', at: t0 })], bounds)
      expect(
        await keep(
          [1, 2, 3, 4, 5].map((ms) => entry(where, { at: t0 + ms })),
          bounds,
        ),
      ).toBe(2)
      expect(await received(where)).toEqual([0, 3, 4, 5])
      expect(await keep([entry(where, { at: t0 + 6, bodyBytes: 1900 })], bounds)).toBe(3)
      expect(await received(where)).toEqual([0, 6])
      expect(await counters(where)).toEqual(await recounted(where))
    })

    it('lets the network that holds most lose when a source is full, and no other', async () => {
      const where = await place()
      const bounds = { source: { requests: 10, bytes: 1_000_000 } }
      await keep(
        [1, 2].map((ms) => entry(where, { at: t0 + ms, network: 'small' })),
        bounds,
      )
      await keep(
        Array.from({ length: 30 }, (_, i) => entry(where, { at: t0 + 10 + i, network: 'flood' })),
        bounds,
      )
      expect(await received(where)).toEqual([1, 2, 32, 33, 34, 35, 36, 37, 38, 39])
      const heavy = { source: { requests: 1000, bytes: 5000 } }
      await keep([entry(where, { at: t0 + 50, network: 'heavy', bodyBytes: 4500 })], heavy)
      const left = await heads(where)
      expect(left.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(5000)
      expect(left.filter(({ network }) => network === 'heavy')).toEqual([])
      expect(left.filter(({ network }) => network === 'small')).toHaveLength(2)
      expect(await counters(where)).toEqual(await recounted(where))
    })

    it('finds the network that holds most among more than it looks at in one round', async () => {
      const where = await place()
      const bounds = { source: { requests: 100, bytes: 1_000_000 } }
      const small = Array.from({ length: 90 }, (_, i) => entry(where, { at: t0 + i, network: `net-${i % 45}` }))
      await keep(small, bounds)
      const loud = Array.from({ length: 40 }, (_, i) => entry(where, { at: t0 + 100 + i, network: 'loud' }))
      expect(await keep(loud, bounds)).toBe(30)
      expect((await heads(where)).filter(({ network }) => network !== 'loud')).toHaveLength(90)
      expect((await received(where)).slice(-10)).toEqual(Array.from({ length: 10 }, (_, i) => 130 + i))
      expect(await counters(where)).toEqual(await recounted(where))
    })

    it('lets the source that holds most lose when the server is full', async () => {
      const [small, large] = [await place(), await place()]
      const [whole] = await at.storage.reads.quarantine.shares([''])
      const bounds = { serverBytes: (whole?.bytes ?? 0) + 20_000 }
      await keep([entry(small, { bodyBytes: 3000 })], bounds)
      await keep(
        Array.from({ length: 20 }, (_, i) => entry(large, { at: t0 + i, bodyBytes: 4000 })),
        bounds,
      )
      expect(await received(small)).toEqual([0])
      expect((await received(large)).length).toBeLessThan(5)
      const [now] = await at.storage.reads.quarantine.shares([''])
      expect(now?.bytes).toBeLessThanOrEqual(bounds.serverBytes)
      expect(await counters(large)).toEqual(await recounted(large))
    })

    it('lets go of what is too old, a few at a time, and of nothing else', async () => {
      const where = await place()
      const long = t0 - 400 * 86_400_000
      await keep([...Array.from({ length: 60 }, (_, i) => entry(where, { at: long + i })), entry(where)])
      await at.storage.commit(appendRequest, makeRequest({ ...where, at: long }))
      const turn = () => at.storage.commit(expireQuarantined, { before: long + 1000 })
      expect([await turn(), await turn(), await turn()]).toEqual([
        { gone: 50, isDone: false },
        { gone: 10, isDone: true },
        { gone: 0, isDone: true },
      ])
      expect(await received(where)).toEqual([0])
      const left = await at.sql('SELECT verdict FROM requests WHERE source_id = ?', where.sourceId)
      expect(left.map(({ verdict }) => verdict).sort()).toEqual(['quarantined', 'verified'])
      expect(await counters(where)).toEqual(await recounted(where))
    })

    it('notes a better cause, and none in the record of what is in it no longer', async () => {
      const where = await place()
      const { request } = entry(where)
      await keep([entry(where), { ...entry(where), request }])
      const note = (cause: string, workspaceId = where.workspaceId) =>
        at.storage.commit(noteCause, { request: { ...request, workspaceId }, cause, detail: `because of ${cause}` })
      expect([await note('WRONG_SECRET'), await note('STALE', 'ws_other')]).toEqual([true, false])
      expect(await readRequest(where, request.id)).toMatchObject({
        cause: 'WRONG_SECRET',
        detail: 'because of WRONG_SECRET',
      })
      await accept([genuine(request, 'k')])
      expect(await note('STALE')).toBe(false)
      expect(await readRequest(where, request.id)).toMatchObject({ verdict: 'verified', cause: null })
    })

    it('is left by those that are genuine after all, in order, with their events, and once', async () => {
      const where = await place()
      const refused = [0, 1, 2].map((ms) => entry(where, { at: t0 + ms }))
      await keep(refused)
      const [one, two, three] = refused.map(({ request }, i) => genuine(request, `k${i}`)) as [
        NewRequest,
        NewRequest,
        NewRequest,
      ]
      const first = await Promise.all([accept([one, two]), accept([one, two])])
      expect(first.map(({ accepted, gone }) => [accepted, gone]).sort()).toEqual([
        [0, 2],
        [2, 0],
      ])
      expect(await accept([three, one])).toEqual({ accepted: 1, repeats: 0, events: 1, gone: 1 })
      const stored = (await at.storage.reads.log.listEvents(where.workspaceId, {}, { after: null, limit: 10 })).rows
      expect(stored.map(({ id }) => id).reverse()).toEqual([one, two, three].map(({ events }) => events[0]?.id))
      expect(await readRequest(where, one.id)).toMatchObject({ verdict: 'verified', cause: null, acceptedAt: t0 + 99 })
      expect(await heads(where)).toEqual([])
      expect(await counters(where)).toEqual([])
    })

    it('is left by repeats as repeats, which keep their records', async () => {
      const where = await place()
      const before = makeRequest({ ...where, keys: ['known'], body: '{"n":1}' })
      await at.storage.commit(appendRequest, before)
      const refused = [0, 1, 2, 3].map((ms) => entry(where, { at: t0 + ms }))
      await keep(refused)
      const [same, other, fresh, again] = refused.map(({ request }, i) =>
        genuine(request, i < 2 ? 'known' : 'new', i === 1 ? '{"n":2}' : '{"n":1}'),
      ) as [NewRequest, NewRequest, NewRequest, NewRequest]
      expect(await accept([same, other, fresh, again])).toEqual({ accepted: 1, repeats: 3, events: 1, gone: 0 })
      const record = async ({ id }: NewRequest) => {
        const found = await readRequest(where, id)
        return [found?.verdict, found?.cause, found?.repeatOf, found?.acceptedAt]
      }
      expect(await record(same)).toEqual(['duplicate', 'REPEATED', before.id, t0 + 99])
      expect(await record(other)).toEqual(['duplicate', 'BODY_DIFFERS', before.id, t0 + 99])
      expect(await record(fresh)).toEqual(['verified', null, null, t0 + 99])
      expect(await record(again)).toEqual(['duplicate', 'REPEATED', fresh.id, t0 + 99])
    })

    it('counts right when many keep, accept and let go of much at once', async () => {
      const places = await Promise.all([place(), place(), place()])
      const bounds = { network: { requests: 4, bytes: 5000 }, source: { requests: 10, bytes: 9000 } }
      const work = places.flatMap((where, p) =>
        Array.from({ length: 12 }, async (_, i) => {
          const entries = Array.from({ length: 1 + (i % 4) }, (_, k) =>
            entry(where, {
              at: t0 + 100 * i + k,
              network: `net-${(i + k) % 5}`,
              bodyBytes: 50 * (1 + ((i * k + p) % 9)),
            }),
          )
          await keep(entries, bounds)
          const [some] = entries
          if (some && i % 3 === 0) await accept([genuine(some.request, `k${i}`)])
        }),
      )
      await Promise.all([...work, at.storage.commit(expireQuarantined, { before: t0 + 150 })])
      for (const where of places) {
        expect(await counters(where)).toEqual(await recounted(where))
        expect((await heads(where)).length).toBeLessThanOrEqual(10)
      }
      const [whole] = await at.sql("SELECT requests, bytes FROM quarantine_shares WHERE source_id = ''")
      const [sums] = await at.sql('SELECT count(*) AS requests, sum(bytes) AS bytes FROM quarantined')
      expect([Number(whole?.requests), Number(whole?.bytes)]).toEqual([Number(sums?.requests), Number(sums?.bytes)])
    })
  })
}

interface EntryShape {
  at?: number
  network?: string
  bodyBytes?: number
  sealedParts?: string | null
}

function entry(
  where: Place,
  { at = t0, network = '203.0.113.0/24', bodyBytes = 100, sealedParts = null }: EntryShape = {},
) {
  const body = Buffer.alloc(bodyBytes, 'x')
  const request = makeRequest({ ...where, at, keys: [], body, verdict: 'quarantined', cause: 'SIGNATURE_MISMATCH' })
  return { request, network, sealedParts, bytes: quarantinedBytes({ request, sealedParts }) }
}

/** The same request, proven, with one event. */
function genuine(request: NewRequest, key: string, body = '{"n":1}'): NewRequest {
  const made = makeRequest({
    workspaceId: request.workspaceId,
    sourceId: request.sourceId,
    at: request.receivedAt,
    keys: [key],
    body,
  })
  return { ...made, id: request.id, events: made.events.map((event) => ({ ...event, requestId: request.id })) }
}

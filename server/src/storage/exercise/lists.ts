import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest, publishEvent } from '../../events/append.ts'
import { isWanted } from '../../events/filter.ts'
import type { EventFilter } from '../../events/log-store.ts'
import type { NewDelivery } from '../../outbound/delivery/delivery-store.ts'
import type { Bench } from './opened.ts'
import { dayMs, makeEndpoint, makeEvent, makeRequest, makeSource, t0 } from './rows.ts'

/** Lists: newest first, page by page, filtered. */
export function exerciseLists(at: Bench): void {
  describe('lists', () => {
    it('pages through sources, endpoints, events and deliveries, newest first, each once', async () => {
      const workspaceId = await at.workspace()
      const ids = {
        sources: [] as string[],
        endpoints: [] as string[],
        events: [] as string[],
        deliveries: [] as string[],
      }
      for (let i = 0; i < 7; i++) {
        const source = makeSource(workspaceId, { createdAt: t0 + i })
        const endpoint = makeEndpoint(workspaceId, { createdAt: t0 + i })
        const event = makeEvent({ workspaceId, at: t0 - i })
        const delivery = makeDelivery(workspaceId, { createdAt: t0 + i, endpointId: endpoint.id })
        await at.inside.sources.insert(source)
        await at.inside.endpoints.insert(endpoint)
        await at.storage.commit(publishEvent, event)
        await at.inside.deliveries.add([delivery])
        ids.sources.unshift(source.id)
        ids.endpoints.unshift(endpoint.id)
        ids.events.unshift(event.id) // by place in the log, not by time
        ids.deliveries.unshift(delivery.id)
      }
      const { sources, endpoints, log, deliveries } = at.storage.reads
      expect(await pages((page) => sources.list(workspaceId, page))).toEqual(ids.sources)
      expect(await pages((page) => endpoints.list(workspaceId, {}, page))).toEqual(ids.endpoints)
      expect(
        await pages(
          async (page) => (await log.listEvents(workspaceId, {}, page)).rows,
          (event) => String(event.seq),
        ),
      ).toEqual(ids.events)
      expect(await pages(async (page) => (await deliveries.list(workspaceId, {}, page)).rows)).toEqual(ids.deliveries)
    })

    it('lists the types that there are events of, each once, with the latest one', async () => {
      const workspaceId = await at.workspace()
      const sent = ['b.two', 'a.one', 'b.two', 'c.three', 'a', 'a.one']
      for (const [i, type] of sent.entries()) {
        await at.storage.commit(publishEvent, { ...makeEvent({ workspaceId, at: t0 + i }), type, data: `{"n":${i}}` })
      }
      await at.storage.commit(publishEvent, { ...makeEvent({ workspaceId: await at.workspace(), at: t0 }), type: 'd' })
      const { log } = at.storage.reads
      expect(await log.listTypes(workspaceId, { after: null, limit: 10 })).toEqual([
        { type: 'a', lastReceivedAt: t0 + 4 },
        { type: 'a.one', lastReceivedAt: t0 + 5 },
        { type: 'b.two', lastReceivedAt: t0 + 2 },
        { type: 'c.three', lastReceivedAt: t0 + 3 },
      ])
      expect(
        await pages(async (page) => (await log.listTypes(workspaceId, page)).map(({ type }) => ({ id: type }))),
      ).toEqual(['a', 'a.one', 'b.two', 'c.three'])
      expect(await log.listTypes(await at.workspace(), { after: null, limit: 10 })).toEqual([])
      expect((await log.latestOfType(workspaceId, 'a.one', 100))?.data).toBe('{"n":5}')
      expect((await log.latestOfType(workspaceId, 'a.one', 3))?.data).toBeNull()
      expect(await log.latestOfType(workspaceId, 'a.', 100)).toBeUndefined()
    })

    it('leaves deleted endpoints out', async () => {
      const workspaceId = await at.workspace()
      const [kept, gone] = [makeEndpoint(workspaceId), makeEndpoint(workspaceId)]
      for (const endpoint of [kept, gone]) await at.inside.endpoints.insert(endpoint)
      await at.inside.endpoints.remove(workspaceId, gone.id, t0)
      const listed = await at.storage.reads.endpoints.list(workspaceId, {}, { after: null, limit: 10 })
      expect(listed.map(({ id }) => id)).toEqual([kept.id])
      expect(await at.storage.reads.endpoints.read(workspaceId, gone.id)).toBeUndefined()
    })

    describe('of events', () => {
      let workspaceId = ''
      const sourceId = newId('source', t0)
      const types = [
        'github',
        'github.push',
        'github.issues.opened',
        'github-x.push',
        'githubx',
        'GitHub.push',
        'stripe.paid',
        'github.zzzzzz',
        'github/x',
      ]
      const of = async (filter: EventFilter): Promise<string[]> =>
        (await at.storage.reads.log.listEvents(workspaceId, filter, { after: null, limit: 50 })).rows.map(
          ({ type }) => type,
        )

      beforeAll(async () => {
        workspaceId = await at.workspace()
        for (const [i, type] of types.entries())
          await at.storage.commit(publishEvent, makeEvent({ workspaceId, type, at: t0 + i * dayMs }))
        await at.storage.commit(appendRequest, makeRequest({ workspaceId, sourceId, type: 'github.push', at: t0 }))
      })

      it('finds an exact type', async () => {
        expect(await of({ type: 'github' })).toEqual(['github'])
        expect(await of({ type: 'github.push' })).toEqual(['github.push', 'github.push'])
        expect(await of({ type: 'github.pus' })).toEqual([])
      })

      it('finds what begins with a prefix, by its bytes and not by any language', async () => {
        expect(await of({ type: 'github.*' })).toEqual([
          'github.push',
          'github.zzzzzz',
          'github.issues.opened',
          'github.push',
        ])
        expect(await of({ type: 'github.issues.*' })).toEqual(['github.issues.opened'])
        expect(await of({ type: 'git.*' })).toEqual([])
      })

      it('finds by type and source what a stream would pick out of all, a prefix included', async () => {
        const { log } = at.storage.reads
        const all = await log.headsAfter(workspaceId, 0, Number.MAX_SAFE_INTEGER, 50)
        expect(all.map(({ type }) => type)).toEqual([...types, 'github.push'])
        for (const type of [...types, 'github.*', 'github.issues.*', 'git.*', 'stripe.*', 'none']) {
          const picked = all.filter((event) => isWanted({ types: [type] }, event)).map(({ id }) => id)
          const listed = (await log.listEvents(workspaceId, { type }, { after: null, limit: 50 })).rows
          expect(picked.toReversed()).toEqual(listed.map(({ id }) => id))
        }
        expect(all.filter((event) => isWanted({ sourceId }, event))).toHaveLength(1)
      })

      it('reads the log onwards from a place, as far as it is asked to and no further', async () => {
        const { log } = at.storage.reads
        const all = await log.headsAfter(workspaceId, 0, Number.MAX_SAFE_INTEGER, 50)
        const [second, third, fourth] = [all[1]?.seq ?? 0, all[2]?.seq ?? 0, all[3]?.seq ?? 0]
        expect(await log.headsAfter(workspaceId, second, fourth, 50)).toEqual(all.slice(2, 4))
        expect(await log.headsAfter(workspaceId, second, fourth, 1)).toEqual(all.slice(2, 3))
        expect(await log.headsAfter(await at.workspace(), 0, Number.MAX_SAFE_INTEGER, 50)).toEqual([])
        expect(await log.headsOfAll(second, third, 50)).toEqual(all.slice(2, 3))
        const other = await at.workspace()
        await at.storage.commit(publishEvent, makeEvent({ workspaceId: other }))
        const last = await log.lastPlace()
        expect(await log.headsOfAll(last - 1, last, 50)).toMatchObject([{ workspaceId: other, seq: last }])
      })

      it('finds by source and by time', async () => {
        expect(await of({ sourceId })).toEqual(['github.push'])
        expect(await of({ sourceId: newId('source', t0) })).toEqual([])
        expect(await of({ from: t0 + 5 * dayMs, to: t0 + 7 * dayMs })).toEqual(['stripe.paid', 'GitHub.push'])
        expect(await of({ from: t0 + 7 * dayMs })).toEqual(['github/x', 'github.zzzzzz'])
        expect(await of({ from: t0 + dayMs, to: t0 + 2 * dayMs })).toEqual(['github.push'])
        expect(await of({ type: 'github.*', sourceId, from: t0, to: t0 + 1 })).toEqual(['github.push'])
      })

      it('leaves the data out, and answers for texts that no event has', async () => {
        const [event] = (await at.storage.reads.log.listEvents(workspaceId, {}, { after: null, limit: 1 })).rows
        expect(event).not.toHaveProperty('data')
        expect(await of({ type: 'a\0b' })).toEqual([])
        expect(await of({ sourceId: "' OR 1=1 --" })).toEqual([])
      })
    })

    it('filters deliveries', async () => {
      const workspaceId = await at.workspace()
      const endpointId = newId('endpoint', t0)
      const make = (over: Partial<NewDelivery>) => makeDelivery(workspaceId, { endpointId, ...over })
      const pushed = make({ eventType: 'github.push' })
      const paid = make({ eventType: 'stripe.paid', createdAt: t0 + 1000 })
      const elsewhere = make({ eventType: 'github.push', endpointId: newId('endpoint', t0), createdAt: t0 + 2000 })
      await at.inside.deliveries.add([pushed, paid, elsewhere])
      await at.inside.deliveries.end(elsewhere.endpointId, 'ENDPOINT_DELETED', t0 + 3000, 10)
      const of = async (filter: Parameters<typeof at.storage.reads.deliveries.list>[1]) =>
        (await at.storage.reads.deliveries.list(workspaceId, filter, { after: null, limit: 10 })).rows.map(
          ({ id }) => id,
        )
      expect(await of({ endpointId })).toEqual([paid.id, pushed.id])
      expect(await of({ eventId: paid.eventId })).toEqual([paid.id])
      expect(await of({ eventType: 'github.*' })).toEqual([elsewhere.id, pushed.id])
      expect(await of({ eventType: 'stripe.paid' })).toEqual([paid.id])
      expect(await of({ status: 'pending' })).toEqual([paid.id, pushed.id])
      expect(await of({ status: 'failed' })).toEqual([elsewhere.id])
      expect(await of({ cause: 'ENDPOINT_DELETED' })).toEqual([elsewhere.id])
      expect(await of({ from: t0 + 1000 })).toEqual([elsewhere.id, paid.id])
      expect(await of({ to: t0 + 1000 })).toEqual([pushed.id])
      expect(await of({ from: t0 + 1000, to: t0 + 2000, status: 'pending' })).toEqual([paid.id])
    })
  })
}

/** A delivery as fan-out makes it, of an event that need not be there. */
export function makeDelivery(workspaceId: string, over: Partial<NewDelivery> = {}): NewDelivery {
  const createdAt = over.createdAt ?? t0
  return {
    id: newId('delivery', createdAt),
    workspaceId,
    customer: null,
    endpointId: newId('endpoint', createdAt),
    eventId: newId('event', createdAt),
    eventSeq: 1,
    eventType: 'test.made',
    createdAt,
    orderKey: null,
    ...over,
  }
}

/** Every id of a list, read three at a time. */
async function pages<Row extends { id: string }>(
  list: (page: { after: string | null; limit: number }) => Promise<readonly Row[]>,
  position: (row: Row) => string = (row) => row.id,
): Promise<string[]> {
  const ids: string[] = []
  for (let after: string | null = null; ; ) {
    const rows: readonly Row[] = await list({ after, limit: 3 })
    ids.push(...rows.map(({ id }) => id))
    const last = rows.at(-1)
    if (!last || rows.length < 3) return ids
    after = position(last)
  }
}

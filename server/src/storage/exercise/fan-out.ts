import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import type { Advanced } from '../../events/follow/follow.ts'
import { beat } from '../../jobs/process.ts'
import { retireLanes } from '../../outbound/delivery/retire.ts'
import type { Endpoint } from '../../outbound/endpoint/endpoint.ts'
import { createEndpoint, deleteEndpoint, updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import { advance } from './commands.ts'
import type { Bench } from './opened.ts'
import { beatOf, type EventShape, makeEndpoint, makeEvent, news, t0 } from './rows.ts'

/** Fan-out: each event reaches each endpoint that wants it, once. */
export function exerciseFanOut(at: Bench): void {
  describe('fan-out', () => {
    const owner = newId('process', t0)
    const move = async (): Promise<Advanced> => {
      await at.storage.commit(beat, beatOf(owner))
      const upTo = await at.storage.settledUpTo()
      return at.storage.commit(advance, { follower: fanOut.name, owner, upTo, limit: 1000, now: t0 })
    }
    const create = async (workspaceId: string, over: Partial<Endpoint> = {}): Promise<string> => {
      const endpoint = makeEndpoint(workspaceId, over)
      const { id } = endpoint
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', id) })
      return id
    }
    const publish = async (shape: EventShape): Promise<string> => {
      const event = makeEvent(shape)
      await at.storage.commit(publishEvent, event)
      return event.id
    }
    /** Which events an endpoint has deliveries of, in the order of the log. */
    const queueOf = async (endpointId: string): Promise<string[]> => {
      const rows = await at.sql('SELECT event_id FROM deliveries WHERE endpoint_id = ? ORDER BY event_seq', endpointId)
      return rows.map((row) => String(row.event_id))
    }

    it('makes one delivery for each endpoint that wants the event', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const own = await create(workspaceId, { eventTypes: ['trunkline.*'] })
      const all = await create(workspaceId)
      const exact = await create(workspaceId, { eventTypes: ['github.push', 'stripe.paid'] })
      const prefix = await create(workspaceId, { eventTypes: ['github.*'] })
      const foreign = await create(other)
      const pushed = await publish({ workspaceId, type: 'github.push' })
      const opened = await publish({ workspaceId, type: 'github.issues.opened' })
      const similar = await publish({ workspaceId, type: 'githubs' })
      const moved = await move()
      expect(await queueOf(all)).toEqual([pushed, opened, similar])
      expect(await queueOf(exact)).toEqual([pushed])
      expect(await queueOf(prefix)).toEqual([pushed, opened])
      expect(await queueOf(own)).toHaveLength(3) // the news of the others
      expect(await queueOf(foreign)).toEqual([])
      expect(moved.made).toBe(9)
      expect([...moved.lanes].sort()).toEqual([all, exact, prefix, own].sort())
    })

    it('makes none twice when a batch is handled twice', async () => {
      const workspaceId = await at.workspace()
      const endpointId = await create(workspaceId)
      const events = [await publish({ workspaceId }), await publish({ workspaceId })]
      await move()
      const before = await at.sql('SELECT id FROM deliveries WHERE endpoint_id = ? ORDER BY id', endpointId)
      await at.sql('UPDATE followers SET cursor = 0 WHERE name = ?', fanOut.name)
      expect((await move()).made).toBe(0)
      expect(await queueOf(endpointId)).toEqual(events)
      expect(await at.sql('SELECT id FROM deliveries WHERE endpoint_id = ? ORDER BY id', endpointId)).toEqual(before)
    })

    it('gives an endpoint only what comes after it', async () => {
      const workspaceId = await at.workspace()
      await publish({ workspaceId })
      const endpointId = await create(workspaceId)
      const after = await publish({ workspaceId })
      await move()
      expect(await queueOf(endpointId)).toEqual([after])
    })

    it('gives a customer’s endpoint that customer’s events, and one of nobody all', async () => {
      const workspaceId = await at.workspace()
      const [ofOne, ofAll] = [await create(workspaceId, { customer: 'one' }), await create(workspaceId)]
      const one = await publish({ workspaceId, customer: 'one' })
      const two = await publish({ workspaceId, customer: 'two' })
      const nobodys = await publish({ workspaceId })
      await move()
      expect(await queueOf(ofOne)).toEqual([one])
      expect(await queueOf(ofAll)).toEqual([one, two, nobodys])
      const [row] = await at.sql('SELECT customer FROM deliveries WHERE endpoint_id = ?', ofOne)
      expect(row?.customer).toBe('one')
    })

    it('notices every change of the endpoints', async () => {
      const workspaceId = await at.workspace()
      const id = await create(workspaceId, { eventTypes: ['a'] })
      const change = (changes: Parameters<typeof makeEndpoint>[1]) =>
        at.storage.commit(updateEndpoint, {
          workspaceId,
          id,
          changes: changes ?? {},
          now: t0,
          news: news(workspaceId, 'endpoint.updated', id),
        })
      const wanted = [await publish({ workspaceId, type: 'a' })]
      await publish({ workspaceId, type: 'b' })
      await move()
      await change({ eventTypes: ['b'] })
      await publish({ workspaceId, type: 'a' })
      wanted.push(await publish({ workspaceId, type: 'b' }))
      await move()
      await change({ status: 'paused' })
      wanted.push(await publish({ workspaceId, type: 'b' }))
      await move()
      await change({ status: 'disabled' })
      await publish({ workspaceId, type: 'b' })
      await move()
      await change({ status: 'active' })
      wanted.push(await publish({ workspaceId, type: 'b' }))
      await move()
      expect(await queueOf(id)).toEqual(wanted)
      await at.storage.commit(deleteEndpoint, {
        workspaceId,
        id,
        now: t0,
        news: news(workspaceId, 'endpoint.deleted', id),
      })
      await publish({ workspaceId, type: 'b' })
      await move()
      expect(await queueOf(id)).toEqual(wanted)
      while (await at.storage.commit(retireLanes, { now: t0 }));
    })

    it('says that the lanes have work, and leaves those that are due already', async () => {
      const workspaceId = await at.workspace()
      const [fresh, early, late] = [await create(workspaceId), await create(workspaceId), await create(workspaceId)]
      await at.sql('UPDATE lanes SET next_due = ? WHERE endpoint_id = ?', t0 - 5000, early)
      await at.sql('UPDATE lanes SET next_due = ? WHERE endpoint_id = ?', t0 + 5000, late)
      await publish({ workspaceId })
      await move()
      const due = async (id: string) =>
        Number((await at.sql('SELECT next_due FROM lanes WHERE endpoint_id = ?', id))[0]?.next_due)
      expect([await due(fresh), await due(early), await due(late)]).toEqual([t0, t0 - 5000, t0])
    })

    it('serves a hundred endpoints and a hundred events at once', async () => {
      const workspaceId = await at.workspace()
      const endpoints = await Promise.all(Array.from({ length: 100 }, () => create(workspaceId)))
      await move()
      const events = await Promise.all(Array.from({ length: 100 }, () => publish({ workspaceId })))
      expect((await move()).made).toBe(10_000)
      const rows = await at.sql(
        'SELECT endpoint_id, count(DISTINCT event_id) AS n FROM deliveries WHERE workspace_id = ? GROUP BY endpoint_id',
        workspaceId,
      )
      expect(rows.map((row) => Number(row.n))).toEqual(endpoints.map(() => events.length))
    })
  })
}

import { beforeEach, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import { beat } from '../../jobs/process.ts'
import type { DeliveryCause } from '../../outbound/delivery/delivery-causes.ts'
import { expireDeliveries, unfinishedMs } from '../../outbound/delivery/expire.ts'
import { type SettleCall, settleAttempt } from '../../outbound/delivery/settle.ts'
import { createEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { beatOf, dayMs, makeEndpoint, makeEvent, makeSettle, news, t0 } from './rows.ts'

/** Deliveries of one key go one after the other, whatever ends the first of them. */
export function exerciseOrder(at: Bench): void {
  describe('order', () => {
    let workspaceId: string
    let endpointId: string
    let generation: number
    let seq = 0

    beforeEach(async () => {
      await at.sql('DELETE FROM blocked_keys')
      workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId, { ordering: 'key' })
      endpointId = endpoint.id
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpointId) })
      await at.storage.commit(beat, beatOf('owner'))
      generation = (await at.inside.lanes.take(endpointId, 'owner'))?.generation ?? 0
    })

    /** Adds deliveries of these keys, one event after the other; answers their ids. */
    const add = async (...keys: (string | null)[]): Promise<string[]> => {
      const made = keys.map((orderKey) => {
        const eventSeq = ++seq
        return makeDelivery(workspaceId, { endpointId, eventSeq, orderKey, createdAt: t0 + eventSeq })
      })
      await at.inside.deliveries.add(made)
      return made.map(({ id }) => id)
    }
    const read = async (id: string | undefined) => {
      const delivery = await at.inside.deliveries.read(workspaceId, id ?? '')
      if (!delivery) throw new Error(`there is no delivery "${id}"`)
      return delivery
    }
    const states = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await read(id)).status))
    /** The outcome of an attempt at a delivery that is on the wire. */
    const settle = async (
      id: string | undefined,
      status: SettleCall['status'],
      cause: DeliveryCause | null = status === 'success' ? null : 'SERVER_ERROR',
    ): Promise<boolean> => {
      const { orderKey, attempts } = await read(id)
      const due = { id: id ?? '', workspaceId, orderKey, attempts, tries: attempts }
      return at.storage.commit(
        settleAttempt,
        makeSettle(endpointId, generation, due as never, { status, attempt: { cause, startedAt: t0 + attempts } }),
      )
    }
    const blocked = async () =>
      (await at.storage.reads.deliveries.blockedKeys(workspaceId, endpointId, { after: null, limit: 10 }, 5)).map(
        (each) => [each.deliveryId, each.waiting],
      )

    it('lets one of a key go, in the order of the log, and those of other keys and of none at once', async () => {
      const ids = await add('a', 'b', 'a', null, null, 'a')
      expect(await states(ids)).toEqual(['pending', 'pending', 'waiting', 'pending', 'pending', 'waiting'])
      expect(await states(await add('a', 'd'))).toEqual(['waiting', 'pending'])
    })

    it('hands the key over with a claim, so that the end of an attempt knows it', async () => {
      const event = makeEvent({ workspaceId })
      await at.storage.commit(publishEvent, event)
      const [row] = await at.sql('SELECT seq FROM events WHERE id = ?', event.id)
      const delivery = { endpointId, eventId: event.id, eventSeq: Number(row?.seq), orderKey: 'k' }
      await at.inside.deliveries.add([makeDelivery(workspaceId, delivery)])
      const claims = await at.inside.deliveries.claim([{ endpointId, limit: 1, inHand: [] }], t0, 0)
      expect(claims.get(endpointId)?.due).toMatchObject([{ eventId: event.id, orderKey: 'k' }])
    })

    it('lets the next one go in the transaction in which the first ends, and not while that is tried again', async () => {
      const ids = await add('a', 'a', 'a')
      await settle(ids[0], 'pending')
      expect(await states(ids)).toEqual(['pending', 'waiting', 'waiting'])
      await settle(ids[0], 'success')
      expect(await states(ids)).toEqual(['success', 'pending', 'waiting'])
      expect((await read(ids[1])).dueAt).toBe(t0 + 1 + 12)
      await settle(ids[1], 'success')
      expect(await states(ids)).toEqual(['success', 'success', 'pending'])
    })

    it('an outcome of a former owner lets nothing go', async () => {
      const ids = await add('a', 'a')
      generation--
      expect(await settle(ids[0], 'success')).toBe(false)
      expect(await states(ids)).toEqual(['pending', 'waiting'])
    })

    it('keeps a key back behind one that failed for good, and the others not', async () => {
      const ids = await add('a', 'a', 'b', 'b')
      await settle(ids[0], 'failed')
      await settle(ids[2], 'success')
      expect(await states(ids)).toEqual(['failed', 'waiting', 'success', 'pending'])
      expect(await states(await add('a'))).toEqual(['waiting'])
      expect(await blocked()).toEqual([[ids[0], 2]])
      const [shown] = await at.storage.reads.deliveries.blockedKeys(
        workspaceId,
        endpointId,
        { after: null, limit: 1 },
        5,
      )
      expect(shown).toMatchObject({ orderKey: 'a', cause: 'SERVER_ERROR', attempts: 1, blockedAt: t0 + 12 })
      expect(await states(await add('c'))).toEqual(['pending'])
    })

    it('lists what is held up in pages, and counts what waits only so far', async () => {
      const first = await add('a', 'b', 'c')
      for (const id of first) await settle(id, 'failed')
      await add(...Array.from({ length: 7 }, () => 'b'))
      const page = (after: string | null) =>
        at.storage.reads.deliveries.blockedKeys(workspaceId, endpointId, { after, limit: 2 }, 5)
      const [one, two] = [await page(null), await page(first[1] ?? '')]
      expect([...one, ...two].map((each) => [each.deliveryId, each.waiting])).toEqual([
        [first[0], 0],
        [first[1], 5],
        [first[2], 0],
      ])
      expect(
        await at.storage.reads.deliveries.blockedKeys('ws_other', endpointId, { after: null, limit: 2 }, 5),
      ).toEqual([])
    })

    it('goes on when the one in the way is skipped, whatever it stands at', async () => {
      const ids = await add('a', 'a', 'a', 'a')
      await settle(ids[0], 'failed')
      expect(await at.inside.deliveries.skip(workspaceId, ids[0] ?? '', t0 + 50)).toMatchObject({
        id: ids[0],
        status: 'failed',
        cause: 'SKIPPED',
        endedAt: t0 + 50,
      })
      expect(await states(ids)).toEqual(['failed', 'pending', 'waiting', 'waiting'])
      expect(await blocked()).toEqual([])
      await at.inside.deliveries.skip(workspaceId, ids[2] ?? '', t0 + 51)
      await at.inside.deliveries.skip(workspaceId, ids[1] ?? '', t0 + 52)
      expect(await states(ids)).toEqual(['failed', 'failed', 'failed', 'pending'])
      const [due] = await at.sql('SELECT next_due FROM lanes WHERE endpoint_id = ?', endpointId)
      expect(Number(due?.next_due)).toBeLessThanOrEqual(t0 + 52)
    })

    it('skips nothing else: what has ended, what is in no order, what is another’s', async () => {
      const [plain, done] = await add(null, 'a')
      await settle(done, 'success')
      const foreign = await add('b')
      for (const id of [plain, done]) expect(await at.inside.deliveries.skip(workspaceId, id ?? '', t0)).toBeUndefined()
      expect(await at.inside.deliveries.skip('ws_other', foreign[0] ?? '', t0)).toBeUndefined()
      expect(await states(foreign)).toEqual(['pending'])
    })

    it('does not hold a key up for one that was skipped while it was on the wire', async () => {
      const ids = await add('a', 'a')
      const outcome = makeSettle(
        endpointId,
        generation,
        { id: ids[0], workspaceId, orderKey: 'a', attempts: 0, tries: 0 } as never,
        { status: 'failed', attempt: { cause: 'SERVER_ERROR' } },
      )
      await at.inside.deliveries.skip(workspaceId, ids[0] ?? '', t0)
      await at.storage.commit(settleAttempt, outcome)
      expect(await states(ids)).toEqual(['failed', 'pending'])
      expect(await blocked()).toEqual([])
    })

    it('begins with the one in the way when that is sent anew', async () => {
      const ids = await add('a', 'a')
      await settle(ids[0], 'failed')
      expect(await at.inside.deliveries.restart(workspaceId, ids[0] ?? '', t0 + 9)).toMatchObject({
        status: 'pending',
        dueAt: t0 + 9,
      })
      expect([await states(ids), await blocked()]).toEqual([['pending', 'waiting'], []])
      await settle(ids[0], 'success')
      expect(await states(ids)).toEqual(['success', 'pending'])
    })

    it('sends an earlier one anew after the one that is on its way, and before all that wait', async () => {
      const ids = await add('a', 'a', 'a')
      await settle(ids[0], 'success')
      expect(await at.inside.deliveries.restart(workspaceId, ids[0] ?? '', t0)).toMatchObject({ status: 'waiting' })
      expect(await states(ids)).toEqual(['waiting', 'pending', 'waiting'])
      expect(await at.inside.deliveries.restart(workspaceId, ids[1] ?? '', t0)).toMatchObject({ status: 'pending' })
      expect(await at.inside.deliveries.restart(workspaceId, ids[2] ?? '', t0)).toMatchObject({ status: 'waiting' })
      await settle(ids[1], 'success')
      expect(await states(ids)).toEqual(['pending', 'success', 'waiting'])
      await settle(ids[0], 'failed') // once more in the way of what comes after it
      expect([await states(ids), await blocked()]).toEqual([['failed', 'success', 'waiting'], [[ids[0], 1]]])
    })

    it('lets an earlier one go by one that is in the way only of what comes after it', async () => {
      const ids = await add('a', 'a', 'a')
      await settle(ids[0], 'success')
      await settle(ids[1], 'failed')
      await at.inside.deliveries.restart(workspaceId, ids[0] ?? '', t0)
      expect(await states(ids)).toEqual(['pending', 'failed', 'waiting'])
      await settle(ids[0], 'success')
      expect(await states(ids)).toEqual(['success', 'failed', 'waiting'])
    })

    it('does not wait for what nobody can send any more', async () => {
      const ids = await add('a', 'a')
      await settle(ids[0], 'failed', 'EVENT_GONE')
      expect([await states(ids), await blocked()]).toEqual([['failed', 'pending'], []])
    })

    it('skips what has been in the way for long, oldest first, so many at once', async () => {
      const ids = await add('a', 'a', 'b', 'c')
      for (const id of [ids[0], ids[2], ids[3]]) await settle(id, 'failed')
      await at.sql('UPDATE blocked_keys SET blocked_at = ? WHERE delivery_id = ?', t0 + 99, ids[3] ?? '')
      expect(await at.inside.deliveries.skipBlocked(t0, t0 + 100, 10)).toEqual([])
      expect(await at.inside.deliveries.skipBlocked(t0 + 13, t0 + 100, 1)).toHaveLength(1)
      expect((await at.inside.deliveries.skipBlocked(t0 + 13, t0 + 100, 10)).map(({ cause }) => cause)).toEqual([
        'SKIPPED',
      ])
      expect([await states(ids), await blocked()]).toEqual([['failed', 'pending', 'failed', 'failed'], [[ids[3], 0]]])
    })

    it('ends a queue from behind, in bounded batches, and lets go of its keys', async () => {
      const ids = await add('a', 'a', 'a', 'b', 'c', null)
      await settle(ids[3], 'failed')
      const end = (limit: number) => at.inside.deliveries.end(endpointId, 'ENDPOINT_DISABLED', t0, limit)
      expect(await end(1)).toBe(1)
      const half = await states(ids)
      expect(half.filter((each) => each === 'waiting')).toHaveLength(1)
      expect(half[0]).toBe('pending') // so that nothing stands still if the endpoint is wanted again
      expect(await end(3)).toBe(3)
      expect(await end(10)).toBe(2)
      expect([await states(ids), await blocked(), await end(10)]).toEqual([ids.map(() => 'failed'), [], 0])
    })

    it('does not say that a lane has ended while something waits in it', async () => {
      const ids = await add('a', 'a')
      await at.inside.lanes.setState(endpointId, 'disabled', t0)
      await at.sql('UPDATE deliveries SET status = 3 WHERE id = ?', ids[0] ?? '')
      await at.inside.lanes.ended(endpointId)
      expect((await at.inside.lanes.ending(100)).map((each) => each.endpointId)).toContain(endpointId)
      await at.inside.deliveries.end(endpointId, 'ENDPOINT_DISABLED', t0, 10)
      await at.inside.lanes.ended(endpointId)
      expect((await at.inside.lanes.ending(100)).map((each) => each.endpointId)).not.toContain(endpointId)
    })

    it('goes on behind one that was unfinished for too long', async () => {
      const [old] = await add('a')
      const late = makeDelivery(workspaceId, { endpointId, eventSeq: ++seq, orderKey: 'a', createdAt: t0 + 9 * dayMs })
      await at.inside.deliveries.add([late])
      for (let turns = 0; turns < 50; turns++) {
        if ((await at.storage.commit(expireDeliveries, { now: t0 + unfinishedMs + dayMs })).isDone) break
      }
      expect(await read(old)).toMatchObject({ status: 'failed', cause: 'EXPIRED' })
      expect(await read(late.id)).toMatchObject({ status: 'pending' })
    })

    it('goes on behind one whose event was erased, and forgets its key', async () => {
      const events = [makeEvent({ workspaceId }), makeEvent({ workspaceId })]
      for (const event of events) await at.storage.commit(publishEvent, event)
      const made = events.map((event) =>
        makeDelivery(workspaceId, { endpointId, eventId: event.id, eventSeq: ++seq, orderKey: '+49 30 1234' }),
      )
      await at.inside.deliveries.add(made)
      const [first, second] = made.map(({ id }) => id)
      await settle(first, 'failed')
      await at.inside.erasure.eraseEvent(workspaceId, events[0]?.id ?? '', t0, 0)
      expect(await read(first)).toMatchObject({ orderKey: null })
      expect([await blocked(), (await read(second)).status]).toEqual([[], 'pending'])
      await at.inside.erasure.eraseEvent(workspaceId, events[1]?.id ?? '', t0, 0)
      expect(await read(second)).toMatchObject({ orderKey: null, cause: 'ERASED' })
      expect(await at.sql("SELECT id FROM deliveries WHERE order_key = '+49 30 1234'")).toEqual([])
    })

    it('adds none twice, and lets nothing go by it', async () => {
      const made = ['a', 'a'].map((orderKey) => makeDelivery(workspaceId, { endpointId, eventSeq: ++seq, orderKey }))
      expect(await at.inside.deliveries.add(made)).toBe(2)
      const again = made.map((each) => ({ ...each, id: newId('delivery', t0) }))
      expect(await at.inside.deliveries.add(again)).toBe(0)
      const ids = made.map(({ id }) => id)
      await settle(ids[0], 'success')
      await at.inside.deliveries.add(again)
      expect(await states(ids)).toEqual(['success', 'pending'])
    })

    it('is one at a time, and comes to an end, however many are at it at once', async () => {
      const keys = ['a', 'b', 'c', 'd']
      const all: string[] = []
      const adders = Array.from({ length: 50 }, async (_, i) => {
        const key = keys[i % keys.length] ?? 'a'
        all.push(...(await insist(() => add(key, ...(i % 5 === 0 ? [key] : [])))))
      })
      /** Sends what is pending of a key, as its lane's owner does; others skip or begin anew. */
      const senders = Array.from({ length: 50 }, async (_, i) => {
        for (let round = 0; round < 2; round++) {
          const pending = await at.sql(
            'SELECT id, order_key FROM deliveries WHERE endpoint_id = ? AND status = 0 ORDER BY id',
            endpointId,
          )
          expect(new Set(pending.map((row) => row.order_key)).size).toBe(pending.length)
          const row = pending[i % Math.max(1, pending.length)]
          if (!row) continue
          const id = String(row.id)
          await insist<unknown>(() => {
            if (i % 7 === 0) return at.inside.deliveries.skip(workspaceId, id, t0)
            if (i % 7 === 1) return at.inside.deliveries.restart(workspaceId, id, t0)
            return settle(id, i % 7 === 2 ? 'failed' : 'success')
          })
        }
      })
      await Promise.all([...adders, ...senders])
      // Whatever is left of a key has its first on its way or in the way.
      for (let rounds = 0; rounds < 1000; rounds++) {
        const pending = await at.sql('SELECT id FROM deliveries WHERE endpoint_id = ? AND status = 0', endpointId)
        const inTheWay = await at.sql('SELECT delivery_id AS id FROM blocked_keys WHERE endpoint_id = ?', endpointId)
        if (pending.length + inTheWay.length === 0) break
        await Promise.all(pending.map(({ id }) => insist(() => settle(String(id), 'success'))))
        for (const { id } of inTheWay) await at.inside.deliveries.skip(workspaceId, String(id), t0)
      }
      expect((await states(all)).filter((each) => each === 'waiting' || each === 'pending')).toEqual([])
    }, 60_000)
  })
}

/** Asks again while there are more callers than connections, as they would. */
async function insist<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
}

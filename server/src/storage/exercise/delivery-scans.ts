import { describe, expect, it } from 'vitest'
import { newId, timeOfId } from '../../base/id.ts'
import { advance } from '../../commands.ts'
import { publishEvent } from '../../events/append.ts'
import type { DeliveryStatus } from '../../outbound/delivery/delivery.ts'
import type { DeliveryCause } from '../../outbound/delivery/delivery-causes.ts'
import type { DeliverySpan, NewDelivery } from '../../outbound/delivery/delivery-store.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { makeEvent, t0 } from './rows.ts'

const all: readonly DeliveryStatus[] = ['pending', 'waiting', 'success', 'failed']

/** Going through deliveries whatever is asked for, and changing those that were found. */
export function exerciseDeliveryScans(at: Bench): void {
  describe('deliveries by the thousand', () => {
    const status = async (id: string, state: DeliveryStatus, cause: DeliveryCause | null = null) =>
      at.sql(
        'UPDATE deliveries SET status = ?, cause = ?, ended_at = ? WHERE id = ?',
        all.indexOf(state),
        cause,
        state === 'pending' || state === 'waiting' ? null : t0,
        id,
      )

    async function scanned(workspaceId: string, span: DeliverySpan, limit: number): Promise<string[]> {
      const ids: string[] = []
      for (let after: string | null = null, isEnd = false; !isEnd; ) {
        const part = await at.storage.reads.deliveries.scan(workspaceId, span, after, limit)
        expect(part.found.length).toBeLessThanOrEqual(limit)
        expect(part.isEnd || part.last !== after).toBe(true)
        ids.push(...part.found.map(({ id }) => id))
        after = part.last
        isEnd = part.isEnd
      }
      return ids
    }

    /** As they are to be gone through: in the order of their making, those of one millisecond in that of the log. */
    const inOrder = (deliveries: readonly NewDelivery[]) =>
      [...deliveries]
        .sort(
          (a, b) => (timeOfId('delivery', a.id) ?? 0) - (timeOfId('delivery', b.id) ?? 0) || a.eventSeq - b.eventSeq,
        )
        .map(({ id }) => id)

    it('are found by everything that is asked for, a part at a time', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const endpoints = [newId('endpoint', t0), newId('endpoint', t0)]
      const made = Array.from({ length: 36 }, (_, i) =>
        makeDelivery(i % 9 === 8 ? other : workspaceId, {
          endpointId: endpoints[i % 2] ?? '',
          eventType: ['a.one', 'a.two', 'b'][i % 3] ?? '',
          customer: i % 4 === 0 ? 'c4' : null,
          // Several in one millisecond, their events the other way round.
          createdAt: t0 + Math.floor(i / 5),
          eventSeq: 1000 - i,
        }),
      )
      await at.inside.deliveries.add(made)
      for (const [i, { id }] of made.entries()) {
        if (i % 5 === 1) await status(id, 'failed', i % 2 === 0 ? 'GONE' : 'SERVER_ERROR')
        if (i % 5 === 2) await status(id, 'success')
        if (i % 5 === 3) await status(id, 'waiting')
      }
      const own = made.map((delivery, i) => ({ delivery, i })).filter(({ i }) => i % 9 !== 8)
      const expected = (test: (i: number) => boolean) =>
        inOrder(own.filter(({ i }) => test(i)).map(({ delivery }) => delivery))
      const cases: [Partial<DeliverySpan>, (i: number) => boolean][] = [
        [{}, () => true],
        [{ statuses: ['failed'] }, (i) => i % 5 === 1],
        [{ statuses: ['failed', 'success'] }, (i) => i % 5 === 1 || i % 5 === 2],
        [{ statuses: ['waiting'] }, (i) => i % 5 === 3],
        [{ endpointId: endpoints[1] ?? '' }, (i) => i % 2 === 1],
        [{ endpointId: endpoints[0] ?? '', statuses: ['failed'] }, (i) => i % 2 === 0 && i % 5 === 1],
        [{ eventType: 'a.*' }, (i) => i % 3 !== 2],
        [{ eventType: 'b' }, (i) => i % 3 === 2],
        [{ eventType: 'a' }, () => false],
        [{ cause: 'GONE' }, (i) => i % 5 === 1 && i % 2 === 0],
        [{ customer: 'c4' }, (i) => i % 4 === 0],
        [{ from: t0 + 2, to: t0 + 4 }, (i) => i >= 10 && i < 20],
      ]
      for (const [span, test] of cases) {
        for (const limit of [1, 3, 100])
          expect(await scanned(workspaceId, { statuses: all, ...span }, limit)).toEqual(expected(test))
        const back = await at.storage.reads.deliveries.scanBack(workspaceId, { statuses: all, ...span }, null, 100)
        expect([...back.found].map(({ id }) => id)).toEqual([...expected(test)].sort().reverse())
      }
      const [first] = (await at.storage.reads.deliveries.scan(workspaceId, { statuses: all }, null, 1)).found
      expect(first).toMatchObject({ id: inOrder(own.map(({ delivery }) => delivery))[0], attempts: 0, eventSeq: 996 })
    })

    it('that were made together are gone through in the order of the log, however many', async () => {
      const workspaceId = await at.workspace()
      const endpointId = newId('endpoint', t0)
      const make = (createdAt: number, eventSeq: number) =>
        makeDelivery(workspaceId, { endpointId, createdAt, eventSeq })
      const crowd = Array.from({ length: 1203 }, (_, i) => make(t0 + 5, (i * 7919) % 1203))
      const made = [make(t0 + 4, 9999), ...crowd, make(t0 + 6, 2), make(t0 + 6, 1)]
      await at.inside.deliveries.add(made)
      for (const limit of [97, 500, 5000]) {
        expect(await scanned(workspaceId, { statuses: all, endpointId }, limit)).toEqual(inOrder(made))
        expect(await scanned(workspaceId, { statuses: all }, limit)).toEqual(inOrder(made))
      }
      const back = at.storage.reads.deliveries.scanBack
      const first = await back(workspaceId, { statuses: all }, null, 1000)
      const rest = await back(workspaceId, { statuses: all }, first.last, 1000)
      const ids = [...first.found, ...rest.found].map(({ id }) => id)
      expect(ids).toEqual([...inOrder(made)].sort().reverse())
    })

    it('look at so many rows in one call, whatever they find', async () => {
      const workspaceId = await at.workspace()
      const made = Array.from({ length: 10_400 }, (_, i) =>
        makeDelivery(workspaceId, { createdAt: t0 + i, eventSeq: i }),
      )
      for (let i = 0; i < made.length; i += 2000) await at.inside.deliveries.add(made.slice(i, i + 2000))
      const last = made.at(-1)?.id ?? ''
      await status(last, 'success')
      const { scan, scanBack } = at.storage.reads.deliveries
      const first = await scan(workspaceId, { statuses: ['success'] }, null, 10)
      expect([first.found.length, first.isEnd]).toEqual([0, false])
      const second = await scan(workspaceId, { statuses: ['success'] }, first.last, 10)
      expect([second.found.map(({ id }) => id), second.isEnd]).toEqual([[last], true])
      expect((await scanBack(workspaceId, { statuses: ['waiting'] }, null, 10)).isEnd).toBe(false)
    })

    it('are begun anew together, those alone that are in a state that was meant', async () => {
      const workspaceId = await at.workspace()
      const made = Array.from({ length: 5 }, () => makeDelivery(workspaceId))
      await at.inside.deliveries.add(made)
      const ids = made.map(({ id }) => id)
      const states = ['failed', 'success', 'pending', 'failed', 'waiting'] as const
      for (const [i, id] of ids.entries()) await status(id, states[i] ?? 'failed')
      const { restartAll } = at.inside.deliveries
      expect(await restartAll(await at.workspace(), ids, all, t0 + 9)).toEqual([])
      expect(await restartAll(workspaceId, [], all, t0 + 9)).toEqual([])
      const failed = [ids[0] ?? '', ids[3] ?? ''].sort()
      expect(await restartAll(workspaceId, ids, ['failed'], t0 + 9)).toEqual(failed)
      expect(await restartAll(workspaceId, ids, ['failed'], t0 + 10)).toEqual([])
      for (const id of failed)
        expect(await at.storage.reads.deliveries.read(workspaceId, id)).toMatchObject({
          ...{ status: 'pending', dueAt: t0 + 9, cause: null, endedAt: null },
        })
      expect(await at.storage.reads.deliveries.read(workspaceId, ids[1] ?? '')).toMatchObject({ status: 'success' })
      const rows = await at.sql('SELECT restarted_at FROM restarted_deliveries WHERE delivery_id IN (?, ?)', ...failed)
      expect(rows.map((row) => Number(row.restarted_at))).toEqual([t0 + 9, t0 + 9])
    })

    it('are ended together, those alone that are unfinished', async () => {
      const workspaceId = await at.workspace()
      const made = Array.from({ length: 4 }, () => makeDelivery(workspaceId))
      await at.inside.deliveries.add(made)
      const ids = made.map(({ id }) => id)
      await status(ids[1] ?? '', 'success')
      await status(ids[2] ?? '', 'waiting')
      const end = (workspace: string) => at.inside.deliveries.endAll(workspace, ids, 'CANCELLED', t0 + 7)
      expect(await end(await at.workspace())).toBe(0)
      expect(await end(workspaceId)).toBe(3)
      expect(await end(workspaceId)).toBe(0)
      const read = (id: string) => at.storage.reads.deliveries.read(workspaceId, id)
      expect(await read(ids[0] ?? '')).toMatchObject({ status: 'failed', cause: 'CANCELLED', endedAt: t0 + 7 })
      expect(await read(ids[1] ?? '')).toMatchObject({ status: 'success', cause: null })
    })

    it('are removed together with their attempts, those alone that have ended, and it is known up to when', async () => {
      const workspaceId = await at.workspace()
      const endpointId = newId('endpoint', t0)
      const made = [3, 1, 2].map((ms) => makeDelivery(workspaceId, { endpointId, createdAt: t0 + ms }))
      await at.inside.deliveries.add(made)
      const [late, early, unfinished] = made.map(({ id }) => id) as [string, string, string]
      for (const id of [late, early]) await status(id, 'success')
      for (const id of [late, early, unfinished])
        await at.sql(
          `INSERT INTO attempts (id, workspace_id, delivery_id, number, started_at, total_ms, response_headers,
             response_body, is_truncated) VALUES (?, ?, ?, 1, ?, 1, '[]', '', 0)`,
          ...[newId('attempt', t0), workspaceId, id, t0 + 5],
        )
      const { removeAll } = at.inside.deliveries
      const { cleanedUpTo, attempts, read } = at.storage.reads.deliveries
      expect(await removeAll(await at.workspace(), [late, early, unfinished])).toBe(0)
      expect(await cleanedUpTo(endpointId)).toBe(0)
      expect(await removeAll(workspaceId, [early, unfinished])).toBe(1)
      expect(await cleanedUpTo(endpointId)).toBe(t0 + 2)
      expect(await removeAll(workspaceId, [early, late])).toBe(1)
      expect(await cleanedUpTo(endpointId)).toBe(t0 + 4)
      expect(await read(workspaceId, early)).toBeUndefined()
      expect(await attempts(workspaceId, late)).toEqual([])
      expect(await attempts(workspaceId, unfinished)).toHaveLength(1)
    })

    it('are found by their events', async () => {
      const workspaceId = await at.workspace()
      const endpointId = newId('endpoint', t0)
      const made = [makeDelivery(workspaceId, { endpointId }), makeDelivery(workspaceId)]
      await at.inside.deliveries.add(made)
      const ids = [...made.map(({ eventId }) => eventId), newId('event', t0)]
      const { ofEvents } = at.storage.reads.deliveries
      expect((await ofEvents(workspaceId, endpointId, ids)).map(({ id }) => id)).toEqual([made[0]?.id])
      expect(await ofEvents(await at.workspace(), endpointId, ids)).toEqual([])
      expect(await ofEvents(workspaceId, endpointId, [])).toEqual([])
    })

    it('are missing from no place on that is behind a time', async () => {
      const workspaceId = await at.workspace()
      const day = 24 * 60 * 60 * 1000
      const publish = async (ms: number) =>
        (await at.storage.commit(publishEvent, makeEvent({ workspaceId, at: t0 + 400 * day + ms }))).seq
      // One that waited stands in the log behind later ones.
      const [early, second, waited, last] = [
        await publish(0),
        await publish(20 * day),
        await publish(10 * day),
        await publish(30 * day),
      ]
      const before = (ms: number) => at.storage.reads.log.placeBefore(t0 + 400 * day + ms)
      expect(await before(-5 * day)).toBeLessThan(early)
      expect(await before(5 * day)).toBe(second - 1)
      expect(await before(15 * day)).toBe(second - 1)
      expect(await before(25 * day)).toBe(last - 1)
      expect(waited).toBe(second + 1)
      expect(await before(35 * day)).toBe(last)
    })

    it('are known to be made up to where fan-out stands', async () => {
      const { placeOf } = at.storage.reads.followers
      expect(await placeOf('nobody')).toBe(0)
      await at.storage.commit(publishEvent, makeEvent({ workspaceId: await at.workspace() }))
      const upTo = await at.storage.reads.log.lastPlace()
      for (let i = 0; i < 100 && (await placeOf('fan-out')) < upTo; i++)
        await at.storage.commit(advance, { follower: 'fan-out', owner: 'proc_1', upTo, limit: 1000, now: t0 })
      expect(await placeOf('fan-out')).toBe(upTo)
    })
  })
}

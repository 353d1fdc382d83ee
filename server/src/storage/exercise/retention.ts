import { beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest, dedupeWindowMs, publishEvent } from '../../events/append.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { createEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { claimLanes } from '../../outbound/lane/claim.ts'
import type { SweepName } from '../../retention/keep.ts'
import { sweepOnce } from '../../retention/sweep.ts'
import { advance } from './commands.ts'
import type { Bench } from './opened.ts'
import {
  dayMs,
  makeEndpoint,
  makeEvent,
  makeParked,
  makeRequest,
  makeSettle,
  news,
  type RequestShape,
  t0,
} from './rows.ts'

async function makeDays(at: Bench): Promise<void> {
  for (let day = Math.floor(t0 / dayMs); day <= Math.floor(t0 / dayMs) + 4; day++) {
    const name = new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '')
    for (const table of ['requests', 'events', 'attempts'])
      await at.sql(
        `CREATE TABLE IF NOT EXISTS ${table}_${name} PARTITION OF ${table} FOR VALUES FROM (${day * dayMs}) TO (${(day + 1) * dayMs})`,
      )
  }
}

/** What is old goes, oldest first; what anything still needs stays, however old it is. */
export function exerciseRetention(at: Bench): void {
  describe('retention', () => {
    const followers = ['fan-out']
    const later = t0 + 3 * dayMs
    /** Everything of the day of `t0` is old, and nothing of three days later. */
    const before = t0 + 2 * dayMs
    let workspaceId: string
    let sourceId: string

    beforeEach(async () => {
      // Rows lie in the order in which they came, and each case begins with `t0`.
      for (const table of ['sweeps', 'deliveries', 'attempts', 'parked', 'events', 'requests', 'dedupe_keys'])
        await at.sql(`DELETE FROM ${table}`)
      // A case may have dropped its days.
      if (at.storage.engine === 'postgres') await makeDays(at)
      workspaceId = await at.workspace()
      sourceId = newId('source', t0)
    })

    const turn = (sweep: SweepName, line = before) =>
      at.storage.commit(sweepOnce, { sweep, before: line, now: line + dayMs, followers })
    const sweep = async (name: SweepName, line = before): Promise<number> => {
      let removed = 0
      for (let turns = 0; turns < 1000; turns++) {
        const swept = await turn(name, line)
        removed += swept.removed
        if (swept.isDone) return removed
      }
      throw new Error(`the sweep of ${name} never ends`)
    }
    const append = async (shape: Partial<RequestShape> = {}) => {
      const request = makeRequest({ workspaceId, sourceId, keys: [newId('event', t0)], ...shape })
      await at.storage.commit(appendRequest, request)
      return { requestId: request.id, eventId: request.events[0]?.id ?? '' }
    }
    /** Moves fan-out on; the lanes that it made work for are this process's. */
    const follow = async (now = t0) => {
      const owner = newId('process', now)
      await at.inside.processes.beat({ id: owner, roles: ['follow'] }, now)
      const upTo = await at.storage.settledUpTo()
      for (const follower of ['fan-out', 'accounts'])
        await at.storage.commit(advance, { follower, owner, upTo, limit: 10_000, now })
      await at.inside.processes.remove(owner)
    }
    const bodyOf = async (id: string) => (await at.storage.reads.log.readBody(workspaceId, id)) !== undefined
    const dataOf = async (id: string) => (await at.storage.reads.log.readEvent(workspaceId, id))?.data
    const hasRequest = async (id: string) => (await at.storage.reads.log.readRequest(workspaceId, id)) !== undefined
    const makeLane = async () => {
      const endpoint = makeEndpoint(workspaceId)
      await at.storage.commit(createEndpoint, {
        endpoint,
        news: news(workspaceId, 'endpoint.created', endpoint.id),
      })
      return endpoint
    }
    /** Attempts everything that is due in a lane. */
    const deliver = async (endpointId: string, over: Parameters<typeof makeSettle>[3] = {}, now = later) => {
      const owner = newId('process', t0)
      await at.inside.processes.beat({ id: owner, roles: ['deliver'] }, now)
      const { taken } = await at.storage.commit(claimLanes, {
        owner,
        now,
        lanes: [{ endpointId, limit: 100, inHand: [] }],
        giveBack: [],
        seek: { limit: 0, dueBefore: 0 },
        maxDataBytes: 1000,
      })
      for (const { due, generation = 0 } of taken)
        for (const delivery of due)
          await at.storage.commit(settleAttempt, makeSettle(endpointId, generation, delivery, over))
      await at.inside.processes.remove(owner)
    }

    it('empties what is old, marks it, and leaves its record', async () => {
      const old = await append()
      const young = await append({ at: later })
      await follow()
      expect(await sweep('event-data')).toBeGreaterThanOrEqual(1)
      expect(await sweep('request-bodies')).toBeGreaterThanOrEqual(1)
      expect([await dataOf(old.eventId), await bodyOf(old.requestId)]).toEqual([null, false])
      expect([await dataOf(young.eventId), await bodyOf(young.requestId)]).toEqual(['{"n":1}', true])
      expect(await at.storage.reads.log.readRequest(workspaceId, old.requestId)).toMatchObject({ bodyBytes: 7 })
      for (const [table, id] of [
        ['requests', old.requestId],
        ['events', old.eventId],
      ])
        expect(await at.sql(`SELECT erased_at FROM ${table} WHERE id = ?`, id ?? '')).toEqual([
          { erased_at: before + dayMs },
        ])
      expect(await sweep('request-bodies')).toBe(0)
    })

    it('leaves what a follower has not passed, and takes it when it has', async () => {
      const old = await append()
      await sweep('event-data')
      await sweep('request-bodies')
      await sweep('events')
      await sweep('requests')
      expect([await dataOf(old.eventId), await bodyOf(old.requestId)]).toEqual(['{"n":1}', true])
      await follow()
      await sweep('event-data')
      await sweep('request-bodies')
      expect([await dataOf(old.eventId), await bodyOf(old.requestId)]).toEqual([null, false])
    })

    it('leaves what is parked, and takes it when it is not any more', async () => {
      const old = await append()
      await follow()
      const seq = (await at.storage.reads.log.readEvent(workspaceId, old.eventId))?.seq ?? 0
      const parked = makeParked({ eventId: old.eventId, workspaceId, follower: 'fan-out', seq, updatedAt: later })
      await at.inside.followers.park([parked])
      await sweep('event-data')
      await sweep('parked')
      await sweep('events')
      expect(await dataOf(old.eventId)).toBe('{"n":1}')
      await at.sql('UPDATE parked SET updated_at = ? WHERE seq = ? RETURNING seq', t0, seq)
      expect(await sweep('parked')).toBe(1)
      await sweep('event-data')
      expect(await dataOf(old.eventId)).toBeNull()
    })

    it('leaves what an unfinished delivery needs, and takes it when that has ended', async () => {
      const endpoint = await makeLane()
      const old = await append()
      await follow()
      await sweep('event-data')
      await sweep('request-bodies')
      await sweep('events')
      await sweep('requests')
      expect([await dataOf(old.eventId), await bodyOf(old.requestId)]).toEqual(['{"n":1}', true])
      await deliver(endpoint.id)
      await sweep('event-data')
      await sweep('request-bodies')
      expect([await dataOf(old.eventId), await bodyOf(old.requestId)]).toEqual([null, false])
    })

    it('leaves what a paused source holds', async () => {
      const request = makeRequest({ workspaceId, sourceId, keys: ['held'] })
      await at.storage.commit(appendRequest, request)
      const hold = `INSERT INTO held_events (source_id, request_id, n, id, workspace_id, type, data_bytes, received_at)
        VALUES (?, ?, 0, 'evt_held', ?, 'test.made', 0, ?) RETURNING n`
      await at.sql(hold, sourceId, request.id, workspaceId, t0)
      await follow()
      for (const name of ['events', 'request-bodies', 'requests'] as const) await sweep(name)
      expect(await bodyOf(request.id)).toBe(true)
      await at.sql('DELETE FROM held_events WHERE source_id = ? RETURNING n', sourceId)
      await sweep('request-bodies')
      expect(await bodyOf(request.id)).toBe(false)
    })

    it('removes records with their events, and never disturbs a place in the log', async () => {
      const old = await append()
      const last = await append({ at: later })
      await follow()
      await sweep('events')
      await sweep('requests')
      expect([await dataOf(old.eventId), await hasRequest(old.requestId)]).toEqual([undefined, false])
      expect([await dataOf(last.eventId), await hasRequest(last.requestId)]).toEqual(['{"n":1}', true])
      const next = await at.storage.commit(publishEvent, makeEvent({ workspaceId, at: later }))
      const places = await at.sql('SELECT cursor FROM followers WHERE name = ?', 'fan-out')
      expect(next.seq).toBeGreaterThan(Number(places[0]?.cursor))
      const owner = newId('process', later)
      await at.inside.processes.beat({ id: owner, roles: ['follow'] }, later)
      const upTo = await at.storage.settledUpTo()
      expect(
        await at.storage.commit(advance, { follower: 'fan-out', owner, upTo, limit: 100, now: later }),
      ).toMatchObject({ read: 1 })
      await at.inside.processes.remove(owner)
    })

    it('goes on after a table was emptied and counts from its beginning again', async () => {
      const rowsOf = async (table: string) => Number((await at.sql(`SELECT count(*) AS n FROM ${table}`))[0]?.n)
      for (let i = 0; i < 20; i++) await append({ at: t0 + i })
      await follow()
      for (const name of ['event-data', 'events', 'request-bodies', 'requests'] as const) await sweep(name)
      expect([await rowsOf('events'), await rowsOf('requests')]).toEqual([0, 0])
      for (let i = 0; i < 3; i++) await append({ at: t0 + i })
      await follow()
      expect(await sweep('request-bodies')).toBe(3)
      for (const name of ['event-data', 'events', 'requests'] as const) await sweep(name)
      expect([await rowsOf('events'), await rowsOf('requests')]).toEqual([0, 0])
    })

    it('removes refused requests that an earlier version kept by a line of their own, from every source', async () => {
      const ids: string[] = []
      for (const [i, received] of [t0, t0, t0, later].entries()) {
        const source = i < 2 ? sourceId : newId('source', t0)
        const request = makeRequest({ workspaceId, sourceId: source, keys: [], at: received, verdict: 'quarantined' })
        await at.inside.log.keepRecords([request])
        ids.push(request.id)
      }
      await sweep('request-bodies')
      await sweep('requests')
      expect(await Promise.all(ids.map(hasRequest))).toEqual([true, true, true, true])
      expect(await sweep('quarantine')).toBeGreaterThanOrEqual(3)
      expect(await Promise.all(ids.map(hasRequest))).toEqual([false, false, false, true])
      expect(await sweep('quarantine')).toBe(0)
    })

    it('removes deliveries that ended long enough ago, with their attempts, and no unfinished one', async () => {
      const endpoint = await makeLane()
      await append()
      await follow()
      await deliver(endpoint.id, { attempt: { startedAt: t0 } }, t0)
      await append({ keys: ['second'] })
      await follow()
      const page = { after: null, limit: 9 }
      const all = async () =>
        (await at.storage.reads.deliveries.list(workspaceId, { endpointId: endpoint.id }, page)).rows
      const found = await all()
      const pending = found.find(({ status }) => status === 'pending')
      const ended = found.find(({ status }) => status === 'success')
      if (!pending || !ended) throw new Error('there are two deliveries')
      expect(await sweep('attempt-bodies')).toBeGreaterThanOrEqual(1)
      expect(await at.storage.reads.deliveries.attempts(workspaceId, ended.id)).toMatchObject([{ responseBody: '' }])
      await sweep('attempts')
      expect(await at.storage.reads.deliveries.attempts(workspaceId, ended.id)).toEqual([])
      await sweep('deliveries')
      expect((await all()).map(({ id }) => id)).toEqual([pending.id])
      await deliver(endpoint.id, { attempt: { startedAt: later } })
      await sweep('deliveries')
      expect(await all()).toHaveLength(1)
      await sweep('deliveries', later + 2 * dayMs)
      expect(await all()).toEqual([])
    })

    it('removes deliveries that succeeded long enough ago before those that failed, with their attempts', async () => {
      const endpoint = await makeLane()
      const list = async () =>
        (
          await at.storage.reads.deliveries.list(workspaceId, { endpointId: endpoint.id }, { after: null, limit: 9 })
        ).rows.map(({ id, status }) => ({ id, status }))
      await append()
      await follow()
      await deliver(endpoint.id, { attempt: { startedAt: t0 } }, t0)
      const [success] = await list()
      await append({ keys: ['second'] })
      await append({ keys: ['third'] })
      await follow()
      const [one] = (await list()).filter(({ status }) => status === 'pending')
      await at.sql('UPDATE deliveries SET status = 3, ended_at = ? WHERE id = ?', t0, one?.id ?? '')
      expect((await list()).map(({ status }) => status).sort()).toEqual(['failed', 'pending', 'success'])
      if (at.storage.engine === 'postgres') await at.sql('ANALYZE')
      const { tables } = await at.storage.reads.retention.sizes(later)
      for (const [name, rows] of [
        ['deliveries', 3],
        ['attempts', 1],
      ] as const) {
        const held = tables.find(({ table }) => table === name)
        expect([held?.rows, held?.apart.rows]).toEqual([rows, expect.closeTo(1)])
      }
      await sweep('succeeded', t0 - 1)
      expect(await list()).toHaveLength(3)
      expect(await sweep('succeeded')).toBe(1)
      expect((await list()).map(({ status }) => status).sort()).toEqual(['failed', 'pending'])
      expect(await at.sql('SELECT id FROM attempts WHERE delivery_id = ?', success?.id ?? '')).toEqual([])
      // The one that was unfinished then is not forgotten.
      await deliver(endpoint.id, { attempt: { startedAt: t0 } }, t0)
      expect(await sweep('succeeded')).toBe(1)
      expect((await list()).map(({ status }) => status)).toEqual(['failed'])
    })

    it('forgets keys past their window, and of those that share a hash the last one first', async () => {
      const line = t0 + dedupeWindowMs
      const shared = { hash: '77' }
      await append({ keys: ['first'], ...shared })
      await append({ keys: ['second'], ...shared, at: later })
      await append({ keys: ['third'], at: t0 })
      const keys = async () =>
        (await at.sql('SELECT key FROM dedupe_keys WHERE source_id = ? ORDER BY key', sourceId)).map(({ key }) => key)
      await sweep('dedupe-keys', line)
      // The first is needed to find the second.
      expect(await keys()).toEqual(['first', 'second'])
      const repeat = makeRequest({ workspaceId, sourceId, keys: ['second'], ...shared, at: later + 1 })
      expect(await at.storage.commit(appendRequest, repeat)).toMatchObject({ isRepeat: true })
      await sweep('dedupe-keys', later + dedupeWindowMs)
      await sweep('dedupe-keys', later + dedupeWindowMs)
      expect(await keys()).toEqual([])
    })

    it('is not held up by a row from the future', async () => {
      const ahead = await append({ at: t0 + 300 * dayMs })
      const old = await append()
      await follow()
      await sweep('event-data')
      expect([await dataOf(ahead.eventId), await dataOf(old.eventId)]).toEqual(['{"n":1}', null])
      await sweep('event-data', t0 + 302 * dayMs)
      expect(await dataOf(ahead.eventId)).toBeNull()
    })

    it('tells how each sweep stands, and what there is, about', async () => {
      for (let n = 0; n < 40; n++) await append({ keys: [`s${n}`], at: t0 + n, body: `"${'x'.repeat(500)}"` })
      await append({ keys: ['later'], at: later })
      await follow()
      await sweep('event-data')
      const states = await at.storage.reads.retention.states()
      expect(states).toEqual([
        {
          name: 'event-data',
          ranAt: before + dayMs,
          sweptAt: before + dayMs,
          lastRemoved: 40,
          total: 40,
        },
      ])
      // PostgreSQL's figures are about a moment old.
      if (at.storage.engine === 'postgres') await at.sql('ANALYZE')
      const sizes = await at.storage.reads.retention.sizes(later)
      const of = (name: string) => sizes.tables.find(({ table }) => table === name)
      expect(of('requests')).toMatchObject({ rows: 41 })
      expect(of('events')).toMatchObject({ rows: 41 })
      expect(of('dedupe-keys')).toMatchObject({ rows: 41 })
      expect(of('attempts')).toMatchObject({ rows: 0, oldestAt: null })
      expect(of('requests')?.apart).toMatchObject({ rows: 0, perDay: { bodyBytes: 0 } })
      expect(of('requests')?.bodyBytes).toBeGreaterThan(40 * 500 * 0.8)
      expect(of('requests')?.bodyBytes).toBeLessThan(41 * 510 * 1.2)
      // Of the events all but one were emptied.
      expect(of('events')?.bodyBytes).toBeLessThan(3000)
      const days = (later - (of('requests')?.oldestAt ?? 0)) / dayMs
      expect(of('requests')?.perDay.rows).toBeCloseTo(41 / days, 0)
      expect(sizes.databaseBytes).toBeGreaterThan(100_000)
    })

    it('takes every row once when several are at it, in bounded turns', async () => {
      const made = 1200
      await Promise.all(Array.from({ length: made }, (_, n) => append({ keys: [`k${n}`] })))
      await follow()
      const removals: number[] = []
      const work = async () => {
        for (let turns = 0; turns < 500; turns++) {
          const { removed, isDone, isElsewhere } = await turn('event-data')
          removals.push(removed)
          if (isDone && !isElsewhere) return
        }
      }
      await Promise.all([work(), work(), work()])
      const sum = removals.reduce((all, each) => all + each, 0)
      expect(sum).toBe(made)
      expect(Math.max(...removals)).toBeLessThan(made)
      const [left] = await at.sql(
        'SELECT count(*) AS n FROM events WHERE workspace_id = ? AND data IS NOT NULL',
        workspaceId,
      )
      expect(Number(left?.n)).toBe(0)
    })
  })
}

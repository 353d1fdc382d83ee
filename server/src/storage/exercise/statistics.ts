import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import type { CountedDeliveries, Span } from '../../outbound/delivery/statistics.ts'
import type { Bench } from './opened.ts'
import { makeEndpoint, t0 } from './rows.ts'

const hourMs = 60 * 60 * 1000

interface Row {
  at: number
  status: number
  tries?: number
  dueAt?: number
  customer?: string | null
  tookMs?: number
}

/** Numbers over deliveries. */
export function exerciseStatistics(at: Bench): void {
  async function add(workspaceId: string, endpointId: string, row: Row): Promise<void> {
    const id = newId('delivery', row.at)
    const { status, tries = 0, dueAt = row.at, customer = null } = row
    await at.sql(
      `INSERT INTO deliveries (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, status, due_at, attempts,
         created_at) VALUES (?, ?, ?, ?, ?, 1, 'a.b', ?, ?, ?, ?)`,
      ...[id, workspaceId, customer, endpointId, newId('event', row.at), status, dueAt, tries, row.at],
    )
    if (row.tookMs === undefined) return
    await at.sql(
      `INSERT INTO attempts (id, workspace_id, delivery_id, number, started_at, total_ms, response_headers, response_body,
         is_truncated) VALUES (?, ?, ?, 1, ?, ?, '[]', '', 0)`,
      ...[newId('attempt', row.at), workspaceId, id, row.at, row.tookMs],
    )
  }

  async function world() {
    const workspaceId = await at.workspace()
    const endpoint = makeEndpoint(workspaceId, { concurrency: 3 })
    await at.inside.endpoints.insert(endpoint)
    await at.inside.lanes.insert(endpoint)
    return { workspaceId, endpointId: endpoint.id }
  }

  const count = (workspaceId: string, of: CountedDeliveries, span: Span, deliveries = 100, attempts = 100) =>
    at.storage.reads.statistics.deliveries(workspaceId, of, span, { deliveries, attempts })
  const sum = (counted: readonly { count: number }[]) => counted.reduce((all, each) => all + each.count, 0)

  describe('statistics', () => {
    it('count deliveries by the hour they were made in, how they stand, and whether they were tried', async () => {
      const { workspaceId, endpointId } = await world()
      const rows: Row[] = [
        { at: t0, status: 2, tries: 1, customer: 'acme' },
        { at: t0 + 1, status: 2, tries: 3 },
        { at: t0 + 2, status: 3, tries: 1 },
        { at: t0 + hourMs, status: 0 },
        { at: t0 + hourMs, status: 0, tries: 1 },
        { at: t0 + hourMs, status: 1 },
        { at: t0 + 5 * hourMs, status: 2, tries: 1 },
      ]
      for (const row of rows) await add(workspaceId, endpointId, row)
      const span = { from: t0, to: t0 + 5 * hourMs }
      const { counted, from, to } = await count(workspaceId, {}, span)
      expect({ from, to }).toEqual(span)
      const told = counted
        .map(({ hour, status, isTried, count }) => `${(hour - t0) / hourMs} ${status} ${isTried} ${count}`)
        .sort()
      expect(told).toEqual([
        '0 failed true 1',
        '0 success true 2',
        '1 pending false 1',
        '1 pending true 1',
        '1 waiting false 1',
      ])
      expect((await count(workspaceId, { endpointId }, span)).counted).toHaveLength(5)
      expect(sum((await count(workspaceId, { customer: 'acme' }, span)).counted)).toBe(1)
      expect(sum((await count(workspaceId, { endpointId, customer: 'acme' }, span)).counted)).toBe(1)
    })

    it('of another workspace or endpoint are not counted, also by who knows the id', async () => {
      const [one, other] = [await world(), await world()]
      await add(one.workspaceId, one.endpointId, { at: t0, status: 2, tries: 1, tookMs: 5 })
      const span = { from: t0, to: t0 + 1 }
      for (const of of [{}, { endpointId: one.endpointId }, { endpointId: other.endpointId }]) {
        const { counted, tookMs } = await count(other.workspaceId, of, span)
        expect([counted, tookMs]).toEqual([[], []])
      }
      expect(sum((await count(one.workspaceId, { endpointId: one.endpointId }, span)).counted)).toBe(1)
    })

    it('of more than are counted are exact from a time on, and say which', async () => {
      const { workspaceId, endpointId } = await world()
      for (let n = 0; n < 12; n++) await add(workspaceId, endpointId, { at: t0 + Math.floor(n / 2), status: 2 })
      const span = { from: t0, to: t0 + hourMs }
      for (const of of [{}, { endpointId }]) {
        const bounded = await count(workspaceId, of, span, 5)
        // Two were made in each millisecond: the fifth newest shares its own with one that is beyond.
        expect([bounded.from, sum(bounded.counted)]).toEqual([t0 + 4, 4])
        const whole = await count(workspaceId, of, span, 12)
        expect([whole.from, sum(whole.counted)]).toEqual([t0, 12])
      }
    })

    it('measure the attempts at the latest deliveries, shortest first', async () => {
      const { workspaceId, endpointId } = await world()
      for (const [n, tookMs] of [900, 30, 10.5, 20].entries()) {
        await add(workspaceId, endpointId, { at: t0 + n, status: 2, tries: 1, tookMs })
      }
      const span = { from: t0, to: t0 + hourMs }
      expect((await count(workspaceId, { endpointId }, span, 100, 3)).tookMs).toEqual([10.5, 20, 30])
      expect((await count(workspaceId, {}, span)).tookMs).toEqual([10.5, 20, 30, 900])
    })
  })

  describe('the queue', () => {
    it('is what is due now and later, by endpoint, with the oldest that is due', async () => {
      const { workspaceId, endpointId } = await world()
      const second = makeEndpoint(workspaceId, { concurrency: 7 })
      await at.inside.endpoints.insert(second)
      await at.inside.lanes.insert(second)
      const now = t0 + hourMs
      const { queue } = at.storage.reads.statistics
      expect(await queue(workspaceId, now, 100)).toEqual({ endpoints: [], oldestDueAt: null, isAtLeast: false })
      await add(workspaceId, endpointId, { at: t0, status: 0, dueAt: now + 1 })
      expect((await queue(workspaceId, now, 100)).oldestDueAt).toBeNull()
      await add(workspaceId, endpointId, { at: t0, status: 0, dueAt: now })
      await add(workspaceId, endpointId, { at: t0, status: 0, dueAt: t0 + 5 })
      await add(workspaceId, endpointId, { at: t0, status: 2 })
      await add(workspaceId, endpointId, { at: t0, status: 1 })
      await add(workspaceId, second.id, { at: t0, status: 0, dueAt: t0 + 9 })
      await at.sql(`UPDATE lanes SET owner = 'proc_1' WHERE endpoint_id = ?`, second.id)
      const found = await queue(workspaceId, now, 100)
      expect(found).toMatchObject({ oldestDueAt: t0 + 5, isAtLeast: false })
      expect([...found.endpoints].sort((a, b) => a.concurrency - b.concurrency)).toEqual([
        { endpointId, concurrency: 3, isHeld: false, due: 2, delayed: 1, behind: 1 },
        { endpointId: second.id, concurrency: 7, isHeld: true, due: 1, delayed: 0, behind: 0 },
      ])
      expect((await queue(workspaceId, now, 5)).isAtLeast).toBe(true)
      expect((await queue(await at.workspace(), now, 100)).endpoints).toEqual([])
    })
  })
}

import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest } from '../../events/append.ts'
import type { SweepName } from '../../retention/keep.ts'
import { sweepOnce } from '../../retention/sweep.ts'
import { beginTransaction, type OpenedPostgres, openTestPostgres } from '../exercise/open-postgres.ts'
import { follow } from '../exercise/planted.ts'
import { dayMs, makeRequest, t0 } from '../exercise/rows.ts'

let opened: OpenedPostgres
beforeAll(async () => {
  opened = await openTestPostgres()
})
afterAll(() => opened.cleanup())

const turn = (sweep: SweepName) =>
  opened.storage.commit(sweepOnce, { sweep, before: t0 + 2 * dayMs, now: t0 + 3 * dayMs, followers: ['fan-out'] })
const daysOf = async (table: string) =>
  (await opened.sql('SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = to_regclass(?)', table))
    .map(({ name }) => String(name))
    .sort()
const append = (at: number) =>
  opened.storage.commit(
    appendRequest,
    makeRequest({ workspaceId: 'ws_1', sourceId: 'src_1', keys: [newId('event', at)], at }),
  )

it('drops whole days, waits for nobody who reads them, and lets who appends go on', async () => {
  await append(t0)
  await append(t0 + 3 * dayMs)
  await follow(opened.storage, t0)
  const before = await daysOf('events')
  expect(before).toContain('events_20270115')

  // A report that goes on for hours.
  const reader = await beginTransaction(opened.url)
  await reader.stores.log.eventsAfter(0, 1000, 10, false)
  // Yesterday, which is empty, and then the day itself: each is in the reader's way.
  const began = performance.now()
  for (let turns = 0; turns < 3; turns++) expect(await turn('events')).toMatchObject({ removed: 0, isDone: true })
  expect(performance.now() - began).toBeLessThan(5000)
  await append(t0 + 3 * dayMs + 1)
  expect(await daysOf('events')).toEqual(before)
  await reader.end('COMMIT')

  for (const sweep of ['events', 'requests'] as const)
    for (let isDone = false; !isDone; ) isDone = (await turn(sweep)).isDone
  expect(await daysOf('events')).not.toContain('events_20270115')
  expect(await daysOf('requests')).not.toContain('requests_20270115')
  const left = await opened.sql('SELECT received_at FROM events WHERE request_id IS NOT NULL ORDER BY seq')
  expect(left.map((row) => Number(row.received_at))).toEqual([t0 + 3 * dayMs, t0 + 3 * dayMs + 1])
})

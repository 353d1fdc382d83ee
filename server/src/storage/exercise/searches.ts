import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LookedPage, Page } from '../../base/page.ts'
import { publishEvent } from '../../events/append.ts'
import type { NewEvent } from '../../events/event.ts'
import type { EventFilter } from '../../events/log-store.ts'
import { type DerivedState, stateOf } from '../../outbound/delivery/delivery-state.ts'
import type { DeliveryFilter, NewDelivery } from '../../outbound/delivery/delivery-store.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { makeEndpoint, makeEvent, t0 } from './rows.ts'

const hourMs = 60 * 60 * 1000
const types = ['github.push', 'github.issues.opened', 'github-x', 'stripe.paid']
const sources = ['src_1', 'src_2', null]
const customers = ['acme', 'bravo', null]
const isOfType = (type: string, asked: string) =>
  asked.endsWith('.*') ? type.startsWith(asked.slice(0, -1)) : type === asked

/** Something of a list, nothing most of the time. */
const maybe = <Value>(...values: readonly Value[]): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...values) })
const times = { from: maybe(...hours()), to: maybe(...hours()) }

function hours(): number[] {
  return [-1, 0, 7, 24, 60, 200].map((hour) => t0 + hour * hourMs)
}

/** What was not left out. */
const given = <Filter extends object>(filter: Filter) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Filter]?: Exclude<Filter[Name], undefined>
  }

/** All pages of a list, one after the other. */
async function allOf<Row>(list: (page: Page) => Promise<LookedPage<Row>>, limit: number): Promise<Row[]> {
  const found: Row[] = []
  for (let after: string | null = null; ; ) {
    const { rows, next }: LookedPage<Row> = await list({ after, limit })
    expect(rows.length).toBeLessThanOrEqual(limit)
    found.push(...rows)
    if (next === null) return found
    expect(next.at).toBeGreaterThan(0)
    after = next.after
  }
}

/** Lists that look through so much at a time: over all pages they tell what is asked for, whatever that is. */
export function exerciseSearches(at: Bench): void {
  describe('searches of events', () => {
    let workspaceId = ''
    const events: NewEvent[] = []
    beforeAll(async () => {
      workspaceId = await at.workspace()
      const other = await at.workspace()
      for (let i = 0; i < 150; i++) {
        // Every seventh was held by its source: it stands behind later ones.
        const at_ = t0 + (i % 7 === 0 ? i / 7 : i) * hourMs
        const of = { type: types[i % 4] ?? '', customer: customers[i % 3] ?? null, sourceId: sources[i % 5] ?? null }
        const event = makeEvent({ workspaceId: i % 11 === 0 ? other : workspaceId, at: at_, ...of })
        await at.storage.commit(publishEvent, event)
        if (event.workspaceId === workspaceId) events.unshift(event)
      }
    })

    const filters = fc
      .record({
        type: maybe(...types, 'github.*', 'none'),
        sourceId: maybe('src_1', 'src_2'),
        customer: maybe('acme', 'none'),
        ...times,
      })
      .map((filter): EventFilter => given(filter))

    it('find what is asked for, in the order of the log', async () => {
      await fc.assert(
        fc.asyncProperty(filters, fc.integer({ min: 1, max: 40 }), async (filter, limit) => {
          const { type, sourceId, customer, from = 0, to = Number.POSITIVE_INFINITY } = filter
          const isMeant = (event: NewEvent) =>
            (type === undefined || isOfType(event.type, type)) &&
            (sourceId === undefined || event.sourceId === sourceId) &&
            (customer === undefined || event.customer === customer) &&
            event.receivedAt >= from &&
            event.receivedAt < to
          const found = await allOf((page) => at.storage.reads.log.listEvents(workspaceId, filter, page), limit)
          expect(found.map(({ id }) => id)).toEqual(events.filter(isMeant).map(({ id }) => id))
        }),
        { numRuns: 60 },
      )
    })
  })

  describe('searches of deliveries', () => {
    let workspaceId = ''
    let endpointIds: string[] = []
    let elsewhere = ''
    const deliveries: (NewDelivery & { status: number; attempts: number; dueAt: number; cause: string | null })[] = []
    const now = t0 + 1000 * hourMs
    beforeAll(async () => {
      workspaceId = await at.workspace()
      const other = await at.workspace()
      const endpoints = ['acme', 'acme', 'bravo', null].map((customer) => makeEndpoint(workspaceId, { customer }))
      endpointIds = endpoints.map(({ id }) => id)
      elsewhere = makeEndpoint(other).id
      for (const endpoint of endpoints) await at.inside.endpoints.insert(endpoint)
      // Only the first one's lane is somebody's.
      for (const [i, endpointId] of endpointIds.entries())
        await at.sql(
          `INSERT INTO lanes (endpoint_id, workspace_id, state, owner) VALUES (?, ?, 'active', ?)
           ON CONFLICT (endpoint_id) DO UPDATE SET owner = excluded.owner RETURNING endpoint_id`,
          endpointId,
          workspaceId,
          i === 0 ? 'proc_1' : null,
        )
      for (let i = 0; i < 150; i++) {
        const isOther = i % 11 === 0
        const made = makeDelivery(isOther ? other : workspaceId, {
          createdAt: t0 + i * hourMs,
          endpointId: isOther ? elsewhere : (endpointIds[i % 4] ?? ''),
          eventType: types[i % 3] ?? '',
          customer: customers[i % 5] ?? null,
        })
        const state = { status: i % 6 > 3 ? 2 : i % 6, attempts: i % 2, dueAt: now + (i % 4 < 2 ? -1 : 1), cause: null }
        const row = { ...made, ...state, cause: state.status === 3 && i % 4 > 1 ? 'GONE' : null }
        await at.inside.deliveries.add([made])
        await at.sql(
          'UPDATE deliveries SET status = ?, attempts = ?, due_at = ?, cause = ? WHERE id = ? RETURNING id',
          ...[row.status, row.attempts, row.dueAt, row.cause, row.id],
        )
        if (!isOther) deliveries.unshift(row)
      }
    })

    const states: DerivedState['is'][] = ['pending', 'sending', 'retrying', 'unfinished']
    const filters = fc.record({
      endpoint: maybe(0, 1, 2, 3, 4),
      eventOf: maybe(0, 70),
      eventType: maybe(...types, 'github.*'),
      customer: maybe('acme', 'none'),
      endpointsOf: maybe('acme', 'bravo', 'none'),
      stored: maybe('pending', 'waiting', 'success', 'failed'),
      state: maybe(...states),
      cause: maybe('GONE'),
      ...times,
    })
    const storedAs = ['pending', 'waiting', 'success', 'failed'] as const
    const endpointOf = (i: number) => endpointIds[i] ?? elsewhere

    it('find what is asked for, newest first', async () => {
      await fc.assert(
        fc.asyncProperty(filters, fc.integer({ min: 1, max: 40 }), async (asked, limit) => {
          const { endpoint, eventOf, stored: status, state, ...rest } = asked
          const endpointId = endpoint === undefined ? undefined : endpointOf(endpoint)
          const eventId = eventOf === undefined ? undefined : deliveries[eventOf]?.eventId
          const filter = given({ ...rest, endpointId, eventId, status, state: state && { is: state, now } })
          const owners = ['acme', 'acme', 'bravo', null]
          const isMeant = (row: (typeof deliveries)[number]) => {
            const storedStatus = storedAs[row.status] ?? 'failed'
            const shown = stateOf(
              {
                ...row,
                cause: null,
                endedAt: null,
                status: storedStatus,
                isLaneHeld: row.endpointId === endpointOf(0),
              },
              now,
            )
            return (
              (endpointId === undefined || row.endpointId === endpointId) &&
              (eventId === undefined || row.eventId === eventId) &&
              (rest.eventType === undefined || isOfType(row.eventType, rest.eventType)) &&
              (rest.customer === undefined || row.customer === rest.customer) &&
              (rest.endpointsOf === undefined || owners[endpointIds.indexOf(row.endpointId)] === rest.endpointsOf) &&
              (status === undefined || storedStatus === status) &&
              (state === undefined || (state === 'unfinished' ? row.status < 2 : shown === state)) &&
              (rest.cause === undefined || row.cause === rest.cause) &&
              row.createdAt >= (rest.from ?? 0) &&
              row.createdAt < (rest.to ?? Number.POSITIVE_INFINITY)
            )
          }
          const list = (page: Page) => at.storage.reads.deliveries.list(workspaceId, filter as DeliveryFilter, page)
          expect((await allOf(list, limit)).map(({ id }) => id)).toEqual(deliveries.filter(isMeant).map(({ id }) => id))
        }),
        { numRuns: 100 },
      )
    })

    it('tell nothing of another workspace’s endpoint, not even that there is more', async () => {
      const page = { after: null, limit: 1 }
      for (const endpointId of [elsewhere, 'ep_none'])
        expect(await at.storage.reads.deliveries.list(workspaceId, { endpointId }, page)).toEqual({
          rows: [],
          next: null,
        })
    })
  })
}

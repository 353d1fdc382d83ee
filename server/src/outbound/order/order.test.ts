import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../base/clock.ts'
import { defaultWorkspaceId, newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import { openTestStorage } from '../../exercise-storage.ts'
import { retryDelivery } from '../delivery/retry.ts'
import { type Arrival, openReceiver, openRig, type Rig, status } from '../exercise-deliverer.ts'
import { isBlocking, orderKeyOf } from './order.ts'
import { skipDelivery } from './skip.ts'

const minute = 60_000

/** Publishes events of these keys, hands them out and wakes the engine; answers the events' ids. */
async function send(rig: Rig, ...keys: (string | null)[]): Promise<string[]> {
  const now = rig.clock.now()
  const ids: string[] = []
  for (const orderKey of keys) {
    const event = { id: newId('event', now), type: 'a.b', data: JSON.stringify({ key: orderKey }), receivedAt: now }
    const nobodys = { customer: null, sourceId: null, requestId: null, subject: null, dedupe: null }
    await rig.storage.commit(publishEvent, { ...event, ...nobodys, workspaceId: defaultWorkspaceId, orderKey })
    ids.push(event.id)
  }
  rig.deliverer.wake(await rig.fanOut())
  return ids
}

describe('the key in whose order an event is sent', () => {
  it('is its own, one for the whole endpoint, or none', () => {
    const keyOf = (ordering: 'none' | 'key' | 'endpoint', orderKey: string | null) =>
      orderKeyOf({ ordering }, { orderKey })
    expect([keyOf('none', 'k'), keyOf('key', 'k'), keyOf('endpoint', 'k')]).toEqual([null, 'k', ''])
    expect([keyOf('none', null), keyOf('key', null), keyOf('endpoint', null)]).toEqual([null, null, ''])
    // Nobody's own key shares the line of the whole endpoint.
    expect(keyOf('key', '')).toBeNull()
  })

  it('is held up by what somebody can mend, and by nothing else', () => {
    expect(['SERVER_ERROR', 'TLS_EXPIRED', 'PROXY_ERROR'].map((cause) => isBlocking(cause as never))).toEqual([
      true,
      true,
      true,
    ])
    expect(['EVENT_GONE', 'LOOP', null].map((cause) => isBlocking(cause as never))).toEqual([false, false, false])
  })
})

describe('an ordered endpoint', () => {
  it('gets one after the other at once, without a tick between them', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url, { ordering: 'endpoint' })
    const ids = await send(rig, ...Array.from({ length: 10 }, () => null))
    await rig.quiet()
    expect(receiver.arrivals.map(({ id }) => id)).toEqual(ids)
    expect(rig.counts()).toEqual({ 2: 10 })
  })

  it('is not sent the next one while one is tried again, and other keys go on', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, index) => status(index === 0 ? 500 : 200)(response))
    await rig.endpoint(receiver.url, { ordering: 'key' })
    const [a1] = await send(rig, 'a')
    await rig.quiet()
    const [a2, b1, b2, free] = await send(rig, 'a', 'b', 'b', null)
    await rig.quiet()
    const seen = () => receiver.arrivals.map(({ id }) => id)
    expect(new Set(seen())).toEqual(new Set([a1, b1, b2, free]))
    await rig.pass(10_000)
    expect(seen().slice(4)).toEqual([a1, a2])
  })

  it('waits for a decision when one has failed for good, and goes on after it', async () => {
    let isDown = true
    await using rig = openRig()
    await using receiver = await openReceiver((response) => status(isDown ? 500 : 200)(response))
    await rig.endpoint(receiver.url, { ordering: 'key', retry: { delaysSeconds: [] } })
    const [first, second] = await send(rig, 'a', 'a')
    await rig.quiet()
    isDown = false
    await rig.pass(minute)
    expect(receiver.arrivals.map(({ id }) => id)).toEqual([first])
    const { id } = await rig.delivery(first ?? '')
    const call = { workspaceId: defaultWorkspaceId, id, now: rig.clock.now() }
    const { endpointId } = await rig.storage.commit(skipDelivery, call)
    rig.deliverer.wake([endpointId])
    await rig.quiet()
    expect(receiver.arrivals.map((each) => each.id)).toEqual([first, second])
    expect(rig.counts()).toEqual({ 2: 1, 3: 1 })
  })
})

/** What else of its key is on its way when an event comes for the first time. */
const pendingBeside = `SELECT event_id FROM deliveries WHERE status = 0 AND event_id <> ?
  AND order_key = (SELECT order_key FROM deliveries WHERE event_id = ?)
  AND EXISTS (SELECT 1 FROM deliveries WHERE event_id = ? AND status = 0)`

/** What happens to a server between two moments. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), key: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(100, 7000, 400_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take-over' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retry' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip' as const), which: fc.nat(50) }) },
)

describe('in whatever order things fail, are taken over, sent anew and skipped', () => {
  it('nothing of a key overtakes what came before it, and every key comes to its end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 25 }),
        fc.array(fc.constantFrom(200, 200, 500), { minLength: 1, maxLength: 7 }),
        async (steps, answers) => {
          let isMended = false
          const clock = fakeClock()
          const storage = openTestStorage()
          const borrowed = { ...storage, close: async () => {} }
          const overtaken: unknown[] = []
          await using receiver = await openReceiver((response, { id }, index) => {
            const isFirst = receiver.arrivals.filter((each) => each.id === id).length === 1
            if (isFirst) overtaken.push(...storage.sql(pendingBeside, id, id, id))
            status(isMended ? 200 : (answers[index % answers.length] ?? 200))(response)
          })
          await using world = openRig({ storage, clock })
          await world.endpoint(receiver.url, { ordering: 'key', retry: { delaysSeconds: [5] } })
          const rigs = [world]
          try {
            const published: { id: string; key: string }[] = []
            const left = new Set<string>()
            const rig = () => rigs.at(-1) ?? world
            for (const each of steps) {
              if (each.kind === 'send') {
                const [id] = await send(rig(), each.key)
                published.push({ id: id ?? '', key: each.key })
              } else if (each.kind === 'pass') await rig().pass(each.ms)
              else if (each.kind === 'take-over') {
                // The one before is dead to the others, and finds out when it records what it sent.
                const next = openRig({ storage: borrowed, clock })
                await next.beat()
                await next.strike(rig().processId)
                rigs.push(next)
              } else {
                const chosen = published[each.which % Math.max(1, published.length)]
                if (!chosen) continue
                // One that is skipped before it was ever sent has left the order: sent anew, it comes when it comes.
                const wasSent = receiver.arrivals.some(({ id }) => id === chosen.id)
                if (each.kind === 'skip' && !wasSent) left.add(chosen.id)
                await decide(rig(), each.kind, chosen.id)
              }
            }
            isMended = true
            await settleAll(rig())
            expect(overtaken).toEqual([])
            const kept = published.filter(({ id }) => !left.has(id))
            for (const key of ['a', 'b', 'c']) check(key, kept, receiver.arrivals)
            expect(storage.sql('SELECT id FROM deliveries WHERE status < 2')).toEqual([])
          } finally {
            for (const each of rigs.slice(1).reverse()) await each[Symbol.asyncDispose]()
          }
        },
      ),
      { numRuns: 5 },
    )
  }, 60_000)
})

/** Sends one anew, or passes it over, where that is possible. */
async function decide(rig: Rig, kind: 'retry' | 'skip', eventId: string): Promise<void> {
  const { id, endpointId } = await rig.delivery(eventId)
  const call = { workspaceId: defaultWorkspaceId, id, now: rig.clock.now() }
  const { commit } = rig.storage
  const done = kind === 'retry' ? commit(retryDelivery, call) : commit(skipDelivery, call)
  await done.catch(() => undefined)
  rig.deliverer.review([endpointId])
  rig.deliverer.wake([endpointId])
  await rig.quiet()
}

/** Lets everything come to its end: what holds up a key is passed over. */
async function settleAll(rig: Rig): Promise<void> {
  for (let turns = 0; turns < 200; turns++) {
    // So long that an endpoint that failed is called again.
    await rig.pass(400_000)
    const blocked = rig.storage.sql('SELECT delivery_id, endpoint_id FROM blocked_keys')
    const open = rig.storage.sql('SELECT id FROM deliveries WHERE status < 2')
    if (blocked.length === 0 && open.length === 0) return
    for (const row of blocked) {
      const call = { workspaceId: defaultWorkspaceId, id: String(row.delivery_id), now: rig.clock.now() }
      await rig.storage.commit(skipDelivery, call)
      rig.deliverer.wake([String(row.endpoint_id)])
    }
  }
}

/** Of a key, those that arrived came for the first time in the order in which they were published. */
function check(key: string, published: readonly { id: string; key: string }[], arrivals: readonly Arrival[]): void {
  const ids = published.filter((each) => each.key === key).map(({ id }) => id)
  const first = [...new Set(arrivals.map(({ id }) => id))].filter((id) => ids.includes(id))
  expect(first).toEqual(ids.filter((id) => first.includes(id)))
}

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { requestWith, stripeEvent, subscriptionObject, t0, tiers } from '../../accounts/exercise-events.ts'
import { accounts } from '../../accounts/follow-accounts.ts'
import { defaultWorkspaceId } from '../../base/id.ts'
import { openTestStorage, type TestStorage } from '../../exercise-storage.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import type { Stores } from '../../storage/stores.ts'
import { appendRequest } from '../append.ts'
import type { NewRequest } from '../request.ts'
import { advanceReading, readHere } from './exercise-reading.ts'
import { advanceCommand } from './follow.ts'
import type { AnyFollower } from './follower.ts'
import { rerunCommand } from './rerun.ts'
import { rerunAll } from './rerun-all.ts'
import { retryCommand } from './retry.ts'

/** Events, by follower and event, that fail so many more times. */
let faults = new Map<string, number>()

/** A follower of the server that fails where it is told to, after it has written. */
const failing = (follower: AnyFollower<Stores>): AnyFollower<Stores> => ({
  ...follower,
  async run(...given) {
    const stirred = await follower.run(...given)
    for (const { id } of given[1] as readonly { id: string }[]) {
      const name = `${follower.name} ${id}`
      const left = faults.get(name) ?? 0
      faults.set(name, left - 1)
      if (left > 0) throw new Error('not yet')
    }
    return stirred
  },
})

const followers: readonly AnyFollower<Stores>[] = [fanOut, accounts].map(failing)
const advance = advanceCommand<Stores>(followers)
const retry = retryCommand<Stores>(followers)
const rerun = rerunCommand<Stores>(followers)
const reader = readHere(followers)
const settings = { tiers }

function open(): TestStorage {
  const storage = openTestStorage([advance, retry, rerun])
  storage.sql(
    `INSERT INTO sources (id, workspace_id, kind, name, key, sealed_secrets, config, is_enabled, created_at, updated_at, origin,
       holding, routes_version) VALUES ('src_stripe', ?, 'stripe', 's', 'k', '[]', '{}', 1, 0, 0, 'api', 0, 0) RETURNING id`,
    defaultWorkspaceId,
  )
  for (const id of ['ep_1', 'ep_2']) {
    storage.sql(
      `INSERT INTO endpoints (id, workspace_id, url, description, event_types, payload, concurrency, status, sealed_secret,
         after_seq, created_at, updated_at)
       VALUES (?, ?, 'https://example.com', '', '["stripe.*"]', 'full', 1, 'active', 'x', 0, 0, 0) RETURNING id`,
      ...[id, defaultWorkspaceId],
    )
    storage.sql(
      `INSERT INTO lanes (endpoint_id, workspace_id, state) VALUES (?, ?, 'active') RETURNING endpoint_id`,
      ...[id, defaultWorkspaceId],
    )
  }
  return storage
}

/** What the followers' work comes to. */
const viewsOf = (storage: TestStorage) => ({
  subscriptions: storage.sql('SELECT * FROM subscriptions ORDER BY id').map(({ key, ...row }) => row),
  deliveries: storage.sql(
    `SELECT event_id, endpoint_id, status FROM deliveries WHERE event_type LIKE 'stripe.%' ORDER BY event_id, endpoint_id`,
  ),
})

/** Lets everything be handled, in batches of this size, until nothing is on its way any more. */
async function follow(storage: TestStorage, limit: number): Promise<void> {
  const { commit } = storage
  for (const { name } of followers) {
    const call = { follower: name, owner: 'proc_1', limit, settings }
    let now = t0
    const move = () => advanceReading(commit, advance, { ...call, upTo: Number.MAX_SAFE_INTEGER, now }, reader)
    while ((await move()).read > 0);
    for (let due: number | null = now; due !== null; now = Math.max(now, due ?? 0)) {
      let retried = await commit(retry, { ...call, now })
      if (retried.wanted) {
        const readings = await reader.read(name, retried.wanted, settings, 0)
        retried = await commit(retry, { ...call, now, readings })
      }
      due = retried.nextDue
    }
  }
  // The fix, and everything that is parked is run again.
  faults = new Map()
  const rows = storage.sql(`SELECT follower, event_id FROM parked WHERE state = 'parked' ORDER BY follower, seq`)
  const keys = rows.map((row) => ({ follower: String(row.follower), eventId: String(row.event_id) }))
  const needs = { command: rerun, commit, clock: { now: () => t0, elapsed: () => 0 }, reader, limitMs: 0 }
  const { outcomes } = await rerunAll(
    { workspaceId: defaultWorkspaceId, keys, isDry: false },
    { ...needs, settings: () => settings },
  )
  expect(outcomes.every(({ outcome }) => outcome === 'handled')).toBe(true)
}

const anEvent = fc.record({
  subscription: fc.integer({ min: 1, max: 3 }),
  at: fc.integer({ min: 0, max: 50 }),
  status: fc.constantFrom('active', 'past_due', 'canceled', 'trialing'),
  hasSubject: fc.boolean(),
  faults: fc.array(fc.constantFrom(0, 0, 0, 1, 2, 5, 9, 1000), { minLength: 2, maxLength: 2 }),
})

type StripeNews = Pick<
  typeof anEvent extends fc.Arbitrary<infer Each> ? Each : never,
  'subscription' | 'at' | 'status' | 'hasSubject'
>

let n = 0
function requestOf({ subscription, at, status, hasSubject }: StripeNews): NewRequest {
  const id = `sub_${subscription}`
  const object = subscriptionObject({ id, status })
  const type = 'customer.subscription.updated'
  const event = stripeEvent({ id: `evt_${String(n++).padStart(6, '0')}`, type, created: t0 / 1000 + at, object })
  const request = requestWith(`stripe.${type}`, event)
  return { ...request, events: request.events.map((each) => ({ ...each, subject: hasSubject ? id : null })) }
}

it('after the fix what the followers keep is what it would be without the fault, whatever failed and in whichever order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anEvent, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      async (events, limit) => {
        const requests = events.map((event) => requestOf(event))
        const [clean, faulty] = [open(), open()]
        for (const request of requests) {
          await clean.commit(appendRequest, request)
          await faulty.commit(appendRequest, request)
        }
        faults = new Map()
        await follow(clean, 100)
        for (const [i, { faults: each }] of events.entries()) {
          const id = requests[i]?.events[0]?.id
          faults.set(`fan-out ${id}`, each[0] ?? 0)
          faults.set(`accounts ${id}`, each[1] ?? 0)
        }
        await follow(faulty, limit)
        expect(viewsOf(faulty)).toEqual(viewsOf(clean))
        expect(viewsOf(clean).deliveries).toHaveLength(2 * events.length)
        await Promise.all([clean.close(), faulty.close()])
      },
    ),
    { numRuns: 4 },
  )
}, 120_000)

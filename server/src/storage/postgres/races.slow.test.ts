import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultWorkspaceId, newId } from '../../base/id.ts'
import { silentLog } from '../../base/log.ts'
import { appendRequest } from '../../events/append.ts'
import { makeDelivery } from '../exercise/lists.ts'
import { beginTransaction, type OpenedPostgres, openAgain, openTestPostgres } from '../exercise/open-postgres.ts'
import { insideOf } from '../exercise/opened.ts'
import { makeEndpoint, makeRequest, makeSettle, t0 } from '../exercise/rows.ts'
import type { Storage } from '../stores.ts'
import { openPool, transaction } from './pool.ts'

/** What two processes do to each other, one statement at a time: here one transaction is held open while the other runs. */
describe('races', () => {
  let database: OpenedPostgres
  beforeAll(async () => {
    database = await openTestPostgres()
  })
  afterAll(() => database.cleanup())
  const begin = () => beginTransaction(database.url)
  const inside = () => insideOf(database.storage)
  const isWaiting = async (work: Promise<unknown>) => (await Promise.race([work, sleep(50, 'waits')])) === 'waits'
  const laneOf = async (id: string) => {
    const [row] = await database.sql('SELECT owner, generation, next_due FROM lanes WHERE endpoint_id = ?', id)
    return row
  }
  /** A lane that is held by a process of which nobody has heard. */
  const lane = async () => {
    const endpoint = makeEndpoint(defaultWorkspaceId)
    await inside().lanes.insert(endpoint)
    const generation = (await inside().lanes.take(endpoint.id, 'nobody'))?.generation ?? 0
    await inside().lanes.due([endpoint.id], t0)
    return { endpointId: endpoint.id, generation }
  }
  const deliveryTo = (endpointId: string) => makeDelivery(defaultWorkspaceId, { endpointId })

  it('work that comes in before a lane is given back is seen by who gives it back', async () => {
    const held = await lane()
    const fanOut = await begin()
    await fanOut.stores.deliveries.add([deliveryTo(held.endpointId)])
    await fanOut.stores.lanes.due([held.endpointId], t0)
    const givingBack = inside().lanes.giveBack([held])
    expect(await isWaiting(givingBack)).toBe(true)
    await fanOut.end('COMMIT')
    await givingBack
    expect(await laneOf(held.endpointId)).toMatchObject({ owner: null, next_due: t0 })
  })

  it('a lane that is given back before work comes in is made due by who brings it', async () => {
    const held = await lane()
    const holder = await begin()
    await holder.stores.lanes.giveBack([held])
    const fanOut = await begin()
    await fanOut.stores.deliveries.add([deliveryTo(held.endpointId)])
    const due = fanOut.stores.lanes.due([held.endpointId], t0)
    expect(await isWaiting(due)).toBe(true)
    await holder.end('COMMIT')
    await due
    await fanOut.end('COMMIT')
    expect(await laneOf(held.endpointId)).toMatchObject({ owner: null, next_due: t0 })
  })

  it('fan-out and the recording of attempts do not wait for each other', async () => {
    const held = await lane()
    const delivery = deliveryTo(held.endpointId)
    await inside().deliveries.add([delivery])
    const fanOut = await begin()
    await fanOut.stores.deliveries.add([deliveryTo(held.endpointId)])
    await fanOut.stores.lanes.due([held.endpointId], t0)
    const call = makeSettle(held.endpointId, held.generation, dueOf(delivery))
    expect(await inside().deliveries.settle([call])).toEqual([true])
    await fanOut.end('COMMIT')
  })

  it('work for an endpoint that has just been disabled is ended with the rest', async () => {
    const held = await lane()
    await inside().lanes.setState(held.endpointId, 'disabled', t0)
    const fanOut = await begin()
    await fanOut.stores.deliveries.add([deliveryTo(held.endpointId)])
    await fanOut.stores.lanes.due([held.endpointId], t0)
    expect(await inside().deliveries.end(held.endpointId, 'ENDPOINT_DISABLED', t0, 10)).toBe(0)
    const ended = inside().lanes.ended(held.endpointId)
    expect(await isWaiting(ended)).toBe(true)
    await fanOut.end('COMMIT')
    await ended
    expect((await inside().lanes.ending(100)).map(({ endpointId }) => endpointId)).toContain(held.endpointId)
    expect(await inside().deliveries.end(held.endpointId, 'ENDPOINT_DISABLED', t0, 10)).toBe(1)
    await inside().lanes.ended(held.endpointId)
    expect((await inside().lanes.ending(100)).map(({ endpointId }) => endpointId)).not.toContain(held.endpointId)
  })

  it('a lane is not taken over while its owner records an attempt', async () => {
    const held = await lane()
    const delivery = deliveryTo(held.endpointId)
    await inside().deliveries.add([delivery])
    const owner = await begin()
    const call = makeSettle(held.endpointId, held.generation, dueOf(delivery))
    expect(await owner.stores.deliveries.settle([call])).toEqual([true])
    expect(await inside().lanes.take(held.endpointId, 'heir')).toBeUndefined()
    await owner.end('COMMIT')
    expect(await inside().lanes.take(held.endpointId, 'heir')).toMatchObject({ generation: held.generation + 1 })
    expect(await inside().deliveries.read(defaultWorkspaceId, delivery.id)).toMatchObject({ status: 'success' })
  })

  it('an attempt that comes home during a take-over waits for it, and is not recorded', async () => {
    const held = await lane()
    const delivery = deliveryTo(held.endpointId)
    await inside().deliveries.add([delivery])
    const heir = await begin()
    expect(await heir.stores.lanes.take(held.endpointId, 'heir')).toMatchObject({ generation: held.generation + 1 })
    const settling = inside().deliveries.settle([makeSettle(held.endpointId, held.generation, dueOf(delivery))])
    expect(await isWaiting(settling)).toBe(true)
    await heir.end('COMMIT')
    expect(await settling).toEqual([false])
    expect(await inside().deliveries.attempts(defaultWorkspaceId, delivery.id)).toEqual([])
    expect(await inside().deliveries.read(defaultWorkspaceId, delivery.id)).toMatchObject({ status: 'pending' })
  })

  it('a repeat waits for the first one, and takes its place when that fails', async () => {
    const where = { workspaceId: defaultWorkspaceId, sourceId: newId('source', t0) }
    for (const end of ['COMMIT', 'ROLLBACK'] as const) {
      const first = makeRequest({ ...where, keys: [end] })
      const second = makeRequest({ ...where, keys: [end] })
      const slow = await begin()
      await slow.stores.log.appendRequests([first], 1000)
      const repeat = database.storage.commit(appendRequest, second)
      expect(await isWaiting(repeat)).toBe(true)
      await slow.end(end)
      const isRepeat = end === 'COMMIT'
      expect(await repeat).toMatchObject({ isRepeat, requestId: isRepeat ? first.id : second.id })
    }
  })

  it('two processes that get the same repeats in other orders store each event once', async () => {
    const where = { workspaceId: defaultWorkspaceId, sourceId: newId('source', t0) }
    const other = await openAgain(database.url)
    // Slow enough for the two to meet in the middle.
    await database.sql(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN PERFORM pg_sleep(0.005); RETURN new; END $$`)
    await database.sql('CREATE TRIGGER slow BEFORE INSERT ON dedupe_keys FOR EACH ROW EXECUTE FUNCTION slow()')
    const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`)
    const send = ({ commit }: Storage, order: readonly string[]) =>
      order.map((key) => commit(appendRequest, makeRequest({ ...where, keys: [key] })))
    const receipts = await Promise.all([...send(database.storage, keys), ...send(other, keys.toReversed())])
    expect(receipts.filter(({ isRepeat }) => !isRepeat)).toHaveLength(keys.length)
    expect(await database.sql('SELECT id FROM events WHERE source_id = ?', where.sourceId)).toHaveLength(keys.length)
    await database.sql('DROP FUNCTION slow CASCADE')
    // Nor has anybody been undone for the other's sake. Connections tell when they end.
    await other.close()
    database.storage = await database.reopen()
    const [seen] = await database.sql('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
    expect(seen).toEqual({ deadlocks: 0 })
  })

  it('two transactions that lock each other out both go through', async () => {
    const pool = openPool({ url: database.url, name: 'test', connections: 2, statementMs: 5000, journal: silentLog })
    await inside().keyring.keep('one', '0')
    await inside().keyring.keep('two', '0')
    let both = 2
    let together: () => void
    const met = new Promise<void>((resolve) => {
      together = resolve
    })
    const add = (names: readonly string[]) =>
      transaction(pool, async ({ ask }) => {
        for (const name of names) {
          await ask('UPDATE keyring SET sealed = (sealed::int + 1)::text WHERE name = $1', [name])
          if (--both === 0) together()
          if (both >= 0) await met
        }
      })
    await Promise.all([add(['one', 'two']), add(['two', 'one'])])
    expect([await inside().keyring.read('one'), await inside().keyring.read('two')]).toEqual(['2', '2'])
    await pool.end()
  })
})

function dueOf(delivery: ReturnType<typeof makeDelivery>) {
  return { ...delivery, attempts: 0, tries: 0, requestId: null, receivedAt: t0, data: null, dataBytes: 0 }
}

import { describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { ownEvent } from '../events/own-event.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { updateEndpoint } from './endpoint/keep-endpoint.ts'
import { hang, openReceiver, openRig, until } from './exercise-deliverer.ts'

/** Processes that share a database and a clock, and know of each other. */
function openTeam(size: number) {
  const storage = openTestStorage()
  const clock = fakeClock()
  const living = new Set<number>(Array.from({ length: size }, (_, i) => i))
  const team = Array.from({ length: size }, (_, i) =>
    openRig({
      storage: i === 0 ? storage : borrowed(storage),
      clock,
      membership: { isLeased: () => living.has(i), others: () => living.size - Number(living.has(i)) },
    }),
  )
  return {
    clock,
    storage,
    team,
    living,
    /** Lets time pass in all that live. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 50) {
        clock.advance(50)
        for (const i of living) {
          await team[i]?.beat()
          team[i]?.deliverer.tick()
        }
        // What hangs on the wire is not waited for: only that the database has answered all that was asked.
        for (let i = 0; i < 5; i++) {
          await team[0]?.beat()
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
    },
    heldBy: () =>
      team.map(({ processId }) => storage.sql('SELECT endpoint_id FROM lanes WHERE owner = ?', processId).length),
    async [Symbol.asyncDispose]() {
      for (const rig of [...team].reverse()) await rig[Symbol.asyncDispose]()
    },
  }
}

/** The same storage, which somebody else closes. */
const borrowed = (storage: TestStorage): TestStorage => ({ ...storage, close: async () => {} })

const rigOf = (team: ReturnType<typeof openTeam>, i: number) => {
  const rig = team.team[i]
  if (!rig) throw new Error(`there is no process ${i}`)
  return rig
}

describe('lanes', () => {
  it('are shared out evenly between processes that come at once', async () => {
    await using team = openTeam(2)
    await using receiver = await openReceiver(hang)
    const one = rigOf(team, 0)
    await rigOf(team, 1).beat()
    for (let i = 0; i < 10; i++) await one.endpoint(receiver.url)
    await one.send('a.b')
    await team.pass(2000)
    expect(team.heldBy()).toEqual([5, 5])
    await until('every one to be called', () => receiver.open.length === 10)
    for (const response of receiver.open) response.end()
  })

  it('are given up to one who comes later, and none is lost or sent twice', async () => {
    await using team = openTeam(2)
    team.living.delete(1)
    await using receiver = await openReceiver()
    const [one, two] = [rigOf(team, 0), rigOf(team, 1)]
    for (let i = 0; i < 9; i++) await one.endpoint(receiver.url)
    await one.send('a.b')
    await team.pass(500)
    expect(team.heldBy()).toEqual([9, 0])
    team.living.add(1)
    await two.beat()
    for (let i = 0; i < 20; i++) {
      await one.send('a.b')
      await team.pass(250)
    }
    expect(team.heldBy()[0]).toBeGreaterThanOrEqual(4)
    expect(team.heldBy()[0]).toBeLessThanOrEqual(5)
    expect(team.heldBy()[1]).toBeGreaterThanOrEqual(4)
    // What a lane's new owner has not looked at yet, it finds when time passes.
    for (let i = 0; i < 20 && receiver.arrivals.length < 9 * 21; i++) await team.pass(250)
    await until('all have arrived', () => receiver.arrivals.length >= 9 * 21)
    await one.quiet()
    await two.quiet()
    expect(receiver.arrivals).toHaveLength(9 * 21)
    expect(new Set(receiver.arrivals.map(({ id }) => id)).size).toBe(21)
  })

  it('that were to leave are gone on with when nobody is there to take them', async () => {
    await using team = openTeam(2)
    team.living.delete(1)
    await using receiver = await openReceiver(hang)
    const one = rigOf(team, 0)
    for (let i = 0; i < 2; i++) await one.endpoint(receiver.url, { concurrency: 2 })
    await one.send('a.b', 3)
    await until('all places to be taken', () => receiver.open.length === 4)
    team.living.add(1)
    await rigOf(team, 1).beat()
    await team.pass(500) // one of the two is to leave, and lets go of what waits
    team.living.delete(1)
    await team.pass(100)
    for (const response of receiver.open) response.end()
    await until('the rest to be sent', () => {
      one.deliverer.tick()
      return receiver.arrivals.length === 6
    })
    for (const response of receiver.open) response.end()
    await one.quiet()
    expect(one.counts()).toEqual({ 2: 6 })
  })

  it('all come to the one who is left', async () => {
    await using team = openTeam(2)
    await using receiver = await openReceiver(hang)
    const [one, two] = [rigOf(team, 0), rigOf(team, 1)]
    await two.beat()
    for (let i = 0; i < 6; i++) await one.endpoint(receiver.url)
    await one.send('a.b')
    await team.pass(2000)
    team.living.delete(1)
    await one.strike(two.processId)
    await team.pass(2000)
    expect(team.heldBy()).toEqual([6, 0])
    for (const response of receiver.open) response.end()
  })
})

describe('what another process has done', () => {
  it('is found within a second without a word: new work for a lane in these hands', async () => {
    await using team = openTeam(2)
    await using receiver = await openReceiver()
    const one = rigOf(team, 0)
    await rigOf(team, 1).beat()
    await one.endpoint(receiver.url)
    await one.send('a.b')
    await team.pass(100)
    await one.publish('c.d') // fanned out, and nobody told
    await team.pass(500)
    expect(receiver.arrivals.map(({ body }) => JSON.parse(body).type)).toEqual(['a.b', 'c.d'])
    expect(team.heldBy()).toEqual([1, 0])
  })

  it('is found within a second without a word: an endpoint that was paused', async () => {
    await using team = openTeam(2)
    await using receiver = await openReceiver(hang)
    const one = rigOf(team, 0)
    await rigOf(team, 1).beat()
    const endpoint = await one.endpoint(receiver.url, { concurrency: 2 })
    await one.send('a.b', 10)
    await until('two to be on the wire', () => receiver.open.length === 2)
    team.clock.advance(10)
    const { workspaceId, id } = endpoint
    const now = team.clock.now()
    const news = ownEvent({ workspaceId, customer: null, type: 'endpoint.updated', subject: id, data: { id }, now })
    await team.storage.commit(updateEndpoint, { workspaceId, id, changes: { status: 'paused' }, now, news })
    for (let i = 0; i < 20; i++) {
      team.clock.advance(50)
      one.deliverer.tick()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const response of receiver.open) response.end()
    await one.quiet()
    expect(receiver.arrivals).toHaveLength(2)
  })
})

describe('a process that may have lost its lanes', () => {
  it('sends nothing of what it had claimed until it has asked anew', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    let isLeased = true
    const first = openRig({ storage, clock, membership: { isLeased: () => isLeased, others: () => 0 } })
    await using second = openRig({ storage: borrowed(storage), clock })
    await using receiver = await openReceiver(hang)
    await first.endpoint(receiver.url, { concurrency: 2 })
    await first.send('a.b', 3)
    await until('two to be on the wire', () => receiver.open.length === 2)
    isLeased = false // stopped for long; then it goes on
    await second.beat()
    await second.strike(first.processId)
    second.deliverer.tick()
    await until('the other one to have the lane', () => receiver.arrivals.length === 4)
    for (const response of receiver.open.slice(0, 2)) response.end()
    await first.quiet()
    first.deliverer.tick()
    expect(first.journal.lines.filter(({ event }) => event === 'attempt.late')).toHaveLength(2)
    isLeased = true
    first.deliverer.tick()
    await first.quiet()
    expect(receiver.arrivals).toHaveLength(4)
    for (const response of receiver.open) response.end()
    await until('the third to be sent by its owner', () => receiver.arrivals.length === 5)
    for (const response of receiver.open) response.end()
    await second.quiet()
    expect(second.counts()).toEqual({ 2: 3 })
    await first.deliverer.drain()
    await second.deliverer.drain()
    await first[Symbol.asyncDispose]()
  })
})

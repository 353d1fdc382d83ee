import { describe, expect, it } from 'vitest'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { hang, openReceiver, openRig, status, until } from './exercise-deliverer.ts'

/** A way to the database that can be cut: commands of the names in `cut` are rejected before they reach it. */
function cuttable(storage: TestStorage) {
  const cut = new Map<string, Error>()
  const tried: string[] = []
  const commit: Commit = (command, args) => {
    tried.push(command.name)
    const error = cut.get(command.name)
    return error ? Promise.reject(error) : storage.commit(command, args)
  }
  return { cut, commit, tried: (name: string) => tried.filter((each) => each === name).length }
}

/** Lets everything that has happened be heard of. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

const gone = new StoreUnavailable('the disk is full')

describe('when the database takes no outcomes', () => {
  it('keeps what was sent, records it later, and does not send it again', async () => {
    const storage = openTestStorage()
    const { commit, cut, tried } = cuttable(storage)
    await using rig = openRig({ storage, commit })
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    const ids = await rig.send('a.b')
    await rig.quiet()
    cut.set('settle-attempt', gone)
    ids.push(...(await rig.send('a.b', 5)))
    await until('all outcomes have been offered', () => tried('settle-attempt') === 6)
    for (let i = 1; i <= 3; i++) {
      await turn()
      rig.clock.advance(100)
      rig.deliverer.tick()
      await until('they are offered again', () => tried('settle-attempt') === 6 + 5 * i)
    }
    expect(rig.counts()).toEqual({ 0: 5, 2: 1 })
    expect(rig.deliverer.isIdle()).toBe(false)

    cut.clear()
    await rig.pass(100)
    expect(rig.counts()).toEqual({ 2: 6 })
    expect(receiver.arrivals.map((each) => each.id).sort()).toEqual([...ids].sort())
    for (const id of ids) expect((await rig.delivery(id)).history).toHaveLength(1)
    expect(rig.deliverer.isIdle()).toBe(true)
  })

  it('starts nothing new until it does', async () => {
    const storage = openTestStorage()
    const { commit, cut, tried } = cuttable(storage)
    await using rig = openRig({ storage, commit })
    await using first = await openReceiver()
    await using second = await openReceiver()
    await rig.endpoint(first.url, { eventTypes: ['first'] })
    await rig.endpoint(second.url, { eventTypes: ['second'] })
    cut.set('settle-attempt', gone)
    await rig.send('first')
    await until('its outcome has been refused', () => tried('settle-attempt') === 1)
    await turn()
    await rig.send('second')
    rig.deliverer.tick()
    await until('the outcome is refused again', () => tried('settle-attempt') === 2)
    expect(second.arrivals).toHaveLength(0)

    cut.clear()
    await rig.pass(100)
    expect([first.arrivals.length, second.arrivals.length]).toEqual([1, 1])
    expect(rig.counts()).toEqual({ 2: 2 })
  })

  it('does not let one outcome that it cannot take at all hold up the others', async () => {
    const storage = openTestStorage()
    let poisoned = ''
    const commit: Commit = (command, args) => {
      const { attempt } = args as { attempt?: { deliveryId: string } }
      const isPoison = command.name === 'settle-attempt' && attempt?.deliveryId === poisoned
      return isPoison ? Promise.reject(new Error('a value that no column holds')) : storage.commit(command, args)
    }
    await using rig = openRig({ storage, commit })
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    const { ids, lanes } = await rig.publish('a.b', 3)
    poisoned = (await rig.delivery(ids[1] ?? '')).id
    rig.deliverer.wake(lanes)
    await until('the other two are recorded', () => rig.counts()[2] === 2)
    await rig.send('a.b', 4)
    await until('and what comes later', () => rig.counts()[2] === 6)
    expect(rig.journal.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        event: 'attempt.unrecorded',
        facts: expect.objectContaining({ delivery: poisoned }),
      }),
    )

    poisoned = ''
    rig.clock.advance(59_999)
    rig.deliverer.tick()
    expect(rig.counts()).toEqual({ 0: 1, 2: 6 })
    await rig.pass(1)
    expect(rig.counts()).toEqual({ 2: 7 })
    expect(receiver.arrivals).toHaveLength(7)
  })
})

describe('when the database answers no claims', () => {
  it('asks again with each tick, not in a loop, and goes on when it is back', async () => {
    const storage = openTestStorage()
    const { commit, cut, tried } = cuttable(storage)
    await using rig = openRig({ storage, commit })
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    cut.set('claim-lanes', gone)
    await rig.send('a.b', 3)
    await rig.quiet()
    expect(tried('claim-lanes')).toBe(1)
    await rig.pass(100)
    await rig.pass(100)
    expect(tried('claim-lanes')).toBe(3)
    expect(rig.journal.lines.filter((each) => each.level === 'error')).toEqual([])

    cut.clear()
    await rig.pass(100)
    expect(receiver.arrivals).toHaveLength(3)
  })

  it('says so when the reason is a fault of ours', async () => {
    const storage = openTestStorage()
    const { commit, cut } = cuttable(storage)
    await using rig = openRig({ storage, commit })
    await rig.endpoint('http://127.0.0.1:1/')
    cut.set('claim-lanes', new Error('a bug'))
    await rig.send('a.b')
    await rig.quiet()
    expect(rig.journal.lines).toContainEqual(expect.objectContaining({ level: 'error', event: 'claim.failed' }))
    cut.clear()
  })

  it('does not lose a lane that it could not give back', async () => {
    const storage = openTestStorage()
    const { commit, cut } = cuttable(storage)
    await using rig = openRig({ storage, commit })
    await using receiver = await openReceiver((response, _, index) => response.writeHead(index < 2 ? 500 : 200).end())
    const endpoint = await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await rig.quiet()
    await rig.pass(5000)
    expect(receiver.arrivals).toHaveLength(2)
    // Its next attempt is five minutes away, so the lane is to be given back.
    cut.set('claim-lanes', gone)
    for (let i = 0; i < 35; i++) await rig.pass(1000)
    expect(rig.lane(endpoint.id)?.owner).toBe(rig.processId)
    cut.clear()
    await rig.pass(100)
    expect(rig.lane(endpoint.id)?.owner).toBeNull()
    await rig.pass(5 * 60_000)
    expect(receiver.arrivals).toHaveLength(3)
  })
})

describe('when an event cannot be read', () => {
  const big = JSON.stringify('x'.repeat(300_000))

  it('tries it again a second later, not in a loop, and does not send it empty', async () => {
    const storage = openTestStorage()
    let reads = 0
    let isGone = true
    const log = {
      ...storage.reads.log,
      readEvent: (...args: Parameters<typeof storage.reads.log.readEvent>) => {
        reads++
        return isGone
          ? Promise.reject(new StoreUnavailable('the reader has ended'))
          : storage.reads.log.readEvent(...args)
      },
    }
    await using rig = openRig({ storage, log })
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('a.b', 1, big)
    await rig.quiet()
    await rig.pass(999)
    expect(reads).toBe(1)
    await rig.pass(1)
    expect(reads).toBe(2)
    isGone = false
    await rig.pass(1000)
    expect(receiver.arrivals.map((each) => each.body.length > 300_000)).toEqual([true])
    expect(await rig.delivery(id)).toMatchObject({ status: 'success', attempts: 1 })
  })

  it('keeps delivering to the same endpoint what can be read', async () => {
    const storage = openTestStorage()
    const log = { ...storage.reads.log, readEvent: () => Promise.reject(new StoreUnavailable('the reader has ended')) }
    await using rig = openRig({ storage, log })
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    await rig.send('a.b', 1, big)
    const ids = await rig.send('a.b', 30)
    await rig.quiet()
    expect(receiver.arrivals.map((each) => each.id).sort()).toEqual([...ids].sort())
  })

  it('ends the delivery when the event is gone', async () => {
    const storage = openTestStorage()
    const log = {
      ...storage.reads.log,
      readEvent(...args: Parameters<typeof storage.reads.log.readEvent>) {
        storage.sql('DELETE FROM events WHERE id = ? RETURNING id', args[1])
        return storage.reads.log.readEvent(...args)
      },
    }
    await using rig = openRig({ storage, log })
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('a.b', 1, big)
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(0)
    expect(await rig.delivery(id)).toMatchObject({ status: 'failed', cause: 'EVENT_GONE', attempts: 1 })
  })

  it('waits for its time and no longer when the clock was set right after it was made', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    const { lanes } = await rig.publish('a.b')
    rig.clock.set(rig.clock.now() - 3)
    rig.deliverer.wake(lanes)
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(0)
    await rig.pass(100)
    expect(receiver.arrivals).toHaveLength(1)
  })

  it('does not run in circles around deliveries whose events have gone before, however many there are', async () => {
    const storage = openTestStorage()
    const { commit, tried } = cuttable(storage)
    await using rig = openRig({ storage, commit })
    await rig.endpoint('http://127.0.0.1:1/', { concurrency: 2 })
    await rig.publish('a.b', 30)
    rig.storage.sql('DELETE FROM events RETURNING id')
    for (let i = 0; i < 20; i++) await rig.pass(100)
    expect(tried('claim-lanes')).toBeLessThan(40)
    expect(rig.counts()).toEqual({ 3: 30 })
  })

  it('ends a delivery whose event has gone before, and goes on with those behind it', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const { id } = await rig.endpoint(receiver.url, { concurrency: 1 })
    const { ids } = await rig.publish('a.b', 3)
    rig.storage.sql('DELETE FROM events WHERE type = ? RETURNING id', 'a.b')
    const [live = ''] = await rig.send('a.b')
    for (let i = 0; i < 3; i++) await rig.pass(100)
    expect(receiver.arrivals.map((each) => each.id)).toEqual([live])
    for (const each of ids) expect(await rig.delivery(each)).toMatchObject({ status: 'failed', cause: 'EVENT_GONE' })
    expect(rig.lane(id)?.condition).toBeNull()
  })
})

describe('when it is stopped', () => {
  it('starts nothing new, waits for what is on the wire, records it and gives the lanes back', async () => {
    const storage = openTestStorage()
    await using rig = openRig({ storage })
    await using receiver = await openReceiver(hang)
    const endpoint = await rig.endpoint(receiver.url, { concurrency: 2 })
    await rig.send('a.b', 5)
    await until('two are on the wire', () => receiver.open.length === 2)
    let isDrained = false
    const draining = rig.deliverer.drain().then(() => {
      isDrained = true
    })
    receiver.open[0]?.end()
    await until('one is recorded', () => rig.counts()[2] === 1)
    rig.deliverer.wake([endpoint.id])
    rig.deliverer.tick()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(isDrained).toBe(false)
    expect(receiver.arrivals).toHaveLength(2)

    receiver.open[0]?.end()
    await draining
    expect(rig.counts()).toEqual({ 0: 3, 2: 2 })
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: null, next_due: rig.clock.now() })
    expect(receiver.arrivals).toHaveLength(2)
  })

  it('waits until the database takes the last outcomes and the lanes', async () => {
    const storage = openTestStorage()
    const { commit, cut, tried } = cuttable(storage)
    await using rig = openRig({ storage, commit })
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    cut.set('settle-attempt', gone)
    await rig.send('a.b')
    await until('its outcome has been refused', () => tried('settle-attempt') === 1)
    cut.set('claim-lanes', gone)
    const draining = rig.deliverer.drain()
    await until('it has been offered again', () => tried('settle-attempt') > 2)
    cut.delete('settle-attempt')
    const claims = tried('claim-lanes')
    await until('the lane could not be given back', () => tried('claim-lanes') > claims + 1)
    cut.clear()
    await draining
    expect(rig.counts()).toEqual({ 2: 1 })
    expect(rig.lane(endpoint.id)?.owner).toBeNull()
  })

  it('leaves what it could not read to the next one', async () => {
    const storage = openTestStorage()
    const log = { ...storage.reads.log, readEvent: () => Promise.reject(new StoreUnavailable('the reader has ended')) }
    await using rig = openRig({ storage, log })
    await using receiver = await openReceiver(status(200))
    const endpoint = await rig.endpoint(receiver.url)
    await rig.send('a.b', 1, JSON.stringify('x'.repeat(300_000)))
    await rig.quiet()
    await rig.deliverer.drain()
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: null, next_due: rig.clock.now() })
    expect(rig.counts()).toEqual({ 0: 1 })
  })
})

import { describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { openTestStorage } from '../exercise-storage.ts'
import { hang, openReceiver, openRig, type Receiver, status, until } from './exercise-deliverer.ts'

describe('what is on the wire at once', () => {
  it('is no more than the endpoint takes, and the next one starts when one has ended', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(hang)
    await rig.endpoint(receiver.url, { concurrency: 3 })
    await rig.send('a.b', 10)
    await until('three are on the wire', () => receiver.open.length === 3)
    for (let i = 0; i < 5; i++) rig.deliverer.tick()
    receiver.open[0]?.end()
    await until('a fourth follows', () => receiver.arrivals.length === 4)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(receiver.arrivals).toHaveLength(4)
    expect(receiver.open).toHaveLength(3)
  })

  it('is no more than the process takes', async () => {
    await using rig = openRig({ concurrency: 12 })
    await using receiver = await openReceiver(hang)
    for (let i = 0; i < 20; i++) await rig.endpoint(receiver.url)
    await rig.send('a.b', 3)
    await until('twelve are on the wire', () => receiver.open.length === 12)
    for (let i = 0; i < 5; i++) rig.deliverer.tick()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(receiver.arrivals).toHaveLength(12)
  })

  it('is never the same delivery twice, however often the engine is woken', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(hang)
    const endpoint = await rig.endpoint(receiver.url, { concurrency: 40 })
    await rig.send('a.b', 60)
    for (let i = 0; i < 30; i++) {
      rig.deliverer.wake([endpoint.id])
      rig.deliverer.tick()
      rig.clock.advance(1000)
      await rig.beat()
    }
    await until('ten are on the wire', () => receiver.open.length === 10)
    expect(receiver.arrivals).toHaveLength(10)
    expect(new Set(receiver.arrivals.map((each) => each.id)).size).toBe(10)
  })

  it('is not all for one endpoint that hangs: the others go on', async () => {
    await using rig = openRig({ concurrency: 20 })
    await using dead = await openReceiver(hang)
    await using healthy = await openReceiver()
    await rig.endpoint(dead.url, { concurrency: 1000, eventTypes: ['dead'] })
    await rig.endpoint(healthy.url, { eventTypes: ['healthy'] })
    await rig.send('dead', 500)
    await until('the dead one has its part', () => dead.open.length === 10)
    await rig.send('healthy', 100)
    await until('the healthy one has everything', () => healthy.arrivals.length === 100)
    expect(dead.arrivals).toHaveLength(10)
  })

  it('leaves a place even when many endpoints hang', async () => {
    await using rig = openRig({ concurrency: 20 })
    await using dead = await openReceiver(hang)
    await using healthy = await openReceiver()
    for (let i = 0; i < 12; i++) await rig.endpoint(dead.url, { eventTypes: ['dead'] })
    await rig.endpoint(healthy.url, { eventTypes: ['healthy'] })
    await rig.send('dead', 50)
    await until('they fill what they get', () => dead.open.length >= 12)
    await rig.send('healthy', 50)
    await until('the healthy one has everything', () => healthy.arrivals.length === 50)
    expect(dead.arrivals.length).toBeLessThan(20)
  })
})

describe('lanes take turns', () => {
  it('so that a queue of a thousand does not hold up a single delivery', async () => {
    await using rig = openRig({ concurrency: 8 })
    const order: string[] = []
    const noting = (name: string) =>
      openReceiver((response) => {
        order.push(name)
        response.end()
      })
    await using long = await noting('long')
    await using short = await noting('short')
    await rig.endpoint(long.url, { eventTypes: ['long'] })
    await rig.endpoint(short.url, { eventTypes: ['short'] })
    const first = await rig.publish('long', 1000)
    const second = await rig.publish('short', 1)
    rig.deliverer.wake(first.lanes)
    rig.deliverer.wake(second.lanes)
    await until('the single one is through', () => order.includes('short'))
    expect(order.indexOf('short')).toBeLessThan(40)
  })

  it('also when many more have work than one claim looks at', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    for (let i = 0; i < 300; i++) await rig.endpoint(receiver.url, { concurrency: 2 })
    await rig.send('a.b', 4)
    // Nobody ticks: one claim leads to the next.
    await until('all have all', () => rig.counts()[2] === 1200)
    expect(receiver.arrivals).toHaveLength(1200)
  })

  it('also when more lanes are free than one look finds', async () => {
    await using rig = openRig({ concurrency: 500 })
    await using receiver = await openReceiver()
    for (let i = 0; i < 200; i++) await rig.endpoint(receiver.url)
    await rig.publish('a.b', 1)
    for (let i = 0; i < 4; i++) await rig.pass(100)
    expect(receiver.arrivals).toHaveLength(200)
  })
})

describe('the rate', () => {
  it('lets a second’s worth start at once, and after that as many as the time that passes', async () => {
    await using rig = openRig({ perSecond: () => 10 })
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    await rig.send('a.b', 27)
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(10)
    await rig.pass(100)
    expect(receiver.arrivals).toHaveLength(11)
    await rig.pass(50)
    expect(receiver.arrivals).toHaveLength(11)
    await rig.pass(50)
    expect(receiver.arrivals).toHaveLength(12)
    await rig.pass(60_000)
    expect(receiver.arrivals).toHaveLength(22)
    await rig.pass(1000)
    expect(receiver.arrivals).toHaveLength(27)
  })
})

describe('news that comes while a claim is under way', () => {
  /** Holds back the answers to claims, as a slow database does, until `letGo` is called. */
  function slowClaims() {
    const storage = openTestStorage()
    let held: (() => void)[] | undefined
    const commit: Commit = async (command, args) => {
      const result = await storage.commit(command, args)
      if (command.name === 'claim-lanes' && held) await new Promise<void>((resolve) => held?.push(resolve))
      return result
    }
    return {
      storage,
      commit,
      hold: () => {
        held = []
      },
      isHeld: () => (held?.length ?? 0) > 0,
      letGo() {
        const all = held ?? []
        held = undefined
        for (const each of all) each()
      },
    }
  }

  it('is not lost: new work', async () => {
    const { hold, isHeld, letGo, ...needs } = slowClaims()
    await using rig = openRig(needs)
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    hold()
    rig.deliverer.wake([endpoint.id])
    await until('the claim has found nothing', isHeld)
    await rig.send('a.b')
    letGo()
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(1)
  })

  it('is not lost: an attempt that failed and is to be made again', async () => {
    const { hold, isHeld, letGo, ...needs } = slowClaims()
    await using rig = openRig(needs)
    await using receiver = await openReceiver((response, _, index) => {
      if (index > 0) response.end()
    })
    const endpoint = await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await until('it is on the wire', () => receiver.open.length === 1)
    hold()
    rig.deliverer.wake([endpoint.id])
    await until('the claim has found nothing else', isHeld)
    receiver.open[0]?.writeHead(500).end()
    await until('it is recorded', () => rig.deliverer.isIdle())
    letGo()
    await rig.pass(5000)
    expect(receiver.arrivals).toHaveLength(2)
  })
})

describe('a lane', () => {
  it('is kept for thirty seconds without work, and then given back', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await rig.quiet()
    await rig.pass(100)
    await rig.pass(29_900)
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: rig.processId, generation: 1 })
    await rig.pass(100)
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: null, next_due: null })
    await rig.send('a.b')
    await rig.quiet()
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: rig.processId, generation: 2 })
  })

  it('with a retry in the far future is given back, and found again when it is due', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, index) => response.writeHead(index < 2 ? 500 : 200).end())
    const endpoint = await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await rig.quiet()
    await rig.pass(5000)
    const due = rig.clock.now() + 5 * 60_000
    for (let i = 0; i < 35; i++) await rig.pass(1000)
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: null, next_due: due })
    rig.clock.set(due - 1)
    await rig.pass(0)
    expect(receiver.arrivals).toHaveLength(2)
    await rig.pass(1)
    expect(receiver.arrivals).toHaveLength(3)
  })

  it('of a process that was struck off is taken over; what it answers later changes nothing', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    const first = openRig({ storage, clock })
    await using second = openRig({ storage, clock })
    await using receiver = await openReceiver((response, _, index) => {
      if (index > 0) response.end('second')
    })
    const endpoint = await first.endpoint(receiver.url)
    const [id = ''] = await first.send('a.b')
    await until('the first process is calling', () => receiver.open.length === 1)

    await second.pass(30_000)
    expect(receiver.arrivals).toHaveLength(1)
    await second.strike(first.processId)
    await second.pass(100)
    expect(receiver.arrivals).toHaveLength(2)
    expect(receiver.arrivals[1]?.id).toBe(id)
    expect(first.lane(endpoint.id)).toMatchObject({ owner: second.processId, generation: 2 })

    receiver.open[0]?.writeHead(500).end('first')
    await first.quiet()
    expect(first.journal.lines).toContainEqual(expect.objectContaining({ level: 'warn', event: 'attempt.late' }))
    const delivery = await second.delivery(id)
    expect(delivery).toMatchObject({ status: 'success', attempts: 1 })
    expect(delivery.history.map((each) => each.responseBody)).toEqual(['second'])

    await first.pass(5000)
    expect(receiver.arrivals).toHaveLength(2)
    await first.deliverer.drain()
    expect(first.lane(endpoint.id)?.owner).toBe(second.processId)
  })

  it('that comes back after it was lost is looked at at once', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    const first = openRig({ storage, clock })
    await using second = openRig({ storage, clock })
    await using receiver = await openReceiver(hang)
    const endpoint = await first.endpoint(receiver.url)
    await first.send('a.b')
    await until('the first process is calling', () => receiver.open.length === 1)
    clock.advance(31_000)
    await second.strike(first.processId)
    second.deliverer.tick()
    await until('and so is the second', () => receiver.open.length === 2)
    // The second one ends without a trace, and the first one wakes up again.
    clock.advance(31_000)
    await first.strike(second.processId)
    first.deliverer.tick()
    await until('the first one has it again', () => first.lane(endpoint.id)?.generation === 3)
    receiver.open[0]?.end()
    await until('and calls again', () => receiver.arrivals.length === 3)
    receiver.open[1]?.end()
    await until('which counts', () => first.counts()[2] === 1)
    await first.deliverer.drain()
  })

  it('of another process is left alone', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    const first = openRig({ storage, clock })
    await using second = openRig({ storage, clock })
    await using receiver = await openReceiver(hang)
    await first.endpoint(receiver.url, { concurrency: 1 })
    const { lanes } = await first.publish('a.b', 3)
    await second.beat()
    first.deliverer.wake(lanes)
    await until('the first process is calling', () => receiver.open.length === 1)
    second.deliverer.wake(lanes)
    await second.pass(100)
    await second.pass(100)
    expect(receiver.arrivals).toHaveLength(1)
    expect(second.journal.lines).toEqual([])
    end(receiver)
    await until('the first process goes on', () => receiver.arrivals.length === 2)
    end(receiver)
    await until('and on', () => receiver.arrivals.length === 3)
    end(receiver)
    await first.deliverer.drain()
    expect(first.counts()).toEqual({ 2: 3 })
  })

  it('is taken over at once from a process that has given it back', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    const first = openRig({ storage, clock })
    await using second = openRig({ storage, clock })
    await using receiver = await openReceiver(status(500))
    await first.endpoint(receiver.url)
    await first.send('a.b')
    await first.quiet()
    await first.deliverer.drain()
    await second.pass(5000)
    expect(receiver.arrivals).toHaveLength(2)
  })
})

function end(receiver: Receiver): void {
  for (const response of receiver.open) response.end()
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeClock } from '../../base/clock.ts'
import type { Commit } from '../../base/command.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import { type Log, silentLog } from '../../base/log.ts'
import { advance, retryFollowed as retry } from '../../commands.ts'
import { openTestStorage, type TestStorage } from '../../exercise-storage.ts'
import { append } from '../exercise-log.ts'
import type { Advanced } from './follow.ts'
import { type FollowLoop, startFollowing } from './follow-loop.ts'
import type { Stirred } from './follower.ts'
import type { FollowLoopNeeds } from './loop-needs.ts'

const nothing: Advanced = { isElsewhere: false, read: 0, parked: 0, made: 0, lanes: [], requests: [] }

/** A loop over a database that answers each batch as it is told; the tests say when time passes. */
function openLoop(
  answer: (index: number) => Advanced | Promise<Advanced>,
  journal: Log = silentLog,
  more: Partial<FollowLoopNeeds> = {},
) {
  let batches = 0
  const stirred: Stirred[] = []
  const loop = startFollowing({
    follower: 'fan-out',
    advance,
    retry,
    commit: (async () => answer(batches++)) as unknown as Commit,
    settledUpTo: async () => 10,
    owner: 'proc_1',
    clock: fakeClock(),
    journal,
    onStirred: (each) => stirred.push(each),
    ...more,
  })
  loops.push(loop)
  return { loop, stirred, batches: () => batches }
}

const loops: FollowLoop[] = []
/** Lets everything happen that needs no time. */
const turn = () => new Promise((resolve) => setImmediate(resolve))
const pass = async (ms: number) => {
  vi.advanceTimersByTime(ms)
  await turn()
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()))
  vi.useRealTimers()
})

describe('the loop', () => {
  it('looks every quarter of a second', async () => {
    const { batches } = openLoop(() => nothing)
    await turn()
    expect(batches()).toBe(1)
    await pass(249)
    expect(batches()).toBe(1)
    await pass(1)
    expect(batches()).toBe(2)
  })

  it('looks at once when it is woken', async () => {
    const { loop, batches } = openLoop(() => nothing)
    await turn()
    for (let i = 2; i <= 10; i++) {
      loop.wake()
      await turn()
      expect(batches()).toBe(i)
    }
  })

  it('hears also what wakes it while a batch is under way', async () => {
    let finish: (advanced: Advanced) => void = () => {}
    const { loop, batches } = openLoop((index) =>
      index === 0 ? new Promise((resolve) => (finish = resolve)) : nothing,
    )
    await turn()
    loop.wake()
    finish(nothing)
    await turn()
    expect(batches()).toBe(2)
    await turn()
    expect(batches()).toBe(2)
  })

  it('goes on at once after a full batch', async () => {
    const { batches } = openLoop((index) => (index < 5 ? { ...nothing, read: 256 } : { ...nothing, read: 255 }))
    await turn()
    expect(batches()).toBe(6)
  })

  it('tells what it has set in motion', async () => {
    const { stirred } = openLoop(() => ({ ...nothing, read: 2, made: 3, lanes: ['ep_1'], parked: 1 }))
    await turn()
    expect(stirred).toEqual([expect.objectContaining({ made: 3, lanes: ['ep_1'], parked: 1 })])
  })

  it('that rests looks at most once in that time, and not later than it would', async () => {
    const { loop, batches } = openLoop(() => nothing, silentLog, { restMs: 20 })
    await turn()
    for (let i = 0; i < 19; i++) {
      loop.wake()
      await pass(1)
    }
    expect(batches()).toBe(1)
    await pass(1)
    expect(batches()).toBe(2)
    await pass(20)
    expect(batches()).toBe(2)
    loop.wake()
    await turn()
    expect(batches()).toBe(3)
    await pass(20)
    await pass(229)
    expect(batches()).toBe(3)
    await pass(1)
    expect(batches()).toBe(4)
  })

  it('that rests goes on at once after a full batch, and stops in the middle of its rest', async () => {
    const { loop, batches } = openLoop((index) => ({ ...nothing, read: index < 2 ? 256 : 0 }), silentLog, {
      restMs: 20,
    })
    await turn()
    expect(batches()).toBe(3)
    await loop.stop()
    await pass(1000)
    expect(batches()).toBe(3)
  })

  it('says which events a follower could make nothing of', async () => {
    const warnings: unknown[] = []
    const journal = { ...silentLog, warn: (event: string, facts: unknown) => warnings.push([event, facts]) }
    openLoop(() => ({ ...nothing, read: 1, passedOver: [{ eventId: 'evt_1', reason: 'why' }] }), journal)
    await turn()
    expect(warnings).toEqual([['event.passed_over', { follower: 'fan-out', eventId: 'evt_1', reason: 'why' }]])
  })

  it('is not woken while another process does the work', async () => {
    const { loop, batches } = openLoop((index) => ({ ...nothing, isElsewhere: index < 2 }))
    await turn()
    loop.wake()
    await turn()
    expect(batches()).toBe(1)
    await pass(250)
    expect(batches()).toBe(2)
  })
})

describe('after a fault', () => {
  it('waits half a second, however often it is woken', async () => {
    const { loop, batches } = openLoop(() => Promise.reject(new StoreUnavailable('gone')))
    await turn()
    for (let i = 0; i < 10; i++) {
      loop.wake()
      await pass(49)
    }
    expect(batches()).toBe(1)
    await pass(10)
    expect(batches()).toBe(2)
  })

  it('goes on as before', async () => {
    const { loop, batches } = openLoop((index) =>
      index === 0 ? Promise.reject(new StoreUnavailable('gone')) : nothing,
    )
    await turn()
    await pass(500)
    loop.wake()
    await turn()
    expect(batches()).toBe(3)
  })

  it('says what it was, unless it is the database that is gone, which is said elsewhere', async () => {
    const errors: unknown[] = []
    const journal = { ...silentLog, error: (event: string, facts: unknown) => errors.push([event, facts]) }
    openLoop((index) => Promise.reject(index === 0 ? new StoreUnavailable('gone') : new Error('a bug')), journal)
    await turn()
    expect(errors).toEqual([])
    await pass(500)
    expect(errors).toEqual([['follower.failed', { follower: 'fan-out', error: new Error('a bug') }]])
  })
})

describe('stopping', () => {
  it('ends a pause at once', async () => {
    const { loop, batches } = openLoop(() => nothing)
    await turn()
    await loop.stop()
    await pass(10_000)
    expect(batches()).toBe(1)
  })

  it('ends the pause after a fault too', async () => {
    const { loop } = openLoop(() => Promise.reject(new StoreUnavailable('gone')))
    await turn()
    await loop.stop()
  })

  it('waits for the batch that is under way, and begins no other', async () => {
    let finish: (advanced: Advanced) => void = () => {}
    const { loop, batches, stirred } = openLoop(() => new Promise((resolve) => (finish = resolve)))
    await turn()
    let isStopped = false
    const stopping = loop.stop().then(() => {
      isStopped = true
    })
    loop.wake()
    await turn()
    expect(isStopped).toBe(false)
    finish({ ...nothing, read: 256 })
    await stopping
    expect(batches()).toBe(1)
    expect(stirred).toHaveLength(1)
  })
})

describe('on a real log', () => {
  let storage: TestStorage
  beforeEach(() => {
    storage = openTestStorage()
  })
  afterEach(() => storage.close())

  it('comes to the end of what was there before and of what comes while it runs', async () => {
    await append(storage, ...Array.from({ length: 600 }, () => 'a.b'))
    const end = () => Number(storage.sql('SELECT max(seq) AS seq FROM events')[0]?.seq)
    const cursor = () => storage.sql("SELECT cursor FROM followers WHERE name = 'fan-out'")[0]?.cursor
    const loop = startFollowing({
      follower: 'fan-out',
      advance,
      retry,
      commit: storage.commit,
      settledUpTo: async () => Number.MAX_SAFE_INTEGER,
      owner: 'proc_1',
      clock: fakeClock(),
      journal: silentLog,
      onStirred() {},
    })
    const arrived = async () => {
      for (let i = 0; i < 500 && cursor() !== end(); i++) await turn()
      return cursor() === end()
    }
    expect(await arrived()).toBe(true)
    await append(storage, 'c.d')
    loop.wake()
    expect(await arrived()).toBe(true)
    await loop.stop()
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { breakerRule } from './breaker.ts'
import {
  type Condition,
  giveUpRule,
  learn,
  mayStart,
  newCondition,
  placesOf,
  type Sign,
  sleepsUntil,
  spend,
} from './condition.ts'
import { conditionText, readCondition } from './saved.ts'

const t0 = 1_800_000_000_000
const minute = 60_000
const most = 50

/** An attempt that started and ended at that time, with the wire full. */
const end = (
  condition: Condition,
  sign: Sign,
  at: number,
  over: { retryAfterMs?: number; startedAt?: number; tookMs?: number; onWire?: number } = {},
) =>
  learn(condition, {
    sign,
    startedAt: over.startedAt ?? at,
    endedAt: at,
    tookMs: over.tookMs ?? 10,
    retryAfterMs: over.retryAfterMs,
    onWire: over.onWire ?? most,
    most,
  })

/** A condition whose endpoint has been called as often at once as it allows. */
function known(): Condition {
  const condition = newCondition()
  for (let i = 0; i < most; i++) end(condition, 'success', t0 - minute + i)
  return condition
}

describe('the number on the wire', () => {
  it('begins with ten, and is one more with each success', () => {
    const condition = newCondition()
    expect(placesOf(condition, 3), 'never more than the endpoint allows').toBe(3)
    const seen = Array.from({ length: 45 }, (_, i) => {
      const before = placesOf(condition, most)
      end(condition, 'success', t0 + i)
      return before
    })
    expect(seen).toEqual(Array.from({ length: 45 }, (_, i) => Math.min(most, 10 + i)))
    expect(placesOf(condition, most)).toBe(most)
  })

  it('is what the endpoint allows while nothing fails, and nothing is written', () => {
    const condition = newCondition()
    for (let i = 0; i < 1000; i++) end(condition, 'success', t0 + i)
    expect(placesOf(condition, most)).toBe(50)
    expect(conditionText(condition, t0 + 1000)).toBeNull()
  })

  it('is halved by a failure of the receiver, once for all that were under way', () => {
    const condition = known()
    for (let i = 0; i < 5; i++) end(condition, 'overload', t0 + 100 + i, { startedAt: t0 + i })
    expect(placesOf(condition, most)).toBe(25)
    end(condition, 'overload', t0 + 300, { startedAt: t0 + 200 })
    expect(placesOf(condition, most)).toBe(12)
  })

  it('is half of those that were on the wire when it failed, or five when they were few', () => {
    const busy = known()
    end(busy, 'overload', t0, { onWire: 24 })
    expect(placesOf(busy, most), 'the others are still there: none may follow').toBe(12)
    const quiet = known()
    end(quiet, 'overload', t0, { onWire: 1 })
    expect(placesOf(quiet, most)).toBe(5)
  })

  it('is never less than one', () => {
    const condition = known()
    for (let i = 1; i < 9; i++) end(condition, 'refusal', t0 + i * minute)
    expect(placesOf(condition, most)).toBe(1)
  })

  it('rises with what succeeds, to what the endpoint allows and no further', () => {
    const condition = newCondition()
    for (let i = 1; i < 9; i++) end(condition, 'refusal', t0 + i * minute)
    let before = 1
    for (let i = 0; i < 2000; i++) {
      end(condition, 'success', t0 + 10 * minute + i)
      expect(placesOf(condition, most)).toBeLessThanOrEqual(Math.min(most, before + 1))
      before = placesOf(condition, most)
    }
    expect(before).toBe(50)
  })

  it('is not lowered by what calling less would not change', () => {
    const condition = known()
    for (let i = 1; i < 9; i++) end(condition, 'failure', t0 + i)
    expect(placesOf(condition, most)).toBe(50)
  })

  it('falls when answers take longer and longer, and not because they always took long', () => {
    const slow = newCondition()
    for (let i = 0; i < 500; i++) end(slow, 'success', t0 + i * 100, { tookMs: 3000 + (i % 7) * 100 })
    expect(placesOf(slow, most)).toBe(50)
    const slower = newCondition()
    for (let i = 0; i < 100; i++) end(slower, 'success', t0 + i * 100, { tookMs: 100 })
    for (let i = 0; i < 60; i++)
      end(slower, 'success', t0 + minute + i * 2000, { startedAt: t0 + minute + i * 2000 - 900, tookMs: 900 })
    expect(placesOf(slower, most)).toBeLessThan(30)
    // When hardly anything is on the wire, it is not our doing.
    const quiet = newCondition()
    for (let i = 0; i < 100; i++) end(quiet, 'success', t0 + i * 100, { tookMs: i < 50 ? 100 : 900, onWire: 2 })
    expect(placesOf(quiet, most)).toBe(50)
  })
})

describe('the breaker', () => {
  const broken = () => {
    const condition = newCondition()
    const turns = Array.from({ length: 10 }, (_, i) => end(condition, 'failure', t0 + i))
    return { condition, turns }
  }

  it('opens when 70 % of at least ten attempts failed within five minutes', () => {
    expect(broken().turns).toEqual([...Array(9).fill(undefined), 'opened'])
    const mixed = newCondition()
    for (let i = 0; i < 6; i++) end(mixed, 'success', t0 + i)
    const turns = Array.from({ length: 14 }, (_, i) => end(mixed, 'overload', t0 + 10 + i))
    expect(turns.indexOf('opened'), '13 of 19 are not enough, 14 of 20 are').toBe(13)
  })

  it('stays closed when the failures are spread over a longer time', () => {
    const condition = newCondition()
    const turns = Array.from({ length: 40 }, (_, i) => end(condition, 'failure', t0 + i * 40_000))
    expect(turns.filter((each) => each !== undefined)).toEqual([])
  })

  it('lets one probe start after half a minute, then after twice as long, five minutes at most', () => {
    const { condition } = broken()
    expect(placesOf(condition, most)).toBe(1)
    const waits: number[] = []
    let now = t0 + 9
    for (let i = 0; i < 6; i++) {
      const until = sleepsUntil(condition, null, now)
      waits.push((until - now) / 1000)
      now = until
      expect(end(condition, 'overload', now)).toBeUndefined()
    }
    expect(waits).toEqual([30, 60, 120, 240, 300, 300])
  })

  it('closes when a probe succeeds, and not because of what was under way before', () => {
    const { condition } = broken()
    expect(end(condition, 'success', t0 + 500, { startedAt: t0 })).toBeUndefined()
    expect(condition.breaker).toBeDefined()
    const until = sleepsUntil(condition, null, t0 + 500)
    expect(end(condition, 'success', until + 5, { startedAt: until })).toBe('closed')
    expect(condition.breaker).toBeUndefined()
    expect(sleepsUntil(condition, null, until + 5)).toBeLessThanOrEqual(until + 5)
    expect(end(condition, 'failure', until + 6), 'it takes ten anew').toBeUndefined()
  })

  it('does not count what only asked for less', () => {
    const condition = newCondition()
    const turns = Array.from({ length: 30 }, (_, i) => end(condition, 'refusal', t0 + i))
    expect(turns).not.toContain('opened')
  })

  it('keeps nobody waiting longer than it can when the clock is set back', () => {
    const { condition } = broken()
    const now = t0 - 86_400_000
    const until = sleepsUntil(condition, null, now)
    expect(until).toBeLessThanOrEqual(now + breakerRule.longestWaitMs)
    // Asked again, it is no later; and a probe then is one.
    expect(sleepsUntil(condition, null, until - 1)).toBe(until)
    expect(sleepsUntil(condition, null, until + 1)).toBe(until)
    expect(end(condition, 'success', until + 5, { startedAt: until })).toBe('closed')
  })

  it('holds nobody for longer than a day when the clock is set back, and learns again', () => {
    const condition = newCondition()
    end(condition, 'refusal', t0, { retryAfterMs: 7000 })
    end(condition, 'overload', t0)
    const now = t0 - 10 * 86_400_000
    const until = sleepsUntil(condition, null, now)
    expect(until).toBeLessThanOrEqual(now + 86_400_000)
    expect(sleepsUntil(condition, null, until)).toBe(until)
    const before = placesOf(condition, most)
    end(condition, 'overload', now + 2, { startedAt: now + 1 })
    expect(placesOf(condition, most)).toBeLessThan(before)
  })
})

describe('a receiver that answers 429', () => {
  it('is left alone as long as it says, a day at most', () => {
    for (const [asked, held] of [
      [7000, 7000],
      [0, 0],
      [1e12, 86_400_000],
    ] as const) {
      const condition = newCondition()
      end(condition, 'refusal', t0, { retryAfterMs: asked })
      expect(sleepsUntil(condition, null, t0) - t0).toBe(held)
    }
  })

  it('that does not say is left alone for a second, twice as long each time, a minute at most', () => {
    const condition = newCondition()
    const holds: number[] = []
    let now = t0
    for (let i = 0; i < 8; i++) {
      end(condition, 'refusal', now)
      end(condition, 'refusal', now, { startedAt: now - 1 })
      holds.push((sleepsUntil(condition, null, now) - now) / 1000)
      now = sleepsUntil(condition, null, now)
    }
    expect(holds).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    end(condition, 'success', now)
    end(condition, 'refusal', now + 1)
    expect(sleepsUntil(condition, null, now + 1)).toBe(now + 1001)
  })
})

describe('nothing but failure', () => {
  it('says nothing of the time in which nobody called', () => {
    const condition = newCondition()
    for (let i = 0; i < 10; i++) end(condition, 'failure', t0 + i)
    const later = t0 + giveUpRule.afterMs + giveUpRule.knownForMs
    expect(end(condition, 'failure', later)).not.toBe('given-up')
    expect(condition.failing).toEqual({ since: later, attempts: 1, lastAt: later })
    // What an earlier version kept does not say when the last one was.
    const kept = readCondition(JSON.stringify({ v: 1, failing: { since: t0, attempts: 20 } }))
    expect(end(kept, 'failure', later)).toBe('given-up')
  })

  it('for five days gives the endpoint up, if it was tried ten times', () => {
    const condition = newCondition()
    const every = giveUpRule.afterMs / 9
    const turns = Array.from({ length: 10 }, (_, i) => end(condition, 'failure', t0 + i * every))
    expect(turns).toEqual([...Array(9).fill(undefined), 'given-up'])
    const few = newCondition()
    expect([0, 3, 6].map((days) => end(few, 'failure', t0 + days * 86_400_000))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is over with one success', () => {
    const condition = newCondition()
    for (let i = 0; i < 20; i++) end(condition, 'failure', t0 + i * 6 * 3_600_000)
    end(condition, 'success', t0 + 20 * 6 * 3_600_000)
    expect(end(condition, 'failure', t0 + 21 * 6 * 3_600_000)).toBeUndefined()
  })
})

describe('an endpoint’s rate', () => {
  const start = (condition: Condition, rate: Parameters<typeof mayStart>[1], now: number) => {
    if (mayStart(condition, rate, now) < 1) return false
    spend(condition)
    return true
  }

  it('is held in every stretch of its period, however impatient one is', () => {
    const rates = fc.record({
      limit: fc.integer({ min: 1, max: 400 }),
      per: fc.constantFrom('second', 'minute', 'hour'),
    })
    const lengths = { second: 1000, minute: 60_000, hour: 3_600_000 }
    fc.assert(
      fc.property(rates, fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 200 }), (rate, steps) => {
        const condition = newCondition()
        const period = lengths[rate.per]
        const starts: number[] = []
        let now = t0
        for (const step of steps) {
          now += Math.ceil((step * period) / 10_000)
          while (start(condition, rate, now)) starts.push(now)
        }
        // A fifth of a second's worth may come on top, and one.
        const extra = Math.max(1, (rate.limit / period) * 200)
        for (const [i, at] of starts.entries()) {
          const within = starts.slice(i).filter((each) => each < at + period).length
          expect(within).toBeLessThanOrEqual(rate.limit + extra + 1)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is used up when there is enough to do and one looks when told', () => {
    const condition = newCondition()
    const rate = { limit: 90, per: 'minute' } as const
    let now = t0
    let count = 0
    while (now < t0 + 10 * minute) {
      while (start(condition, rate, now)) count++
      now = Math.max(now + 1, sleepsUntil(condition, rate, now))
    }
    expect(count).toBeGreaterThanOrEqual(899)
    expect(count).toBeLessThanOrEqual(902)
  })

  it('is looked for in batches when it is high', () => {
    const condition = newCondition()
    const rate = { limit: 1000, per: 'second' } as const
    while (start(condition, rate, t0));
    expect(sleepsUntil(condition, rate, t0)).toBe(t0 + 100)
    expect(mayStart(condition, rate, t0 + 100)).toBe(100)
  })
})

describe('a condition as text', () => {
  it('says the same when it is read again, wherever a process ended', () => {
    const signs = fc.array(
      fc.record({
        sign: fc.constantFrom<Sign>('success', 'refusal', 'overload', 'failure'),
        ms: fc.integer({ min: 0, max: 90_000 }),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(signs, fc.integer({ min: 0, max: 59 }), (steps, cut) => {
        let whole = newCondition()
        let taken = newCondition()
        let now = t0
        for (const [i, { sign, ms }] of steps.entries()) {
          now += ms
          if (i === cut) {
            const text = conditionText(taken, now)
            // What only succeeded is not remembered: both begin anew.
            if (text === null) whole = newCondition()
            taken = readCondition(text)
          }
          expect(end(taken, sign, now)).toBe(end(whole, sign, now))
          expect(taken.failing).toEqual(whole.failing)
          expect(placesOf(taken, most)).toBe(placesOf(whole, most))
          expect(Math.max(now, sleepsUntil(taken, null, now))).toBe(Math.max(now, sleepsUntil(whole, null, now)))
        }
      }),
    )
  })

  it('keeps the breaker, the hold, the rate and how long it has failed', () => {
    const condition = newCondition()
    mayStart(condition, { limit: 5, per: 'minute' }, t0)
    spend(condition)
    for (let i = 0; i < 12; i++) end(condition, 'overload', t0 + i)
    end(condition, 'refusal', t0 + 12, { retryAfterMs: 60_000 })
    const text = conditionText(condition, t0 + 12)
    const read = readCondition(text)
    expect(read).toMatchObject({
      breaker: condition.breaker,
      heldUntil: t0 + 60_012,
      failing: { since: t0, attempts: 13 },
      tokens: { left: 0, at: t0 },
    })
    expect(placesOf(read, most)).toBe(1)
    expect(conditionText(read, t0 + 12)).toBe(text)
  })

  it('without a limit has none, as texts of before there was a beginning mean it', () => {
    expect(placesOf(readCondition('{"v":1,"refusals":1}'), most)).toBe(most)
  })

  it.each(['', '{', 'null', '[]', '{"v":2,"breaker":7}', '"x"'])('that is none (%s) is as good as nothing', (text) => {
    const condition = readCondition(text)
    expect(placesOf(condition, most)).toBe(10)
    expect(end(condition, 'failure', t0)).toBeUndefined()
  })
})

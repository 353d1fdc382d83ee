import { describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import type { RateLimit } from '../base/rate-limit.ts'
import { sourceDefinitions } from '../inbound/sources/index.ts'
import { createMetrics } from './metrics.ts'
import { limitSources } from './source-limits.ts'

const definition = sourceDefinitions.get('github')
if (!definition) throw new Error('there is no kind "github"')

function open({ byDefault, processes = 1 }: { byDefault?: RateLimit; processes?: number } = {}) {
  const clock = fakeClock()
  const lines: { facts: Record<string, unknown> }[] = []
  const keep = (_: string, facts: object = {}) => void lines.push({ facts: { ...facts } })
  const { meter, show } = createMetrics()
  const own = { processes }
  const limits = limitSources({
    byDefault,
    processes: () => own.processes,
    clock,
    journal: { debug: keep, info: keep, warn: keep, error: keep },
    meter,
  })
  /** How many of so many are let in. */
  const admitted = (tries: number, rateLimit: RateLimit | null, id = 'src_1') =>
    Array.from({ length: tries }, () => {
      try {
        limits.admit({ id, rateLimit, definition: definition as NonNullable<typeof definition> })
        return 1
      } catch (error) {
        expect(error).toMatchObject({ code: 'RATE_LIMITED' })
        return 0
      }
    }).reduce<number>((sum, each) => sum + each, 0)
  return { clock, limits, lines, show, own, admitted }
}

describe('a source', () => {
  it('without a limit takes all there is', () => {
    expect(open().admitted(10_000, null)).toBe(10_000)
  })

  it('takes what its own limit says, else what the server’s default says', () => {
    const stage = open({ byDefault: { requests: 3, perSeconds: 60 } })
    expect(stage.admitted(10, null, 'a')).toBe(3)
    expect(stage.admitted(10, { requests: 5, perSeconds: 60 }, 'b')).toBe(5)
    stage.clock.advance(20_000)
    expect(stage.admitted(10, null, 'a')).toBe(1)
  })

  it('has its limit shared out among the processes that take requests, as many as there are', () => {
    const stage = open({ processes: 4 })
    const limit = { requests: 20, perSeconds: 10 }
    expect(stage.admitted(50, limit)).toBe(5)
    stage.clock.advance(10_000)
    stage.own.processes = 1
    expect(stage.admitted(50, limit)).toBe(20)
  })

  it('that is over its limit is told in seconds when to come again', () => {
    const stage = open()
    const rateLimit = { requests: 2, perSeconds: 7 }
    stage.admitted(2, rateLimit)
    try {
      stage.limits.admit({ id: 'src_1', rateLimit, definition })
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        retryAfterSeconds: 4,
        headers: { 'ratelimit-policy': '"source";q=2;w=7', ratelimit: '"source";r=0;t=4' },
      })
    }
    stage.clock.advance(4000)
    expect(stage.admitted(1, rateLimit)).toBe(1)
  })

  it('that is over its limit is counted each time, and logged once a second with how many there were', async () => {
    const stage = open()
    const limit = { requests: 1, perSeconds: 3600 }
    expect(stage.admitted(11, limit)).toBe(1)
    stage.clock.advance(1000)
    stage.admitted(5, limit)
    expect(stage.lines.map(({ facts }) => facts)).toEqual([
      { source: 'src_1', kind: 'github', code: 'RATE_LIMITED', requests: 1 },
      { source: 'src_1', kind: 'github', code: 'RATE_LIMITED', requests: 10 },
    ])
    expect((await stage.show()).text).toContain(
      'trunkline_requests_total{kind="github",verdict="refused",cause="RATE_LIMITED"} 15',
    )
  })
})

import { describe, expect, it } from 'vitest'
import { type Engine, postgres, sqlite } from '../engines.ts'
import { type Flood, flood, type Tide } from '../flood.ts'
import { keepRecord } from '../record.ts'

/** Nothing is left to chance here. */
const seed = 0

/** Each round on one engine: on both, the whole proof would take longer than forty minutes. */
describe('a flood', () => {
  const prove = async (engine: Engine, round: string, shape: Flood): Promise<Tide> => {
    const begun = performance.now()
    const tide = await flood(engine, shape)
    const { acceptMs, turnedAway, held, pushedOut, dropped, forgedPerSecond, verifiedPerSecond } = tide
    keepRecord({
      round: `${round}-${engine.name === 'SQLite' ? 'sqlite' : 'postgresql'}`,
      seed,
      did: `${shape.forged} forged requests, ${forgedPerSecond}/s, from ${shape.addresses} networks; ${held} held, ${pushedOut} pushed out, ${dropped} dropped; all ${shape.genuine} genuine ones were accepted in order, at ${verifiedPerSecond} verified again a second; meanwhile rightly signed ones took ${acceptMs.p50} ms (p99 ${acceptMs.p99} ms), ${turnedAway} answered 503 first`,
      events: acceptMs.count + shape.genuine,
      seconds: Math.round((performance.now() - begun) / 1000),
    })
    return tide
  }

  it('of a hundred thousand of a thousand addresses leaves fifty genuine ones, with the bounds of every server', async () => {
    const bounds = { sourceRequests: 100_000, networkRequests: 1000 }
    const tide = await prove(sqlite, 'flood', { forged: 100_000, addresses: 1_000, genuine: 50, ...bounds })
    expect(tide.held).toBe(100_000)
  }, 2_400_000)

  it('of many times what a source holds, one address louder than all, leaves as many as the guarantee says', async () => {
    const bounds = { sourceRequests: 5_050, networkRequests: 300 }
    const tide = await prove(postgres, 'flood-beyond', {
      forged: 20_000,
      addresses: 99,
      loud: 5,
      genuine: 50,
      ...bounds,
    })
    expect(tide.held).toBe(5_050)
    expect(tide.pushedOut + tide.dropped).toBeGreaterThan(14_000)
  }, 1_200_000)
})

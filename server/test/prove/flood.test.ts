import { describe, expect, it } from 'vitest'
import { engines } from '../engines.ts'
import { type Flood, flood } from '../flood.ts'

const usual = { sourceRequests: 100_000, networkRequests: 1000 }

describe.each(engines)('a flood on $name', (engine) => {
  const show = async (shape: Flood) => {
    const tide = await flood(engine, shape)
    console.info(`${engine.name}: ${JSON.stringify({ ...shape, ...tide })}`)
    return tide
  }

  it('of a hundred thousand of a thousand addresses leaves fifty genuine ones, with the bounds of every server', async () => {
    const tide = await show({ forged: 100_000, addresses: 1_000, genuine: 50, ...usual })
    expect(tide.held).toBe(100_000)
  }, 2_400_000)

  it('of many times what a source holds, one address louder than all, leaves as many as the guarantee says', async () => {
    const bounds = { sourceRequests: 5_050, networkRequests: 300 }
    const tide = await show({ forged: 20_000, addresses: 99, loud: 5, genuine: 50, ...bounds })
    expect(tide.held).toBe(5_050)
    expect(tide.pushedOut + tide.dropped).toBeGreaterThan(14_000)
  }, 1_200_000)
})

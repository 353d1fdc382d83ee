import { describe, expect, it } from 'vitest'
import { engines } from '../engines.ts'
import { flood } from '../flood.ts'

describe.each(engines)('a hundred thousand forged requests of a thousand addresses, on $name', (engine) => {
  it('leave room for fifty genuine ones, which are accepted in order once their secret is mended', async () => {
    const tide = await flood(engine, { forged: 100_000, addresses: 1_000, genuine: 50, sourceRequests: 100_000 })
    console.info(`${engine.name}: ${JSON.stringify(tide)}`)
    expect(tide.held).toBe(100_000)
  }, 1_200_000)
})

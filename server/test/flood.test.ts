import { describe, expect, it } from 'vitest'
import { engines } from './engines.ts'
import { flood } from './flood.ts'

/** The whole of it, with a hundred thousand of a thousand addresses, is in `prove/flood.test.ts`. */
describe.each(engines)('a flood of forged requests to a server on $name', (engine) => {
  it('neither fills the disk nor pushes out genuine ones that wait for their secret', async () => {
    const bounds = { sourceRequests: 600, networkRequests: 40 }
    const tide = await flood(engine, { forged: 1500, addresses: 50, loud: 4, genuine: 10, ...bounds })
    expect(tide.held).toBe(600)
  })
})

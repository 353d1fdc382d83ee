import { expect, it } from 'vitest'
import { sqlite } from '../engines.ts'
import { head, openRaw } from '../raw-connection.ts'
import { createSource, startTrunkline } from '../trunkline.ts'

it('a body that takes longer than thirty seconds is cut off and leaves nothing', async () => {
  const trunkline = await startTrunkline(sqlite)
  const source = await createSource(trunkline, 'github')
  const body = Buffer.alloc(1000, 'a')
  const raw = await openRaw(source.url)
  await raw.write(head('POST', source.url, { ...source.sign(body), 'content-length': body.length }))
  const dripping = setInterval(() => void raw.write('a'), 200)
  const { text, afterMs } = await raw.closed
  clearInterval(dripping)
  expect(text).toMatch(/^HTTP\/1\.1 408/)
  expect(afterMs).toBeGreaterThan(29_000)
  expect(afterMs).toBeLessThan(34_000)
  expect(await trunkline.place.rows('SELECT id FROM requests')).toEqual([])
}, 60_000)

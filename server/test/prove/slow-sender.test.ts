import { expect, it } from 'vitest'
import { sqlite } from '../engines.ts'
import { head, openRaw } from '../raw-connection.ts'
import { createSource, startTrunkline } from '../trunkline.ts'

const rounds = [
  {
    how: 'that takes longer than thirty seconds',
    settings: { TRUNKLINE_SLOWEST_BODY: '0' },
    fromMs: 29_000,
    toMs: 34_000,
  },
  { how: 'that comes at five bytes a second', settings: {}, fromMs: 9_000, toMs: 16_000 },
]

it.each(rounds)(
  'a body $how is cut off and leaves nothing',
  async ({ settings, fromMs, toMs }) => {
    const trunkline = await startTrunkline(sqlite, settings)
    const source = await createSource(trunkline, 'github')
    const body = Buffer.alloc(1000, 'a')
    const raw = await openRaw(source.url)
    await raw.write(head('POST', source.url, { ...source.sign(body), 'content-length': body.length }))
    const dripping = setInterval(() => void raw.write('a'), 200)
    const { text, afterMs } = await raw.closed
    clearInterval(dripping)
    expect(text).toMatch(/^HTTP\/1\.1 408/)
    expect(afterMs).toBeGreaterThan(fromMs)
    expect(afterMs).toBeLessThan(toMs)
    expect(await trunkline.place.rows('SELECT id FROM requests')).toEqual([])
  },
  60_000,
)

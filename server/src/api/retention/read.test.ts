import { expect, it } from 'vitest'
import { sweepOnce } from '../../retention/sweep.ts'
import { openTestApi } from '../exercise-api.ts'

it('tells what is held, for how long, what was removed and what it comes to', async () => {
  await using api = await openTestApi()
  const caller = api.caller()
  for (let n = 0; n < 20; n++) await caller.post('/events', { type: 'test.made', data: { text: 'x'.repeat(1000) } })
  const now = api.clock.now()
  await api.storage.commit(sweepOnce, { sweep: 'event-data', before: now - 1000, now, followers: [] })
  api.clock.advance(24 * 60 * 60 * 1000)
  const { status, json } = await caller.get('/retention')
  expect(status).toBe(200)
  const [bodies, records] = json.classes
  expect(bodies).toMatchObject({ name: 'bodies', keptDays: 30, comesTo: { inDays: 29 } })
  expect(bodies.bytes).toBeGreaterThan(20_000)
  expect(bodies.perDay.bytes).toBeCloseTo(bodies.bytes, -2)
  expect(records).toMatchObject({ name: 'records', rows: 20, keptDays: 90 })
  expect(json.database).toMatchObject({ freeDiskBytes: 5_000_000_000 })
  expect(json.sentences[0]).toMatch(/^At this rate the database will be [\d.]+ [kM]B in 89 days and stay there\.$/)
  expect(json.sweeps.find(({ name }: { name: string }) => name === 'event-data')).toMatchObject({
    keptDays: 30,
    ranAt: new Date(now).toISOString(),
    sweptAt: new Date(now).toISOString(),
    total: 0,
  })
})

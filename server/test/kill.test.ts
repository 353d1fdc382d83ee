import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { postgres, sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { surviveKills } from './kills.ts'
import { openReceiver, status } from './receiver.ts'
import { startServer } from './server-process.ts'
import { apiKey, createEndpoint, startTrunkline } from './trunkline.ts'

it('a server on SQLite loses nothing acknowledged when it is killed three times', () => surviveKills(sqlite, 3))

it('a server on PostgreSQL loses nothing acknowledged when it is killed twice', () => surviveKills(postgres, 2))

it.each([
  { how: 'is killed, once its lease has run out', signal: 'SIGKILL', withinMs: 9_000 },
  { how: 'stops, at once', signal: 'SIGTERM', withinMs: 5_000 },
] as const)('of two processes on one PostgreSQL one goes on when the other $how', async ({ signal, withinMs }) => {
  const environment = { TRUNKLINE_LEASE_SECONDS: '6' }
  const { server: one, place, api } = await startTrunkline(postgres, environment)
  const two = await startServer({ TRUNKLINE_API_KEY: apiKey, ...place.environment, ...environment })
  const held: ServerResponse[] = []
  const receiver = await openReceiver((_, response) => void held.push(response))
  const types = Array.from({ length: 6 }, (_, i) => `lane.${i}`)
  for (const type of types) await createEndpoint({ api }, receiver, { eventTypes: [type], concurrency: 1 })
  const ids: string[] = []
  for (const type of types) for (let n = 0; n < 3; n++) ids.push((await api.post('/events', { type, data: n })).json.id)
  await receiver.has(types.length)

  const [goes, stays] = one.output().includes('lane.taken') ? [one, two] : [two, one]
  const ended = goes.end(signal)
  if (signal === 'SIGKILL') await ended
  receiver.answer(status(204))
  for (const response of held) response.writeHead(204).end()
  expect((await ended).code).toBe(signal === 'SIGKILL' ? null : 0)
  await eventually(
    'every delivery',
    async () => (await place.rows('SELECT id FROM deliveries WHERE status = 2')).length === ids.length,
    { withinMs },
  )
  expect(new Set(receiver.arrivals.map(({ id }) => id))).toEqual(new Set(ids))
  await expect.poll(() => stays.output()).toContain('lane.taken')
})

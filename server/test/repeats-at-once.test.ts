import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { createApi } from './api.ts'
import { postgres } from './engines.ts'
import { startMember } from './fleet.ts'
import { apiKey, createPlace, createSource } from './trunkline.ts'

// Over one process the same is in ingest-to-delivery.test.ts, on both engines.
it('a hundred copies at once, over two processes, are one event, and all are answered with its id', async () => {
  const place = await createPlace(postgres)
  const servers = [await startMember(place, {}), await startMember(place, {})]
  const [first] = servers
  if (!first) throw new Error('two servers were started')
  const source = await createSource({ server: first, api: createApi(first, apiKey) }, 'github')
  const { pathname } = new URL(source.url)
  const body = '{"n":1}'
  const id = randomUUID()
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => source.post(body, { id }, { url: `${servers[i % 2]?.url}${pathname}` })),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200))
  const ids = new Set(answers.map(({ json }) => json.eventIds.join()))
  expect(ids.size).toBe(1)
  const events = await place.rows('SELECT id FROM events WHERE source_id = ?', [source.id])
  expect(events.map((each) => each.id)).toEqual([...ids])
  const kept = await place.rows('SELECT id FROM requests WHERE source_id = ? AND body IS NOT NULL', [source.id])
  expect(kept.map((each) => each.id)).toEqual([answers[0]?.json.requestId])
})

it('what one process changes of a source the other one sees within a second', async () => {
  const place = await createPlace(postgres)
  const servers = [await startMember(place, {}), await startMember(place, {})]
  const [first, second] = servers
  if (!first || !second) throw new Error('two servers were started')
  const api = createApi(first, apiKey)
  const source = await createSource({ server: first, api }, 'github')
  const there = { url: `${second.url}${new URL(source.url).pathname}` }
  expect((await source.post('{"n":1}', {}, there)).status).toBe(200)

  for (const [status, answer] of [
    ['disabled', 404],
    ['enabled', 200],
  ] as const) {
    expect((await api.patch(`/sources/${source.id}`, { status })).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect((await source.post('{"n":2}', {}, there)).status).toBe(answer)
  }
})

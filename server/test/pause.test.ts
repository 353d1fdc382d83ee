import { describe, expect, it } from 'vitest'
import { readAll } from './api.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { createSource, startTrunkline, type TestSource } from './trunkline.ts'

const requests = 300

describe.each(engines)('on $name', (engine) => {
  it('a source that is killed while it lets go what it held loses and doubles nothing, and keeps the order', async () => {
    const { server, place, api } = await startTrunkline(engine)
    const source = await createSource({ server, api }, 'standard-webhooks')
    await api.patch(`/sources/${source.id}`, { status: 'paused' })
    for (let n = 0; n < requests; n += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => post(source, n, n + i)))
    expect((await api.get(`/sources/${source.id}`)).json).toMatchObject({ status: 'paused' })
    expect(await events(place)).toBe(0)

    await api.patch(`/sources/${source.id}`, { status: 'enabled' })
    await eventually('the first batch', async () => (await events(place)) > 0, { everyMs: 1, withinMs: 30_000 })
    await server.end('SIGKILL')
    const made = await events(place)
    await server.again()
    await eventually('all the events', async () => (await events(place)) === requests, { withinMs: 30_000 })
    expect(made).toBeGreaterThan(0)

    const rows = await place.rows('SELECT data FROM events WHERE source_id = ? ORDER BY seq', [source.id])
    const numbers = rows.map(({ data }) => JSON.parse(String(data)))
    expect(numbers.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: requests }, (_, n) => n))
    const groups = numbers.map(({ group }) => group)
    expect(groups).toEqual([...groups].sort((a, b) => a - b))
    expect(await place.rows("SELECT id FROM requests WHERE cause = 'HELD'")).toEqual([])
    expect(await place.rows('SELECT request_id FROM held_events')).toEqual([])
    expect(await readAll(api, '/sources')).toMatchObject([{ status: 'enabled', held: 0 }])
  })
})

/** Posts one of a group, until it is taken, as providers do: the groups come one after the other. */
async function post(source: TestSource, group: number, n: number): Promise<void> {
  const body = JSON.stringify({ type: 'pause.tested', group, n })
  await eventually(`request ${n}`, async () => (await source.post(body, { id: `msg_${n}` })).status === 200)
}

async function events(place: { rows(sql: string): Promise<Record<string, unknown>[]> }): Promise<number> {
  const [row] = await place.rows('SELECT count(*) AS n FROM events WHERE source_id IS NOT NULL')
  return Number(row?.n)
}

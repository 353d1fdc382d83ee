import { describe, expect, it } from 'vitest'
import { advance } from '../../commands.ts'
import { advanceReading, readHere } from '../../events/follow/exercise-reading.ts'
import type { EndpointChanges } from '../endpoint/endpoint-store.ts'
import { openRig, type Rig } from '../exercise-deliverer.ts'
import { fanOut } from './fan-out.ts'

const url = 'http://127.0.0.1:1/'
const made = (rig: Rig) =>
  rig.storage
    .sql('SELECT endpoint_id, event_type, count(*) AS n FROM deliveries GROUP BY 1, 2 ORDER BY 1, 2')
    .map((row) => [row.endpoint_id, row.event_type, row.n])

const change = (rig: Rig, id: string, changes: EndpointChanges) => rig.change(id, changes)

describe('an event', () => {
  it('becomes one delivery for each endpoint that asked for it, and wakes their lanes', async () => {
    await using rig = openRig()
    const all = await rig.endpoint(url)
    const some = await rig.endpoint(url, { eventTypes: ['a.*', 'a.b', '**'] })
    const none = await rig.endpoint(url, { eventTypes: ['c.*'] })
    const { lanes } = await rig.publish('a.b')
    expect([...lanes].sort()).toEqual([all.id, some.id].sort())
    expect(made(rig)).toEqual([all.id, some.id].sort().map((id) => [id, 'a.b', 1]))
    expect(rig.lane(all.id)?.next_due).toBe(rig.clock.now())
    expect(rig.lane(none.id)?.next_due).toBeNull()
  })

  it('is fanned out once, also when its batch is handled twice', async () => {
    await using rig = openRig()
    await rig.endpoint(url)
    await rig.publish('a.b', 3)
    rig.storage.sql('UPDATE followers SET cursor = 0 RETURNING cursor')
    await rig.fanOut()
    expect(rig.counts()).toEqual({ 0: 3 })
  })

  it('does not reach an endpoint that was made after it', async () => {
    await using rig = openRig()
    const early = await rig.endpoint(url)
    const published = rig.publish('a.b')
    const late = rig.endpoint(url)
    await Promise.all([published, late])
    await rig.fanOut()
    expect(made(rig)).toEqual([[early.id, 'a.b', 1]])
  })

  it('of one workspace does not reach another', async () => {
    await using rig = openRig()
    const other = 'ws_other'
    rig.storage.sql(`INSERT INTO workspaces (id, name, created_at) VALUES ('ws_other', 'other', 0) RETURNING id`)
    await rig.endpoint(url, { workspaceId: other })
    await rig.publish('a.b')
    expect(made(rig)).toEqual([])
  })

  it('reaches the paused, whose queue grows, but not the disabled', async () => {
    await using rig = openRig()
    const paused = await rig.endpoint(url)
    const disabled = await rig.endpoint(url)
    await change(rig, paused.id, { status: 'paused' })
    await change(rig, disabled.id, { status: 'disabled' })
    await rig.publish('a.b')
    expect(made(rig)).toEqual([[paused.id, 'a.b', 1]])
  })

  it('meets the endpoints as they are, however often they change', async () => {
    await using rig = openRig()
    const endpoint = await rig.endpoint(url, { eventTypes: ['a'] })
    await rig.publish('a')
    await change(rig, endpoint.id, { eventTypes: ['b'] })
    await rig.publish('a')
    await rig.publish('b')
    await change(rig, endpoint.id, { status: 'disabled' })
    await rig.publish('b')
    await change(rig, endpoint.id, { status: 'active' })
    await rig.publish('b')
    expect(made(rig)).toEqual([
      [endpoint.id, 'a', 1],
      [endpoint.id, 'b', 2],
    ])
  })

  it('of our own goes only to those who name it', async () => {
    await using rig = openRig()
    await rig.endpoint(url, { eventTypes: ['**'] })
    const watching = await rig.endpoint(url, { eventTypes: ['trunkline.*'] })
    await rig.endpoint(url, { eventTypes: ['x'] })
    await rig.fanOut()
    expect(made(rig)).toEqual([[watching.id, 'trunkline.endpoint.created', 1]])
  })
})

describe('an endpoint with a filter', () => {
  const filter = '{"data.amount":{"$gte":100}}'

  it('gets the events that it fits, and the others get them all', async () => {
    await using rig = openRig()
    const all = await rig.endpoint(url)
    const large = await rig.endpoint(url, { filter })
    const typed = await rig.endpoint(url, { filter: '{"type":"a.c"}' })
    const odd = await rig.endpoint(url, { filter: '{"$not":{"data.amount":{"$exists":true}}}' })
    await rig.publish('a.b', 1, '{"amount":99}')
    await rig.publish('a.b', 2, '{"amount":100}')
    await rig.publish('a.c', 1, '{}')
    expect(made(rig)).toEqual(
      [
        [all.id, 'a.b', 3],
        [all.id, 'a.c', 1],
        [large.id, 'a.b', 2],
        [typed.id, 'a.c', 1],
        [odd.id, 'a.c', 1],
      ].sort(),
    )
  })

  it('is asked anew when its filter has changed', async () => {
    await using rig = openRig()
    const { id } = await rig.endpoint(url, { filter })
    await rig.publish('a.b', 1, '{"amount":1}')
    await change(rig, id, { filter: '{"data.amount":1}' })
    await rig.publish('a.b', 1, '{"amount":1}')
    await change(rig, id, { filter: null })
    await rig.publish('a.b', 1, '{"amount":5}')
    expect(made(rig)).toEqual([[id, 'a.b', 2]])
  })

  it('that does not look into the data spares its reading', async () => {
    await using rig = openRig()
    const { id } = await rig.endpoint(url, { filter: '{"type":"a.b"}' })
    await rig.publish('a.b', 1, JSON.stringify({ text: 'x'.repeat(100_000) }))
    expect(made(rig)).toEqual([[id, 'a.b', 1]])
  })

  it('has large events read elsewhere, and small ones beside them here', async () => {
    await using rig = openRig()
    const all = await rig.endpoint(url)
    const large = await rig.endpoint(url, { filter })
    const data = (amount: number) => JSON.stringify({ text: 'x'.repeat(100_000), amount })
    await rig.beat()
    for (const text of [data(99), '{"amount":100}', data(100), '{"amount":1}', data(101)]) await rig.append('a.b', text)
    const read: number[] = []
    const reader = readHere([fanOut])
    const call = { follower: 'fan-out', owner: rig.processId, upTo: Number.MAX_SAFE_INTEGER, limit: 10_000 }
    const counting: typeof reader = {
      ...reader,
      read: (name, events, settings, limitMs) => {
        read.push(...events.map(({ data }) => data?.length ?? 0))
        return reader.read(name, events, settings, limitMs)
      },
    }
    await advanceReading(rig.storage.commit, advance, { ...call, now: rig.clock.now() }, counting)
    expect(read).toEqual([data(99).length, data(100).length, data(101).length])
    expect(made(rig)).toEqual(
      [
        [all.id, 'a.b', 5],
        [large.id, 'a.b', 3],
      ].sort(),
    )
  })
})

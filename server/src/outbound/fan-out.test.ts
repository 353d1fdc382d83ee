import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId } from '../base/id.ts'
import { ownEvent } from '../events/own-event.ts'
import type { EndpointChanges } from './endpoint-store.ts'
import { openRig, type Rig } from './exercise-deliverer.ts'
import { updateEndpoint } from './keep-endpoint.ts'

const url = 'http://127.0.0.1:1/'
const made = (rig: Rig) =>
  rig.storage
    .sql('SELECT endpoint_id, event_type, count(*) AS n FROM deliveries GROUP BY 1, 2 ORDER BY 1, 2')
    .map((row) => [row.endpoint_id, row.event_type, row.n])

function change({ storage, clock }: Rig, id: string, changes: EndpointChanges) {
  const now = clock.now()
  const workspaceId = defaultWorkspaceId
  const news = ownEvent({ workspaceId, customer: null, type: 'endpoint.updated', subject: id, data: {}, now })
  return storage.commit(updateEndpoint, { workspaceId, id, changes, now, news })
}

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

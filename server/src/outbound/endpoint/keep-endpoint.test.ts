import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId } from '../../base/id.ts'
import { ownEvent } from '../../events/own-event.ts'
import { openRig, type Rig } from '../exercise-deliverer.ts'
import type { EndpointChanges } from './endpoint-store.ts'
import { deleteEndpoint, updateEndpoint } from './keep-endpoint.ts'

const url = 'http://127.0.0.1:1/'
const news = (type: string, id: string, now: number) =>
  ownEvent({ workspaceId: defaultWorkspaceId, customer: null, type, subject: id, data: { id }, now })

function update(rig: Rig, id: string, changes: EndpointChanges, workspaceId = defaultWorkspaceId) {
  const now = rig.clock.now()
  return rig.storage.commit(updateEndpoint, { workspaceId, id, changes, now, news: news('endpoint.updated', id, now) })
}

function remove(rig: Rig, id: string, workspaceId = defaultWorkspaceId) {
  const now = rig.clock.now()
  return rig.storage.commit(deleteEndpoint, { workspaceId, id, now, news: news('endpoint.deleted', id, now) })
}

const log = (rig: Rig) => rig.storage.sql('SELECT seq, type, customer, subject FROM events ORDER BY seq')

describe('an endpoint', () => {
  it('is made with a lane, and its place in the log is where the news of it stands', async () => {
    await using rig = openRig()
    await rig.endpoint(url)
    const { id, afterSeq } = await rig.endpoint(url, { customer: 'acme', status: 'paused' })
    expect(afterSeq).toBe(log(rig)[1]?.seq)
    expect(rig.lane(id)).toMatchObject({
      state: 'paused',
      customer: 'acme',
      owner: null,
      next_due: null,
      generation: 0,
    })
  })

  it('is changed with its lane, and the news says whose it is', async () => {
    await using rig = openRig()
    const { id } = await rig.endpoint(url, { customer: 'acme' })
    rig.clock.advance(1000)
    expect(await update(rig, id, { status: 'paused', concurrency: 7 })).toMatchObject({
      status: 'paused',
      concurrency: 7,
      url,
      updatedAt: rig.clock.now(),
    })
    expect(rig.lane(id)?.state).toBe('paused')
    expect(log(rig).at(-1)).toMatchObject({ type: 'trunkline.endpoint.updated', customer: 'acme', subject: id })
  })

  it('keeps its lane as it is when something else is changed', async () => {
    await using rig = openRig()
    const { id } = await rig.endpoint(url)
    await update(rig, id, { description: 'orders' })
    expect(rig.lane(id)).toMatchObject({ state: 'active', next_due: null })
  })

  it('is gone once it is deleted, and the news says whose it was', async () => {
    await using rig = openRig()
    const { id } = await rig.endpoint(url, { customer: 'acme' })
    await remove(rig, id)
    expect(await rig.storage.reads.endpoints.read(defaultWorkspaceId, id)).toBeUndefined()
    expect(rig.lane(id)?.state).toBe('deleted')
    expect(log(rig).at(-1)).toMatchObject({ type: 'trunkline.endpoint.deleted', customer: 'acme', subject: id })
    await expect(remove(rig, id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(update(rig, id, { status: 'active' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('of another workspace can be neither changed nor deleted, and nothing is said in the log', async () => {
    await using rig = openRig()
    const { id } = await rig.endpoint(url)
    const before = log(rig)
    await expect(update(rig, id, { status: 'disabled' }, 'ws_other')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(remove(rig, id, 'ws_other')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(log(rig)).toEqual(before)
    expect(rig.lane(id)?.state).toBe('active')
    expect((await rig.storage.reads.endpoints.read(defaultWorkspaceId, id))?.status).toBe('active')
  })
})

import { describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { ownEvent } from '../events/own-event.ts'
import { openTestStorage } from '../exercise-storage.ts'
import { updateEndpoint } from './endpoint/keep-endpoint.ts'
import { openReceiver, openRig, type Rig, status, until } from './exercise-deliverer.ts'
import { pauseDeliveries, resumeDeliveries } from './lane/pause.ts'

const told = (rig: Rig, type: string) =>
  rig.storage
    .sql('SELECT data FROM events WHERE type = ?', `trunkline.${type}`)
    .map((row) => JSON.parse(String(row.data)))

const second = 1000

describe('an endpoint that fails', () => {
  it('is left alone after ten failures, probed with an event that waits, and gets its queue when it is well again', async () => {
    await using rig = openRig()
    let isDown = true
    await using receiver = await openReceiver((response) => response.writeHead(isDown ? 400 : 200).end())
    const endpoint = await rig.endpoint(receiver.url, { concurrency: 1 })
    await rig.send('a.b', 40)
    await until('it was called ten times', () => receiver.arrivals.length === 10)
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(10)
    expect(told(rig, 'endpoint.failing')).toEqual([
      expect.objectContaining({ id: endpoint.id, attempts: 10, failed: 10 }),
    ])
    await rig.pass(29 * second)
    expect(receiver.arrivals).toHaveLength(10)
    await rig.pass(second)
    expect(receiver.arrivals, 'one probe').toHaveLength(11)
    await rig.pass(59 * second)
    expect(receiver.arrivals).toHaveLength(11)
    isDown = false
    await rig.pass(second)
    await until('the whole queue follows', () => (rig.counts()[2] as number) >= 29)
    expect(told(rig, 'endpoint.recovered')).toHaveLength(1)
    expect(told(rig, 'endpoint.failing')).toHaveLength(1)
    expect(JSON.parse(String(rig.lane(endpoint.id)?.condition ?? '{}')).breaker).toBeUndefined()
  })

  it('is probed once, not once by each process: what was learned is taken over', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    const first = openRig({ storage, clock })
    await using second = openRig({ storage, clock })
    await using receiver = await openReceiver(status(500))
    const endpoint = await first.endpoint(receiver.url, { concurrency: 1 })
    await first.send('a.b', 30)
    await until('its breaker is open', () => told(first, 'endpoint.failing').length === 1)
    await first.quiet()
    const before = receiver.arrivals.length
    await second.beat()
    await second.strike(first.processId)
    for (let i = 0; i < 29; i++) await second.pass(1000)
    expect(receiver.arrivals).toHaveLength(before)
    await second.pass(1000)
    await second.pass(1000)
    expect(receiver.arrivals).toHaveLength(before + 1)
    expect(second.lane(endpoint.id)).toMatchObject({ owner: second.processId, generation: expect.any(Number) })
    // It comes back, and knows nothing of its own any more.
    await first.pass(1000)
    expect(receiver.arrivals).toHaveLength(before + 1)
    await first.deliverer.drain()
  })

  it('is called at once when somebody sets it right', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, i) => response.writeHead(i < 10 ? 400 : 200).end())
    const { id } = await rig.endpoint(receiver.url, { concurrency: 1 })
    await rig.send('a.b', 12)
    await until('its breaker is open', () => told(rig, 'endpoint.failing').length === 1)
    await rig.quiet()
    await rig.pass(1000)
    expect(receiver.arrivals).toHaveLength(10)
    const now = rig.clock.now()
    const news = ownEvent({
      workspaceId: defaultWorkspaceId,
      customer: null,
      type: 'endpoint.updated',
      subject: id,
      data: { id, changed: [] },
      now,
    })
    await rig.storage.commit(updateEndpoint, {
      workspaceId: defaultWorkspaceId,
      id,
      changes: { status: 'active' },
      now,
      news,
    })
    rig.deliverer.review([id])
    await until('the two that were not tried arrive', () => receiver.arrivals.length === 12)
  })

  it('is disabled after five days of nothing else', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(503))
    const endpoint = await rig.endpoint(receiver.url, {
      concurrency: 1,
      retry: { delaysSeconds: Array(15).fill(12 * 3600) },
    })
    await rig.send('a.b', 2)
    for (let i = 0; i < 12; i++) {
      await rig.quiet()
      rig.clock.advance(13 * 3600 * second)
      await rig.pass(0)
      await rig.pass(5 * 60 * second)
    }
    const [row] = rig.storage.sql('SELECT status, status_reason FROM endpoints WHERE id = ?', endpoint.id)
    expect(row).toEqual({ status: 'disabled', status_reason: 'every attempt has failed for 5 days' })
    expect(told(rig, 'endpoint.disabled')).toEqual([
      { id: endpoint.id, url: new URL(receiver.url).origin, reason: 'every attempt has failed for 5 days' },
    ])
  })
})

describe('an endpoint that answers 429', () => {
  it('is left alone as a whole for as long as it asks', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, i) =>
      i === 0 ? response.writeHead(429, { 'retry-after': '20' }).end() : response.end(),
    )
    const endpoint = await rig.endpoint(receiver.url, { concurrency: 1 })
    await rig.send('a.b', 5)
    await rig.quiet()
    await rig.pass(19 * second)
    expect(receiver.arrivals).toHaveLength(1)
    expect(JSON.parse(String(rig.lane(endpoint.id)?.condition))).toMatchObject({ heldUntil: rig.clock.now() + second })
    await rig.pass(second)
    await until('the rest follows', () => receiver.arrivals.length >= 5)
  })
})

describe('a workspace whose deliveries are paused', () => {
  it('gets nothing, also what was claimed already, keeps its queue over a restart, and goes on', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    const first = openRig({ storage, clock })
    await using second = openRig({ storage, clock })
    await using receiver = await openReceiver((response, _, i) => void (i > 0 && response.end()))
    const endpoint = await first.endpoint(receiver.url, { concurrency: 2 })
    await first.send('a.b', 1)
    await until('the first is on the wire', () => receiver.open.length === 1)
    await storage.commit(pauseDeliveries, { workspaceId: defaultWorkspaceId, now: clock.now() })
    await first.send('a.b', 5)
    for (let i = 0; i < 3; i++)
      await first
        .beat()
        .then(() => clock.advance(500))
        .then(() => first.deliverer.tick())
    receiver.open[0]?.end()
    await first.pass(1000)
    await first.deliverer.drain()
    for (let i = 0; i < 3; i++) await second.pass(1000)
    expect(receiver.arrivals).toHaveLength(1)
    expect(second.counts()).toEqual({ 0: 5, 2: 1 })
    expect(second.lane(endpoint.id)).toMatchObject({ owner: null, state: 'active' })
    await storage.commit(resumeDeliveries, { workspaceId: defaultWorkspaceId })
    await second.pass(100)
    await until('all have arrived', () => second.counts()[2] === 6)
  })
})

describe('a fault of ours', () => {
  it('says nothing of the endpoint', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    await rig.publish('a.b', 12)
    rig.storage.sql('DELETE FROM events WHERE type = ?', 'a.b')
    rig.deliverer.wake([endpoint.id])
    await rig.quiet()
    expect(rig.lane(endpoint.id)?.condition).toBeNull()
  })
})

describe('an endpoint with a rate', () => {
  it('gets no more than that, the rest evenly, also when another process takes over', async () => {
    const storage = openTestStorage()
    const clock = fakeClock()
    const first = openRig({ storage, clock })
    await using second = openRig({ storage, clock })
    await using receiver = await openReceiver()
    await first.endpoint(receiver.url, { rateLimit: { limit: 6, per: 'minute' } })
    await first.send('a.b', 20)
    await first.quiet()
    expect(receiver.arrivals).toHaveLength(1)
    for (let i = 0; i < 30; i++) await first.pass(1000)
    expect(receiver.arrivals).toHaveLength(4)
    await first.deliverer.drain()
    for (let i = 0; i < 60; i++) await second.pass(1000)
    expect(receiver.arrivals).toHaveLength(10)
  })

  it('without one, and well, leaves no trace of what was learned', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    await rig.send('a.b', 50)
    await until('all have arrived', () => rig.counts()[2] === 50)
    expect(rig.lane(endpoint.id)?.condition).toBeNull()
  })
})

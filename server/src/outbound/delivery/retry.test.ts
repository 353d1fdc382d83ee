import { expect, it } from 'vitest'
import { defaultWorkspaceId } from '../../base/id.ts'
import { hang, openReceiver, openRig, type Rig, status, until } from '../exercise-deliverer.ts'
import { retryDelivery } from './retry.ts'

const retry = async (rig: Rig, id: string, workspaceId = defaultWorkspaceId) => {
  const { delivery, isToReview } = await rig.storage.commit(retryDelivery, { workspaceId, id, now: rig.clock.now() })
  if (isToReview) rig.deliverer.review([delivery.endpointId])
  return delivery
}

it('makes a delivery that waits for its next attempt due at once', async () => {
  await using rig = openRig()
  await using receiver = await openReceiver((response, _, index) => response.writeHead(index === 0 ? 500 : 200).end())
  await rig.endpoint(receiver.url)
  const [event = ''] = await rig.send('a.b')
  await rig.quiet()
  const { id, endpointId } = await rig.delivery(event)
  expect(await retry(rig, id)).toMatchObject({
    id,
    status: 'pending',
    dueAt: rig.clock.now(),
    cause: null,
    endedAt: null,
  })
  rig.deliverer.wake([endpointId])
  await rig.quiet()
  expect(await rig.delivery(event)).toMatchObject({ status: 'success', attempts: 2 })
})

it('sends again what succeeded: the receiver may have lost it', async () => {
  await using rig = openRig()
  await using receiver = await openReceiver()
  await rig.endpoint(receiver.url)
  const [event = ''] = await rig.send('a.b')
  await rig.quiet()
  const { id, endpointId } = await rig.delivery(event)
  await retry(rig, id)
  rig.deliverer.wake([endpointId])
  await rig.quiet()
  expect(receiver.arrivals.map((each) => each.id)).toEqual([event, event])
})

it('while an attempt is on the wire does not make a second one beside it', async () => {
  await using rig = openRig()
  await using receiver = await openReceiver(hang)
  await rig.endpoint(receiver.url)
  const [event = ''] = await rig.send('a.b')
  await until('it is on the wire', () => receiver.open.length === 1)
  const { id, endpointId } = await rig.delivery(event)
  await retry(rig, id)
  rig.deliverer.wake([endpointId])
  rig.deliverer.tick()
  receiver.open[0]?.end()
  await rig.quiet()
  expect(receiver.arrivals).toHaveLength(1)
  expect(await rig.delivery(event)).toMatchObject({ status: 'success', attempts: 1 })
})

it('has an endpoint tried at once that is called by probes only, once for each time that somebody asks', async () => {
  await using rig = openRig()
  let isWell = false
  await using receiver = await openReceiver((response) => response.writeHead(isWell ? 200 : 500).end())
  const { id: endpoint } = await rig.endpoint(receiver.url, { concurrency: 1, retry: { delaysSeconds: [3600] } })
  const [event = ''] = await rig.send('a.b', 12)
  const breaker = () => JSON.parse(String(rig.lane(endpoint)?.condition ?? '{}')).breaker
  await until('its breaker is open', () => breaker() !== undefined)
  await rig.pass(1000)
  const { id } = await rig.delivery(event)
  await retry(rig, id)
  await rig.quiet()
  await rig.pass(100)
  expect(receiver.arrivals).toHaveLength(11)
  // It failed: the next probe comes by itself after twice as long, or when somebody asks again.
  expect(breaker()).toMatchObject({ waitMs: 60_000 })
  expect(breaker().askedAt).toBeUndefined()
  await rig.pass(1000)
  expect(receiver.arrivals).toHaveLength(11)
  isWell = true
  await retry(rig, id)
  await until('all that is due has arrived', () => rig.counts()[2] === 2)
  expect(breaker()).toBeUndefined()
})

it('wakes a lane that nobody holds', async () => {
  await using rig = openRig()
  await using receiver = await openReceiver()
  await rig.endpoint(receiver.url)
  const [event = ''] = await rig.send('a.b')
  await rig.quiet()
  for (let i = 0; i < 32; i++) await rig.pass(1000)
  await retry(rig, (await rig.delivery(event)).id)
  await rig.pass(100)
  expect(receiver.arrivals).toHaveLength(2)
})

it('is refused for an endpoint that is disabled or deleted, and says why', async () => {
  await using rig = openRig()
  await using receiver = await openReceiver(status(410))
  const endpoint = await rig.endpoint(receiver.url)
  const [event = ''] = await rig.send('a.b')
  await rig.quiet()
  const { id } = await rig.delivery(event)
  await expect(retry(rig, id)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/is disabled \(the receiver answered 410 Gone\); set its status/),
  })
  rig.storage.sql('UPDATE endpoints SET deleted_at = 1 RETURNING id')
  await expect(retry(rig, id)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(endpoint.id),
  })
  expect((await rig.delivery(event)).status).toBe('failed')
})

it('of another workspace finds nothing', async () => {
  await using rig = openRig()
  await rig.endpoint('http://127.0.0.1:1/')
  const { ids } = await rig.publish('a.b')
  const { id } = await rig.delivery(ids[0] ?? '')
  await expect(retry(rig, id, 'ws_other')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(retry(rig, 'dlv_none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

import { describe, expect, it } from 'vitest'
import { hang, openReceiver, openRig, type Rig, status, until } from '../exercise-deliverer.ts'

const news = (rig: Rig) =>
  rig.storage
    .sql(`SELECT type, customer, subject, data FROM events WHERE type LIKE 'trunkline.delivery.%' ORDER BY seq`)
    .map(({ data, customer, ...row }) => ({ ...row, customer, data: JSON.parse(String(data)) }))

describe('a delivery whose last attempt fails', () => {
  it('is told as an event in the same moment, once, with what is needed to read it', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(500))
    const endpoint = await rig.endpoint(receiver.url, { retry: { delaysSeconds: [60] } })
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(news(rig)).toEqual([])
    await rig.pass(80_000)
    const delivery = await rig.delivery(id)
    expect(delivery.status).toBe('failed')
    expect(news(rig)).toEqual([
      {
        type: 'trunkline.delivery.exhausted',
        customer: null,
        subject: delivery.id,
        data: {
          id: delivery.id,
          endpointId: endpoint.id,
          eventId: id,
          eventType: 'a.b',
          customer: null,
          attempts: 2,
          cause: 'SERVER_ERROR',
          createdAt: new Date(delivery.createdAt).toISOString(),
        },
      },
    ])
  })

  it('is told to its endpoint’s customer, and not to the event’s where the endpoint is nobody’s', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(500))
    for (const customer of [null, 'acme'])
      await rig.endpoint(receiver.url, { retry: { delaysSeconds: [] }, eventTypes: ['a.*'], customer })
    await rig.append('a.b', '1', 'acme')
    rig.deliverer.wake(await rig.fanOut())
    await rig.quiet()
    const told = news(rig).map(({ customer, data }) => [customer, data.customer])
    expect(told.sort()).toEqual([
      [null, 'acme'],
      ['acme', 'acme'],
    ])
  })

  it('reaches an endpoint that asked for it, and makes no news of news when that one fails too', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(500))
    await rig.endpoint(receiver.url, { retry: { delaysSeconds: [] }, eventTypes: ['a.*', 'trunkline.delivery.*'] })
    await rig.send('a.b')
    await rig.quiet()
    rig.deliverer.wake(await rig.fanOut())
    await rig.quiet()
    expect(receiver.arrivals.map(({ body }) => JSON.parse(body).type)).toEqual(['a.b', 'trunkline.delivery.exhausted'])
    expect(await rig.fanOut()).toEqual([])
    expect(news(rig)).toHaveLength(1)
  })

  it('is not told when it succeeds, when its endpoint is disabled, or when it had ended meanwhile', async () => {
    await using rig = openRig()
    await using fine = await openReceiver()
    await using gone = await openReceiver(status(410))
    await using hanging = await openReceiver(hang)
    await rig.endpoint(fine.url, { eventTypes: ['fine'] })
    await rig.endpoint(gone.url, { eventTypes: ['gone'] })
    await rig.endpoint(hanging.url, { eventTypes: ['ended'], retry: { delaysSeconds: [] } })
    for (const type of ['fine', 'gone', 'ended']) await rig.send(type)
    await until('all are called', () => fine.arrivals.length + gone.arrivals.length + hanging.open.length === 3)
    rig.storage.sql(`UPDATE deliveries SET status = 3, cause = 'ERASED' WHERE event_type = 'ended' RETURNING id`)
    hanging.open[0]?.writeHead(500).end()
    await rig.quiet()
    expect(rig.counts()).toEqual({ 2: 1, 3: 2 })
    expect(news(rig)).toEqual([])
  })
})

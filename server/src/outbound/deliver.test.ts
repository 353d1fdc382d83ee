import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { ownEvent } from '../events/own-event.ts'
import { retryDelivery } from './delivery/retry.ts'
import { retryDelaysMs } from './delivery/schedule.ts'
import { sealHeaders } from './endpoint/custom-headers.ts'
import type { Endpoint } from './endpoint/endpoint.ts'
import type { EndpointChanges } from './endpoint/endpoint-store.ts'
import { deleteEndpoint, updateEndpoint } from './endpoint/keep-endpoint.ts'
import { sendTrial } from './endpoint/trial.ts'
import { hang, openReceiver, openRig, type Rig, status, until } from './exercise-deliverer.ts'
import { sign } from './signature/exercise-sign.ts'
import { rotated } from './signature/rotate-secret.ts'
import { makeSigningSecret, signingSecret } from './signature/signing-secret.ts'

const minute = 60_000

function change({ storage, clock }: Rig, { id }: Endpoint, changes: EndpointChanges) {
  const news = {
    workspaceId: defaultWorkspaceId,
    customer: null,
    type: 'endpoint.updated',
    subject: id,
    data: {},
    now: clock.now(),
  }
  return storage.commit(updateEndpoint, {
    workspaceId: defaultWorkspaceId,
    id,
    changes,
    now: clock.now(),
    news: ownEvent(news),
  })
}

function remove({ storage, clock }: Rig, { id }: Endpoint) {
  const news = {
    workspaceId: defaultWorkspaceId,
    customer: null,
    type: 'endpoint.deleted',
    subject: id,
    data: {},
    now: clock.now(),
  }
  return storage.commit(deleteEndpoint, { workspaceId: defaultWorkspaceId, id, now: clock.now(), news: ownEvent(news) })
}

describe('a delivery', () => {
  it('is sent once, signed, with the id of its event, and ends as a success', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(200, { 'x-seen': 'yes' }, 'thank you'))
    const endpoint = await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('invoice.paid', 1, '{"total":12345678901234567890}')
    await rig.quiet()

    const [arrival] = receiver.arrivals
    expect(receiver.arrivals).toHaveLength(1)
    expect(arrival?.id).toBe(id)
    expect(arrival?.body).toBe(
      `{"type":"invoice.paid","timestamp":"${new Date(rig.clock.now()).toISOString()}","data":{"total":12345678901234567890}}`,
    )
    const headers = arrival?.headers as Record<string, string>
    // The published verifier reads the time of this machine, which stands elsewhere: it is set to the attempt's.
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(rig.clock.now() / 1000)))
    expect(new Webhook(endpoint.secret).sign(id, new Date(rig.clock.now()), arrival?.body ?? '')).toBe(
      headers['webhook-signature'],
    )
    expect(await rig.delivery(id)).toMatchObject({
      status: 'success',
      attempts: 1,
      cause: null,
      endedAt: rig.clock.now(),
      history: [{ number: 1, status: 200, cause: null, responseBody: 'thank you' }],
    })
  })

  it('that fails is attempted ten times at the times of the schedule, with one webhook-id, and then given up', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(500))
    await rig.endpoint(receiver.url)
    const begin = rig.clock.now()
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    const sentAt = [0]
    for (const delay of retryDelaysMs) {
      await rig.pass(delay - 1)
      expect(receiver.arrivals).toHaveLength(sentAt.length)
      await rig.pass(1)
      sentAt.push(rig.clock.now() - begin)
      expect(receiver.arrivals).toHaveLength(sentAt.length)
    }
    await rig.pass(48 * 60 * minute)

    expect(sentAt.at(-1)).toBe(((75 * 60 + 35) * 60 + 5) * 1000)
    expect(receiver.arrivals).toHaveLength(10)
    expect(new Set(receiver.arrivals.map((each) => each.id))).toEqual(new Set([id]))
    expect(new Set(receiver.arrivals.map((each) => each.body)).size).toBe(1)
    expect(new Set(receiver.arrivals.map((each) => each.headers['webhook-timestamp'])).size).toBe(10)
    const delivery = await rig.delivery(id)
    expect(delivery).toMatchObject({ status: 'failed', attempts: 10, cause: 'SERVER_ERROR' })
    expect(delivery.history.map((each) => each.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('is attempted again when its receiver asked for it, if that is later than the schedule', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(429, { 'retry-after': '90' }))
    await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await rig.quiet()
    await rig.pass(89_999)
    expect(receiver.arrivals).toHaveLength(1)
    await rig.pass(1)
    expect(receiver.arrivals).toHaveLength(2)
  })

  it('carries the headers of its endpoint, and ours above them', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    const headers = { Authorization: 'Bearer abc', 'x-team': 'orders', 'webhook-id': 'forged', 'user-agent': 'forged' }
    const sealedHeaders = sealHeaders(headers, endpoint, rig.seal)
    await rig.change(endpoint.id, { sealedHeaders })
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(receiver.arrivals[0]?.headers).toMatchObject({ authorization: 'Bearer abc', 'x-team': 'orders' })
    expect(receiver.arrivals[0]?.headers).toMatchObject({
      'webhook-id': id,
      'user-agent': expect.stringMatching(/^Trunk/),
    })
    expect(JSON.stringify(await rig.delivery(id))).not.toContain('Bearer abc')
  })

  it('that is a trial with an example has the example’s type for its receiver', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const { id: endpointId } = await rig.endpoint(receiver.url)
    const workspaceId = defaultWorkspaceId
    const now = rig.clock.now()
    const made = {
      ...ownEvent({ workspaceId, customer: null, type: 'test.a.b', subject: endpointId, data: { n: 1 }, now }),
    }
    const deliveryId = newId('delivery', now)
    await rig.storage.commit(sendTrial, { workspaceId, endpointId, deliveryId, event: made, now })
    rig.deliverer.wake([endpointId])
    await rig.quiet()
    expect(JSON.parse(receiver.arrivals[0]?.body ?? '')).toMatchObject({ type: 'a.b', data: { n: 1 } })
    expect(await rig.delivery(made.id)).toMatchObject({
      id: deliveryId,
      status: 'success',
      eventType: 'trunkline.test.a.b',
    })
  })

  it('that succeeds for the first time verifies the URL of its endpoint, until that is another', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, index) => response.writeHead(index === 0 ? 500 : 200).end())
    const { id } = await rig.endpoint(receiver.url)
    const verifiedAt = async () => (await rig.storage.reads.endpoints.read(defaultWorkspaceId, id))?.verifiedAt
    await rig.send('a.b')
    await rig.quiet()
    expect(await verifiedAt()).toBeNull()
    await rig.pass(5000)
    const first = rig.clock.now()
    expect(await verifiedAt()).toBe(first)
    rig.clock.advance(1000)
    await rig.send('a.b')
    await rig.quiet()
    expect(await verifiedAt()).toBe(first)
  })

  it('is attempted as often, and when, its endpoint wants it', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(500))
    await rig.endpoint(receiver.url, { retry: { delaysSeconds: [0, 90] } })
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    await rig.pass(0)
    expect(receiver.arrivals).toHaveLength(2)
    await rig.pass(89_999)
    expect(receiver.arrivals).toHaveLength(2)
    await rig.pass(1)
    expect(receiver.arrivals).toHaveLength(3)
    expect(await rig.delivery(id)).toMatchObject({ status: 'failed', attempts: 3, cause: 'SERVER_ERROR' })
  })

  it('is given up when its endpoint has waited long enough for the answer', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(hang)
    await rig.endpoint(receiver.url, { timeoutMs: 40, retry: { delaysSeconds: [] } })
    const [id = ''] = await rig.send('a.b')
    await until('it is given up', () => rig.deliverer.isIdle())
    await rig.quiet()
    expect(await rig.delivery(id)).toMatchObject({ status: 'failed', attempts: 1, cause: 'RESPONSE_TIMEOUT' })
  })

  it('is not followed to where a redirect points', async () => {
    await using rig = openRig()
    await using elsewhere = await openReceiver()
    await using receiver = await openReceiver(status(307, { location: elsewhere.url }))
    await rig.endpoint(receiver.url, { eventTypes: ['a.b'] })
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(elsewhere.arrivals).toHaveLength(0)
    expect(await rig.delivery(id)).toMatchObject({ status: 'pending', cause: 'REDIRECT' })
  })

  it('that nobody listens to is attempted again', async () => {
    await using rig = openRig()
    await rig.endpoint('http://127.0.0.1:1/')
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(await rig.delivery(id)).toMatchObject({
      status: 'pending',
      cause: 'CONNECT_REFUSED',
      dueAt: rig.clock.now() + 5000,
      history: [{ number: 1, status: null }],
    })
  })

  it('that has failed for good gets a new round of tries by hand, its attempts counted on', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, index) => response.writeHead(index < 10 ? 503 : 200).end())
    await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    for (const delay of retryDelaysMs) await rig.pass(delay)
    const failed = await rig.delivery(id)
    expect(failed.status).toBe('failed')

    const again = { workspaceId: defaultWorkspaceId, id: failed.id, now: rig.clock.now() }
    await rig.storage.commit(retryDelivery, again)
    rig.deliverer.wake([failed.endpointId])
    await rig.quiet()
    expect(await rig.delivery(id)).toMatchObject({ status: 'success', attempts: 11 })
    expect(receiver.arrivals.at(-1)?.id).toBe(id)
  })
})

describe('an endpoint', () => {
  it('that answers 410 is disabled, and what waits for it ends', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(410))
    const endpoint = await rig.endpoint(receiver.url, { concurrency: 1 })
    await rig.endpoint('http://127.0.0.1:1/', { eventTypes: ['trunkline.*'] })
    const ids = await rig.send('a.b', 700)
    await rig.quiet()
    await rig.pass(100)

    expect(receiver.arrivals).toHaveLength(1)
    expect(await rig.storage.reads.endpoints.read(defaultWorkspaceId, endpoint.id)).toMatchObject({
      status: 'disabled',
      statusReason: 'the receiver answered 410 Gone',
    })
    const ends = await Promise.all(ids.map((id) => rig.delivery(id)))
    expect(ends.map((each) => each.status)).toEqual(ids.map(() => 'failed'))
    expect(ends.filter((each) => each.cause === 'GONE')).toHaveLength(1)
    expect(ends.filter((each) => each.cause === 'ENDPOINT_DISABLED')).toHaveLength(699)
    const news = (
      await rig.storage.reads.log.listEvents(defaultWorkspaceId, { type: 'trunkline.*' }, { after: null, limit: 9 })
    ).rows
    expect(news.map((each) => each.type)).toContain('trunkline.endpoint.disabled')
  })

  it('that is paused keeps its queue and is not called; once it is active again, all of it is sent', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    await change(rig, endpoint, { status: 'paused' })
    rig.deliverer.wake([endpoint.id])
    await rig.send('a.b', 20)
    await rig.quiet()
    for (let i = 0; i < 5; i++) await rig.pass(minute)
    expect(receiver.arrivals).toHaveLength(0)
    expect(rig.counts()).toEqual({ 0: 20 })
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: null, state: 'paused' })

    await change(rig, endpoint, { status: 'active' })
    rig.deliverer.wake([endpoint.id])
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(20)
    expect(rig.counts()).toEqual({ 2: 20 })
  })

  it('that is paused between two attempts is called again only when it is active', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, index) => response.writeHead(index === 0 ? 500 : 200).end())
    const endpoint = await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await rig.quiet()
    await change(rig, endpoint, { status: 'paused' })
    rig.deliverer.wake([endpoint.id])
    await rig.pass(10_000)
    await rig.pass(10_000)
    expect(receiver.arrivals).toHaveLength(1)
    await change(rig, endpoint, { status: 'active' })
    // Nobody wakes the engine: it finds the lane by itself.
    await rig.pass(100)
    expect(receiver.arrivals).toHaveLength(2)
  })

  it('whose URL is changed gets the next attempt at the new one', async () => {
    await using rig = openRig()
    await using before = await openReceiver(status(500))
    await using after = await openReceiver()
    const endpoint = await rig.endpoint(before.url)
    const [id] = await rig.send('a.b')
    await rig.quiet()
    await change(rig, endpoint, { url: after.url })
    await rig.pass(5000)
    expect(before.arrivals).toHaveLength(1)
    expect(after.arrivals.map((each) => each.id)).toEqual([id])
  })

  it('that is deleted gets nothing more, and its queue ends batch by batch', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    const { lanes } = await rig.publish('a.b', 1200)
    await remove(rig, endpoint)
    rig.deliverer.wake(lanes)
    await rig.quiet()
    await rig.pass(100)
    expect(receiver.arrivals).toHaveLength(0)
    expect(rig.storage.sql('SELECT status, cause, count(*) AS n FROM deliveries GROUP BY status, cause')).toEqual([
      { status: 3, cause: 'ENDPOINT_DELETED', n: 1200 },
    ])
    expect(rig.lane(endpoint.id)?.next_due).toBeNull()
  })

  it('that is deleted while it is called stays deleted, whatever it answers', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(hang)
    const endpoint = await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('a.b')
    await until('it is called', () => receiver.open.length === 1)
    await remove(rig, endpoint)
    rig.deliverer.tick()
    await until('its queue is ended', () => rig.counts()[3] === 1)
    receiver.open[0]?.writeHead(500).end()
    await rig.quiet()
    await rig.pass(5000)
    await rig.pass(5000)
    expect(receiver.arrivals).toHaveLength(1)
    expect(await rig.delivery(id)).toMatchObject({ status: 'failed', cause: 'ENDPOINT_DELETED' })
    expect(rig.lane(endpoint.id)).toMatchObject({ owner: null, next_due: null })
  })

  it('that was deleted by a process that died is found, and its queue ended', async () => {
    await using rig = openRig()
    await rig.pass(100)
    const endpoint = await rig.endpoint('http://127.0.0.1:1/')
    await rig.publish('a.b', 3)
    await remove(rig, endpoint)
    await rig.pass(9000)
    expect(rig.counts()).toEqual({ 0: 3 })
    await rig.pass(1000)
    expect(rig.counts()).toEqual({ 3: 3 })
  })
})

describe('how a delivery is signed', () => {
  it('is what its endpoint asked for, on the wire', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const signatures = ['standard', 'ed25519', 'svix', 'stripe', 'github', 'opencom', 'remotedev'] as const
    const { secret } = await rig.endpoint(receiver.url, { signatures })
    const [eventId = ''] = await rig.send('invoice.paid')
    await rig.quiet()

    const { id: deliveryId } = await rig.delivery(eventId)
    const [arrival] = receiver.arrivals
    const secrets = [signingSecret(secret)] as const
    const message = { eventId, deliveryId, eventType: 'invoice.paid', attempts: 0, atMs: rig.clock.now() }
    const proof = sign({ ...message, body: arrival?.bytes ?? Buffer.alloc(0) }, signatures, {
      ...{ secrets, privateKey: rig.signing.privateKey },
    })
    expect(arrival?.headers).toMatchObject({ ...proof, 'user-agent': 'RemoteDevAI-Webhooks/1.0' })
    expect(Object.keys(proof)).toHaveLength(16)
  })

  it('is with the former secret too until that ends, and with the new one alone from then on', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const endpoint = await rig.endpoint(receiver.url)
    const secret = makeSigningSecret()
    const changes = rotated(endpoint, secret, { seal: rig.seal, now: rig.clock.now(), overlapMs: minute })
    await change(rig, endpoint, changes)
    await rig.send('a.b')
    await rig.quiet()
    await rig.pass(minute)
    await rig.send('a.b')
    await rig.quiet()

    const accepted = receiver.arrivals.map(({ headers, body }) =>
      [secret, endpoint.secret].map((each) => {
        const { 'webhook-id': id = '', 'webhook-timestamp': time, 'webhook-signature': list = '' } = headers
        const proof = new Webhook(each).sign(String(id), new Date(Number(time) * 1000), body)
        return String(list).split(' ').includes(proof)
      }),
    )
    expect(accepted).toEqual([
      [true, true],
      [true, false],
    ])
  })

  it('reaches a receiver that has changed over already, where there is room for one signature, at the second attempt', async () => {
    await using rig = openRig()
    const [former, secret] = [makeSigningSecret(), makeSigningSecret()]
    let known = former
    await using receiver = await openReceiver((response, { headers, bytes }) => {
      const expected = `sha256=${createHmac('sha256', known).update(bytes).digest('hex')}`
      response.writeHead(headers['x-hub-signature-256'] === expected ? 204 : 401).end()
    })
    const created = await rig.endpoint(receiver.url, { signatures: ['github'] })
    const at = { seal: rig.seal, now: rig.clock.now() }
    const endpoint = await change(rig, created, rotated(created, former, { ...at, overlapMs: 0 }))
    await change(rig, endpoint, rotated(endpoint, secret, { ...at, overlapMs: 60 * minute }))

    const [first = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(await rig.delivery(first)).toMatchObject({ status: 'success', attempts: 1 })
    known = secret
    const [second = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(await rig.delivery(second)).toMatchObject({ status: 'pending', attempts: 1 })
    await rig.pass(10_000)
    expect(await rig.delivery(second)).toMatchObject({ status: 'success', attempts: 2 })
  })
})

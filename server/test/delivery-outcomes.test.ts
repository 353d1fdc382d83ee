import { beforeAll, describe, expect, it } from 'vitest'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { type Answering, hang, inTurn, openReceiver, proven, type Receiver, status } from './receiver.ts'
import { createEndpoint, newEvent, startTrunkline, type Trunkline } from './trunkline.ts'
import { acceptedBy, isSignedBy } from './verifiers.ts'

const hour = 60 * 60 * 1000

describe.each(engines)('a delivery from a server on $name', (engine) => {
  let trunkline: Trunkline
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
  })

  /** Publishes one event to an endpoint of its own; answers both and how to read the delivery. */
  async function deliver(answering: Answering, settings: Record<string, unknown> = {}) {
    const { api } = trunkline
    const receiver = await openReceiver(answering)
    const type = newEvent()
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: [type], ...settings })
    const { id: eventId } = (await api.post('/events', { type, data: { n: 1 } })).json
    const read = async () => {
      const { json } = await api.get(`/deliveries?event=${eventId}`)
      return json.data.length === 0 ? undefined : (await api.get(`/deliveries/${json.data[0].id}`)).json
    }
    /** The delivery once this many attempts are recorded. */
    const after = (attempts: number) =>
      eventually(`${attempts} recorded attempts`, async () => {
        const delivery = await read()
        return delivery?.attempts >= attempts && delivery
      })
    return { receiver, endpoint, type, eventId, read, after }
  }

  /** How long after its last attempt a delivery is due again. */
  const waitOf = (delivery: { nextAttemptAt: string; history: { startedAt: string }[] }) =>
    Date.parse(delivery.nextAttemptAt) - Date.parse(delivery.history.at(-1)?.startedAt ?? '')

  it('has its URL checked beforehand with HEAD alone, when that is asked for', async () => {
    const receiver = await openReceiver(status(404))
    const { json } = await trunkline.api.post('/endpoints/check', { url: receiver.url })
    expect(json).toMatchObject({ verdict: 'ok', status: 404, certificate: null })
    const made = await trunkline.api.post('/endpoints', { url: receiver.url, eventTypes: ['nothing'], check: true })
    expect(made.json).toMatchObject({ verified: false, check: { verdict: 'ok' } })
    expect(receiver.arrivals.map(({ method, body }) => [method, body.length])).toEqual([
      ['HEAD', 0],
      ['HEAD', 0],
    ])
  })

  it('that fails is made again after about five seconds: same id, same body, a new signature', async () => {
    const { receiver, endpoint, after } = await deliver(inTurn(status(500, {}, 'no'), status(200)))
    const failed = await after(1)
    expect(failed).toMatchObject({ status: 'retrying', cause: 'SERVER_ERROR', attempts: 1 })
    expect(failed.history).toMatchObject([
      {
        number: 1,
        status: 500,
        cause: 'SERVER_ERROR',
        explanation: 'The receiver failed with a 5xx status.',
        detail: 'the receiver answered 500',
        responseBody: 'no',
        isTruncated: false,
      },
    ])
    expect(waitOf(failed)).toBeGreaterThan(3_900)
    expect(waitOf(failed)).toBeLessThan(6_500)

    const [first, second] = await receiver.has(2)
    expect(second?.id).toBe(first.id)
    expect(second?.body).toEqual(first.body)
    expect(Number(second?.headers['webhook-timestamp'])).toBeGreaterThan(Number(first.headers['webhook-timestamp']))
    expect(second?.headers['webhook-signature']).not.toBe(first.headers['webhook-signature'])
    for (const each of receiver.arrivals) proven(each, endpoint.secret)
    expect(await after(2)).toMatchObject({ status: 'success', cause: null, nextAttemptAt: null })
  })

  it('is accepted by every official verifier, before, during and after the change of its secret', async () => {
    const { api, server } = trunkline
    const signatures = ['standard', 'ed25519', 'svix', 'stripe', 'github']
    const { receiver, endpoint, type } = await deliver(status(204), { signatures })
    const all = ['github', 'standard', 'stripe', 'svix']
    const rotate = (body: object) => api.post(`/endpoints/${endpoint.id}/rotate-secret`, body)
    const next = async () => {
      const count = receiver.arrivals.length
      await api.post('/events', { type, data: { name: 'Zoë' } })
      const arrival = (await receiver.has(count + 1)).at(-1)
      if (!arrival) throw new Error('nothing came')
      return arrival
    }

    const [before] = await receiver.has(1)
    expect(await acceptedBy(before, endpoint.secret)).toEqual(all)
    expect(await isSignedBy(server.url, before)).toBe(true)

    const { secret } = (await rotate({})).json
    const during = await next()
    expect(await acceptedBy(during, endpoint.secret)).toEqual(all)
    // GitHub's header has room for one signature, and the first attempt's is with the former secret.
    expect(await acceptedBy(during, secret)).toEqual(['standard', 'stripe', 'svix'])

    await rotate({ secret, overlapHours: 0 })
    const after = await next()
    expect(await acceptedBy(after, secret)).toEqual(all)
    expect(await acceptedBy(after, endpoint.secret)).toEqual([])
    expect(await isSignedBy(server.url, after)).toBe(true)
    expect(await isSignedBy(server.url, { ...after, body: before.body })).toBe(false)
  })

  it('waits as long as Retry-After asks, but never less than the schedule nor more than a day', async () => {
    const inTwoHours = new Date(Date.now() + 2 * hour).toUTCString()
    const asked: [code: number, retryAfter: string, least: number, most: number][] = [
      [503, '120', 115_000, 125_000],
      [429, '1', 3_900, 6_500],
      [503, inTwoHours, 2 * hour - 10_000, 2 * hour + 10_000],
      [503, '1000000000', 24 * hour - 1000, 24 * hour + 5_000],
      [503, '-1', 3_900, 6_500],
      [503, 'soon', 3_900, 6_500],
    ]
    for (const [code, retryAfter, least, most] of asked) {
      const { after } = await deliver(status(code, { 'retry-after': retryAfter }))
      const delivery = await after(1)
      expect(waitOf(delivery), retryAfter).toBeGreaterThan(least)
      expect(waitOf(delivery), retryAfter).toBeLessThan(most)
      expect(delivery.cause).toBe(code === 429 ? 'RATE_LIMITED' : 'SERVER_ERROR')
    }
  })

  it('follows no redirect', async () => {
    const elsewhere = await openReceiver()
    for (const code of [301, 302, 303, 307, 308]) {
      const { after } = await deliver(status(code, { location: elsewhere.url }))
      expect(await after(1)).toMatchObject({ status: 'retrying', cause: 'REDIRECT' })
    }
    expect(elsewhere.arrivals).toEqual([])
  })

  it('keeps the first 16 KiB of an answer, however long it is', async () => {
    const long = await deliver(status(200, {}, 'a'.repeat(100_000)))
    const kept = (await long.after(1)).history[0]
    expect(kept).toMatchObject({ isTruncated: true, status: 200, cause: null })
    expect(kept.responseBody).toBe('a'.repeat(16 * 1024))

    const endless = await deliver((_, response) => {
      const more = () => {
        while (response.write('b'.repeat(10_000)));
      }
      response.on('drain', more).writeHead(200)
      more()
    })
    expect((await endless.after(1)).history[0]).toMatchObject({ isTruncated: true, status: 200 })
  })

  it('is recorded even when the answer is no text', async () => {
    const bytes = Buffer.from([0x61, 0x00, 0xff, 0xfe, 0xc3, 0x28, 0x62, 0xed, 0xa0, 0x80])
    const { after } = await deliver(status(200, { 'x-odd': 'caf\u00e9 \u00ff' }, bytes))
    const delivery = await after(1)
    expect(delivery.status).toBe('success')
    expect(delivery.history[0].responseBody).toMatch(/^a\ufffd+\(b\ufffd+$/)
    expect(delivery.history[0].responseHeaders).toContainEqual(['x-odd', 'caf\u00e9 \u00ff'])
  })

  it('that nobody answers names its cause', async () => {
    const { api } = trunkline
    const receiver = await openReceiver()
    await receiver.close()
    const lost = await deliver((_, response) => response.destroy())
    expect((await lost.after(1)).history[0]).toMatchObject({ cause: 'CONNECTION_LOST', status: null })
    const refused = await deliver(status(200))
    await api.patch(`/endpoints/${refused.endpoint.id}`, { url: receiver.url })
    const { id } = (await api.post('/events', { type: refused.type, data: null })).json
    const delivery = await eventually('the refused attempt', async () => {
      const { data } = (await api.get(`/deliveries?event=${id}`)).json
      return data[0]?.attempts === 1 && data[0]
    })
    expect((await api.get(`/deliveries/${delivery.id}`)).json.history[0]).toMatchObject({
      cause: 'CONNECT_REFUSED',
      explanation: 'Nothing listens on that port.',
    })
  })

  it('answered 410 disables the endpoint, ends its queue and is told to those who asked for such news', async () => {
    const { api } = trunkline
    const news = await openReceiver()
    const listener = await createEndpoint(trunkline, news, { eventTypes: ['trunkline.endpoint.disabled'] })
    const { endpoint, type, after } = await deliver(inTurn(status(500), status(410)))
    await after(1)
    await api.post('/events', { type, data: 2 })
    const [arrival] = await news.has(1)
    expect(proven(arrival, listener.secret)).toMatchObject({
      type: 'trunkline.endpoint.disabled',
      data: { id: endpoint.id, reason: 'the receiver answered 410 Gone' },
    })
    expect((await api.get(`/endpoints/${endpoint.id}`)).json).toMatchObject({ status: 'disabled' })
    await eventually('the end of its queue', async () => {
      const { data } = (await api.get(`/deliveries?endpoint=${endpoint.id}`)).json
      expect(data).toMatchObject([
        { status: 'failed', cause: 'GONE', attempts: 1 },
        { status: 'failed', cause: 'ENDPOINT_DISABLED', attempts: 1 },
      ])
      return true
    })
    const { id } = (await api.post('/events', { type, data: 3 })).json
    const [{ id: gone }] = (await api.get(`/deliveries?endpoint=${endpoint.id}`)).json.data
    expect((await api.post(`/deliveries/${gone}/retry`)).json).toMatchObject({ status: 409, code: 'CONFLICT' })
    await api.delete(`/endpoints/${listener.id}`)
    expect((await api.get(`/deliveries?event=${id}`)).json.data).toEqual([])
  })

  it('to an endpoint that is deleted ends as ENDPOINT_DELETED', async () => {
    const { api } = trunkline
    const { endpoint, after, read } = await deliver(status(500))
    await after(1)
    expect((await api.delete(`/endpoints/${endpoint.id}`)).status).toBe(204)
    await eventually('the end', async () => (await read()).status === 'failed')
    expect(await read()).toMatchObject({ cause: 'ENDPOINT_DELETED', nextAttemptAt: null })
    expect((await api.post(`/deliveries/${(await read()).id}/retry`)).json.code).toBe('CONFLICT')
  })

  it('under way while its endpoint is deleted ends the same way', async () => {
    const { api } = trunkline
    const held: Parameters<Answering>[1][] = []
    const { endpoint, receiver, read } = await deliver((_, response) => void held.push(response))
    await receiver.has(1)
    await api.delete(`/endpoints/${endpoint.id}`)
    await eventually('the end', async () => (await read()).status === 'failed')
    for (const response of held) response.writeHead(204).end()
    expect(await read()).toMatchObject({ status: 'failed', cause: 'ENDPOINT_DELETED' })
  })

  it('waits while its endpoint is paused, and goes out when it is active again', async () => {
    const { api } = trunkline
    const { endpoint, type, receiver, after } = await deliver(status(200))
    await after(1)
    expect((await api.patch(`/endpoints/${endpoint.id}`, { status: 'paused' })).json.status).toBe('paused')
    const ids = []
    for (let i = 0; i < 5; i++) ids.push((await api.post('/events', { type, data: i })).json.id)
    // An event that comes later and arrives shows that the paused ones had their chance.
    await (await deliver(status(200))).receiver.has(1)
    const { data } = (await api.get(`/deliveries?endpoint=${endpoint.id}&status=pending`)).json
    expect(data).toHaveLength(5)
    expect(receiver.arrivals).toHaveLength(1)

    await api.patch(`/endpoints/${endpoint.id}`, { status: 'active' })
    const arrivals = await receiver.has(6)
    expect(new Set(arrivals.slice(1).map((each) => each.id))).toEqual(new Set(ids))
  })

  it('can be made again by hand, whether it failed or succeeded', async () => {
    const { api } = trunkline
    const { receiver, after, read } = await deliver(inTurn(status(500), status(200), status(200)))
    await after(1)
    for (const attempts of [2, 3]) {
      const retried = await api.post(`/deliveries/${(await read()).id}/retry`)
      expect(retried).toMatchObject({ status: 202, json: { status: 'retrying' } })
      expect(await after(attempts)).toMatchObject({ status: 'success', attempts })
    }
    expect(new Set(receiver.arrivals.map((each) => each.id)).size).toBe(1)
    expect((await read()).history.map((each: { number: number }) => each.number)).toEqual([1, 2, 3])
  })

  it('is listed by endpoint, event, type, status, cause and time', async () => {
    const { api } = trunkline
    const { endpoint, type, eventId, after } = await deliver(status(404))
    const { id, createdAt } = await after(1)
    const found = async (query: string) =>
      (await api.get(`/deliveries?limit=100&${query}`)).json.data.some((each: { id: string }) => each.id === id)
    const next = new Date(Date.parse(createdAt) + 1).toISOString()
    for (const query of [
      `endpoint=${endpoint.id}`,
      `event=${eventId}`,
      `type=${type}`,
      'status=retrying',
      'status=unfinished',
      'cause=CLIENT_ERROR',
      `from=${createdAt}`,
      `to=${next}`,
    ])
      expect(await found(query), query).toBe(true)
    for (const query of [
      'endpoint=ep_other',
      'type=other',
      'status=success',
      'status=pending',
      'status=sending',
      'cause=GONE',
      `from=${next}`,
      `to=${createdAt}`,
    ])
      expect(await found(query), query).toBe(false)
  })

  it('that leads back to a source of this server goes round eight times, and no more', async () => {
    const { api } = trunkline
    const source = (await api.post('/sources', { kind: 'generic', name: 'round' })).json
    const own = await api.post('/endpoints', { url: source.url })
    expect([own.status, own.json.code]).toEqual([422, 'ENDPOINT_URL_REFUSED'])
    // Another spelling of this machine is a way round that nobody sees beforehand.
    const url = String(source.url).replace('127.0.0.1', 'localhost')
    const eventTypes = ['generic.*']
    const endpoint = await createEndpoint(trunkline, { url }, { eventTypes })
    await fetch(source.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"n":1}' })
    const [last] = await eventually('the end of the way', async () => {
      const { data } = (await api.get(`/deliveries?endpoint=${endpoint.id}&cause=LOOP`)).json
      return data.length > 0 && data
    })
    expect(last).toMatchObject({ status: 'failed', attempts: 1, advice: expect.stringContaining('delete it') })
    const { data } = (await api.get(`/deliveries?endpoint=${endpoint.id}&limit=100`)).json
    expect(data.map((each: { status: string }) => each.status).sort()).toEqual(['failed', ...Array(8).fill('success')])
    await api.delete(`/endpoints/${endpoint.id}`)
  })

  it('that a receiver hangs on is recorded as unanswered, and the others go on', async () => {
    const stuck = await deliver(hang, { concurrency: 1 })
    await stuck.receiver.has(1)
    const others: Receiver[] = []
    for (let i = 0; i < 5; i++) others.push((await deliver(status(200))).receiver)
    for (const other of others) await other.has(1, 5_000)
    expect(await stuck.read()).toMatchObject({ status: 'sending', attempts: 0 })
  })
})

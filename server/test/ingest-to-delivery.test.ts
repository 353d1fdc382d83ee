import { randomUUID } from 'node:crypto'
import { sign as signAsGithub } from '@octokit/webhooks-methods'
import Stripe from 'stripe'
import { Webhook as Svix } from 'svix'
import { beforeAll, describe, expect, it } from 'vitest'
import { defaultWorkspaceId, newId } from '../src/base/id.ts'
import { readAnswer } from './api.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver, proven } from './receiver.ts'
import { createEndpoint, createSource, newEvent, startTrunkline, type Trunkline } from './trunkline.ts'

describe.each(engines)('a webhook on its way through a server on $name', (engine) => {
  let trunkline: Trunkline
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
  })

  it('is taken from GitHub’s own signer and delivered so that the standardwebhooks package verifies it', async () => {
    const { api } = trunkline
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'github', { name: 'my repository' })
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['github.issues'] })
    const payload = JSON.stringify({ action: 'opened', repository: { full_name: 'orchard/pear' } })

    const answer = await readAnswer(
      await fetch(source.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-github-event': 'issues',
          'x-github-delivery': randomUUID(),
          'x-hub-signature-256': await signAsGithub(source.secret, payload),
        },
        body: payload,
      }),
    )
    expect(answer).toMatchObject({ status: 200, json: { requestId: expect.stringMatching(/^req_/) } })

    const [arrival] = await receiver.has(1)
    const [id] = answer.json.eventIds
    const event = (await api.get(`/events/${id}`)).json
    expect(proven(arrival, endpoint.secret)).toEqual({
      type: 'github.issues',
      timestamp: event.receivedAt,
      data: JSON.parse(payload),
    })
    expect(arrival.id).toBe(id)
    expect(id).not.toContain('.')
    expect(event).toMatchObject({ type: 'github.issues', subject: 'orchard/pear', sourceId: source.id })
    expect(event.receivedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(() => proven(arrival, `whsec_${Buffer.alloc(32).toString('base64')}`)).toThrow('signature')
  })

  it('is taken from Stripe’s test header', async () => {
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'stripe')
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['stripe.*'] })
    const payload = JSON.stringify({
      id: `evt_${randomUUID()}`,
      type: 'invoice.paid',
      data: { object: { id: 'in_1' } },
    })
    const header = Stripe.webhooks.generateTestHeaderString({ payload, secret: source.secret })

    const answer = await fetch(source.url, { method: 'POST', headers: { 'stripe-signature': header }, body: payload })
    expect(answer.status).toBe(200)
    const [arrival] = await receiver.has(1)
    expect(proven(arrival, endpoint.secret)).toMatchObject({ type: 'stripe.invoice.paid', data: JSON.parse(payload) })
  })

  it('is taken from Svix’s signer', async () => {
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'standard-webhooks', { config: { eventPrefix: 'clerk' } })
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['clerk.user.created'] })
    const payload = JSON.stringify({ type: 'user.created', data: { id: 'user_1' } })
    const [id, now] = [`msg_${randomUUID()}`, new Date()]

    const answer = await fetch(source.url, {
      method: 'POST',
      headers: {
        'svix-id': id,
        'svix-timestamp': String(Math.floor(now.getTime() / 1000)),
        'svix-signature': new Svix(source.secret).sign(id, now, payload),
      },
      body: payload,
    })
    expect(answer.status).toBe(200)
    const [arrival] = await receiver.has(1)
    expect(proven(arrival, endpoint.secret)).toMatchObject({ type: 'clerk.user.created', data: JSON.parse(payload) })
  })

  it('reaches the endpoints that asked for its type, and no other', async () => {
    const source = await createSource(trunkline, 'github')
    const event = newEvent()
    const wanted = [[`github.${event}`], ['github.*'], ['**'], ['stripe.*', `github.${event}`]]
    const unwanted = [['stripe.*'], [`github.${event}.more`], [`${event}`], ['trunkline.*']]
    const receivers = await Promise.all([...wanted, ...unwanted].map(() => openReceiver()))
    const endpoints: { id: string }[] = []
    for (const [i, eventTypes] of [...wanted, ...unwanted].entries()) {
      endpoints.push(await createEndpoint(trunkline, { url: receivers[i]?.url ?? '' }, { eventTypes }))
    }
    const { json } = await source.post('{}', { event })
    const of = (index: number) => receivers[index]?.arrivals.filter((each) => each.id === json.eventIds[0]) ?? []
    for (const index of wanted.keys()) await receivers[index]?.has(1)
    const { json: list } = await trunkline.api.get(`/deliveries?event=${json.eventIds[0]}&limit=100`)
    const asked = new Set(list.data.map((each: { endpointId: string }) => each.endpointId))
    for (const [i, { id }] of endpoints.entries()) {
      expect(asked.has(id), `endpoint ${i}`).toBe(i < wanted.length)
      expect(of(i)).toHaveLength(i < wanted.length ? 1 : 0)
      await trunkline.api.delete(`/endpoints/${id}`)
    }
  })

  it('keeps big numbers, repeated keys, \\u0000 and lone surrogates to the letter', async () => {
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'github')
    const event = newEvent()
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: [`github.${event}`] })
    const data =
      '{ "id": 12345678901234567890, "a":1,"a":2, "nul":"\\u0000", "lone":"\\ud83d", "float":1.0, "much":1e999999,\r\n\t"name":"M\\u00e4rta K\u00f6nig \u{1F331}" , "__proto__":{"x":1}, "":[ ] }'
    const { json } = await source.post(data, { event })

    const [arrival] = await receiver.has(1)
    const { receivedAt } = (await trunkline.api.get(`/events/${json.eventIds[0]}`)).json
    proven(arrival, endpoint.secret)
    expect(arrival.body.toString()).toBe(`{"type":"github.${event}","timestamp":"${receivedAt}","data":${data}}`)
    expect((await trunkline.api.get(`/events/${json.eventIds[0]}`)).text).toContain(`"data":${data}}`)
    expect((await trunkline.api.get(`/events/${json.eventIds[0]}/body`)).text).toBe(data)
  })

  it('goes raw to an endpoint that asked for that: the same bytes, the same content type', async () => {
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'github')
    const event = newEvent()
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: [`github.${event}`], payload: 'raw' })
    const form = `payload=${encodeURIComponent('{"zen":"Keep it logically awesome.","big":12345678901234567890}')}`
    await source.post(form, { event, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } })

    const [arrival] = await receiver.has(1)
    expect(() => proven(arrival, endpoint.secret)).toThrow('JSON') // the signature holds; the body is a form
    expect(arrival.body.toString()).toBe(form)
    expect(arrival.headers['content-type']).toBe('application/x-www-form-urlencoded; charset=utf-8')
  })

  it('goes raw to every endpoint when its event has no JSON', async () => {
    const { place, api } = trunkline
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'github')
    await createEndpoint(trunkline, receiver, { eventTypes: ['bytes.received'] })
    const bytes = Buffer.from('ff00fe0d0a', 'hex')
    const { requestId } = (await source.post(bytes, { headers: { 'content-type': 'image/x-tiny' } })).json
    const { receivedAt } = (await api.get(`/requests/${requestId}`)).json
    // No kind of source makes such an event yet, so it is put into the log by hand.
    await place.rows(
      `INSERT INTO events (id, workspace_id, source_id, request_id, type, data, data_bytes, received_at)
       VALUES (?, ?, ?, ?, 'bytes.received', NULL, 0, ?)`,
      [newId('event', Date.parse(receivedAt)), defaultWorkspaceId, source.id, requestId, Date.parse(receivedAt)],
    )
    const [arrival] = await receiver.has(1)
    const request = await eventually('the outcome of the delivery', async () => {
      const shown = (await api.get(`/requests/${requestId}`)).json
      return shown.events[0]?.deliveries.success === 1 ? shown : undefined
    })
    expect(request.events).toMatchObject([{ type: 'bytes.received', isFannedOut: true }])
    expect(request.stages.map(({ stage }: { stage: string }) => stage).slice(-3)).toEqual([
      'fannedOut',
      'firstAttempt',
      'firstSuccess',
    ])
    expect(arrival.body).toEqual(bytes)
    expect(arrival.headers['content-type']).toBe('image/x-tiny')
  })

  it('goes out as it was published', async () => {
    const receiver = await openReceiver()
    const standard = await createEndpoint(trunkline, receiver, { eventTypes: ['order.shipped'] })
    const raw = await openReceiver()
    await createEndpoint(trunkline, raw, { eventTypes: ['order.shipped'], payload: 'raw' })
    const data = '{"total":12345678901234567890.10,"a":1,"a":2, "nul":"\\u0000","lone":"\\udc00"}'
    const { json } = await trunkline.api.send(
      'POST',
      '/events',
      `{"data":{"not":"this one"},"type":"order.shipped","subject":"order_7", "data" : ${data} }`,
      { 'content-type': 'application/json' },
    )
    const [arrival] = await receiver.has(1)
    proven(arrival, standard.secret)
    expect(arrival.id).toBe(json.id)
    expect(arrival.body.toString()).toBe(`{"type":"order.shipped","timestamp":"${json.receivedAt}","data":${data}}`)
    const [bare] = await raw.has(1)
    expect(bare.body.toString()).toBe(data)
    expect(bare.headers['content-type']).toBe('application/json')
  })

  it('is one event however often and however concurrently its sender repeats it', async () => {
    const { api, place } = trunkline
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'github')
    const event = newEvent()
    await createEndpoint(trunkline, receiver, { eventTypes: [`github.${event}`] })
    const id = randomUUID()
    const answers = await Promise.all(Array.from({ length: 100 }, () => source.post('{"n":1}', { id, event })))
    expect(answers.map((each) => each.status)).toEqual(Array(100).fill(200))
    expect(new Set(answers.map((each) => each.text)).size).toBe(1)

    const later = await source.post('{"n":2}', { id, event })
    expect(later.json).toEqual(answers[0]?.json)
    const [arrival] = await receiver.has(1)
    expect(arrival.body.toString()).toContain('{"n":1}')
    expect(await place.rows('SELECT id FROM events WHERE source_id = ?', [source.id])).toHaveLength(1)
    // The receiver has it before its outcome is on record.
    const deliveries = await eventually('the outcome', async () => {
      const { data } = (await api.get(`/deliveries?event=${arrival.id}`)).json
      return ['pending', 'sending'].includes(data[0]?.status) ? undefined : data
    })
    expect(deliveries).toMatchObject([{ status: 'success', attempts: 1 }])
    expect(receiver.arrivals).toHaveLength(1)
    const kept = await place.rows('SELECT cause, repeat_of FROM requests WHERE source_id = ? AND cause IS NOT NULL', [
      source.id,
    ])
    expect(kept).toMatchObject([{ cause: 'BODY_DIFFERS', repeat_of: later.json.requestId }])
  })

  it('is another event at another source, though the provider’s id is the same', async () => {
    const id = randomUUID()
    const posted = []
    for (const each of [await createSource(trunkline, 'github'), await createSource(trunkline, 'github')]) {
      posted.push((await each.post('{}', { id })).json.eventIds[0])
    }
    expect(new Set(posted).size).toBe(2)
  })
})

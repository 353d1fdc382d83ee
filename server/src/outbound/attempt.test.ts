import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { appendRequest } from '../events/append.ts'
import type { NewRequest } from '../events/request.ts'
import type { Endpoint } from './endpoint/endpoint.ts'
import { openReceiver, openRig, type Rig, status } from './exercise-deliverer.ts'

/** A request as a source stored it, with one event for each given text of data. */
function request(rig: Rig, body: Buffer, data: readonly (string | null)[], contentType?: string): NewRequest {
  const now = rig.clock.now()
  const id = newId('request', now)
  return {
    id,
    workspaceId: defaultWorkspaceId,
    sourceId: 'src_1',
    receivedAt: now,
    method: 'POST',
    url: '/in/abcd***',
    headers: contentType === undefined ? [] : [['Content-Type', contentType]],
    body,
    bodyBytes: body.length,
    senderAddress: '127.0.0.1',
    verdict: 'verified',
    cause: null,
    detail: null,
    readMs: null,
    parseMs: null,
    verifyMs: 0,
    events: data.map((each) => ({
      id: newId('event', now),
      workspaceId: defaultWorkspaceId,
      customer: null,
      sourceId: 'src_1',
      requestId: id,
      type: 'a.b',
      subject: null,
      orderKey: null,
      data: each,
      receivedAt: now,
      dedupe: null,
    })),
  }
}

/** Delivers a request's events and answers what the receiver got. */
async function deliver(
  payload: Endpoint['payload'],
  body: Buffer,
  data: readonly (string | null)[],
  contentType?: string,
): Promise<{ bodies: string[]; types: (string | undefined)[] }> {
  await using rig = openRig()
  await using receiver = await openReceiver()
  await rig.endpoint(receiver.url, { payload })
  await rig.storage.commit(appendRequest, request(rig, body, data, contentType))
  rig.deliverer.wake(await rig.fanOut())
  await rig.quiet()
  return {
    bodies: receiver.arrivals.map((each) => each.bytes.toString('latin1')),
    types: receiver.arrivals.map((each) => each.headers['content-type']),
  }
}

describe('a raw payload', () => {
  it('is the bytes of the request with their content type, whatever they are', async () => {
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x7b, 0x0d, 0x0a])
    const { bodies, types } = await deliver('raw', bytes, [null], 'application/x-protobuf; v=1')
    expect(bodies).toEqual([bytes.toString('latin1')])
    expect(types).toEqual(['application/x-protobuf; v=1'])
  })

  it('is the whole body, not the data that was cut from it', async () => {
    const { bodies, types } = await deliver(
      'raw',
      Buffer.from('payload=%7B%7D'),
      ['{}'],
      'application/x-www-form-urlencoded',
    )
    expect(bodies).toEqual(['payload=%7B%7D'])
    expect(types).toEqual(['application/x-www-form-urlencoded'])
  })

  it('of one of several events is its own part', async () => {
    const { bodies, types } = await deliver(
      'raw',
      Buffer.from('[{"n":1},{"n":2}]'),
      ['{"n":1}', '{"n":2}'],
      'text/plain',
    )
    expect(bodies.sort()).toEqual(['{"n":1}', '{"n":2}'])
    expect(types).toEqual(['application/json', 'application/json'])
  })

  it('of a request whose events are several customers’ is its own part, also when it is the only one made', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url, { payload: 'raw' })
    const shared = request(rig, Buffer.from('[{"n":1},{"n":2}]'), ['{"n":1}'], 'text/plain')
    await rig.storage.commit(appendRequest, { ...shared, cause: 'SHARED' })
    rig.deliverer.wake(await rig.fanOut())
    await rig.quiet()
    expect(receiver.arrivals.map((each) => each.body)).toEqual(['{"n":1}'])
  })

  it('larger than a claim carries arrives whole', async () => {
    const body = Buffer.from(JSON.stringify({ text: 'ü'.repeat(300_000) }))
    const { bodies } = await deliver('raw', body, [body.toString()], 'application/json')
    expect(bodies).toEqual([body.toString('latin1')])
  })

  it('of an event that was published is its data', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url, { payload: 'raw' })
    await rig.send('a.b', 1, '{"n":1.0}')
    await rig.quiet()
    expect(receiver.arrivals.map((each) => each.body)).toEqual(['{"n":1.0}'])
  })

  it.each([undefined, '', 'text/plain\u{e9}', 'x'.repeat(256)])(
    'with the content type %j is sent as bytes',
    async (type) => {
      const { types } = await deliver('raw', Buffer.from('a'), [null], type)
      expect(types).toEqual(['application/octet-stream'])
    },
  )

  it('that is empty is sent as such', async () => {
    expect((await deliver('raw', Buffer.alloc(0), [null], 'text/plain')).bodies).toEqual([''])
  })
})

describe('a standard payload', () => {
  it('larger than a claim carries arrives whole', async () => {
    const data = JSON.stringify({ text: 'ü'.repeat(300_000), n: 1 }).replace('1}', '1.0}')
    const { bodies } = await deliver('standard', Buffer.from('x'), [data])
    expect(bodies[0]?.endsWith(`"data":${Buffer.from(data).toString('latin1')}}`)).toBe(true)
  })

  it('of an event without JSON is the bytes of its request', async () => {
    expect(await deliver('standard', Buffer.from('not json'), [null], 'text/plain')).toEqual({
      bodies: ['not json'],
      types: ['text/plain'],
    })
  })
})

describe('an attempt', () => {
  it('keeps the beginning of a long answer, and what it cannot store replaced', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response) => {
      response
        .writeHead(500, { 'x-note': 'caf\u{e9}' })
        .end(Buffer.concat([Buffer.from([0, 0xff]), Buffer.alloc(200_000, 'a')]))
    })
    await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    const [made] = (await rig.delivery(id)).history
    expect(made?.isTruncated).toBe(true)
    expect(made?.responseBody).toBe(`\u{FFFD}\u{FFFD}${'a'.repeat(16 * 1024 - 2)}`)
    expect(made?.responseHeaders).toContainEqual(['x-note', 'caf\u{e9}'])
  })

  it('is told when it was made and how long it took', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver(status(204))
    await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    expect((await rig.delivery(id)).history).toEqual([
      expect.objectContaining({
        number: 1,
        startedAt: rig.clock.now(),
        status: 204,
        isTruncated: false,
        responseBody: '',
      }),
    ])
  })

  it('names Trunkline and nothing of the sender', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await rig.quiet()
    const { host, ...headers } = receiver.arrivals[0]?.headers ?? {}
    expect(receiver.url).toContain(host)
    expect(Object.keys(headers).sort()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'user-agent',
      'webhook-id',
      'webhook-signature',
      'webhook-timestamp',
      'x-trunkline-hops',
    ])
    expect(headers['user-agent']).toMatch(/^Trunkline\//)
  })
})

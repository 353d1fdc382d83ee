import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import {
  createEndpoint,
  createSource,
  type Message,
  startTrunkline,
  type TestSource,
  type Trunkline,
} from './trunkline.ts'

/** What a provider may send, rightly signed, and which JSON there is to read in it: its text, or none. */
const bodies: readonly { name: string; body: Buffer; json: string | null; message?: Message }[] = [
  ...texts({
    'a deep nest': '['.repeat(10_000) + ']'.repeat(10_000),
    'a deep object': '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000),
    '50,000 keys': `{${Array.from({ length: 50_000 }, (_, i) => `"key${i}":${i}`).join(',')}}`,
    '50,000 times one key': `{${Array.from({ length: 50_000 }, () => '"key":1').join(',')}}`,
    __proto__: '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"type":"x"}',
    'a number beyond all numbers': '{"id":1e999999,"type":-1e999999}',
    'a number of 10,000 digits': `{"id":${'9'.repeat(10_000)}}`,
    'top-level null': 'null',
    'a top-level string': '"hello"',
    'a top-level number': '-0.0e-0',
    'an empty list': '[]',
    'only the wrong types': '{"id":{},"type":[],"data":7,"repository":"none"}',
    'a NUL, escaped, everywhere':
      '{"id":"\\u0000","type":"\\u0000","data":{"id":"a\\u0000b"},"repository":{"full_name":"\\u0000"}}',
    'lone surrogates': '{"id":"\\ud800","type":"\\udfff","data":{"id":"\\ud83d"},"repository":{"full_name":"\\udc00"}}',
    'a very long id and type': JSON.stringify({ id: 'i'.repeat(100_000), type: 't'.repeat(100_000) }),
    'white space around': ' \r\n\t{"id":"w"}\n\n ',
  }),
  { name: 'a byte-order mark', body: Buffer.from('\uFEFF{"bom":true}'), json: '{"bom":true}' },
  ...unreadable({
    'no JSON': Buffer.from('hello, world'),
    'half of a JSON': Buffer.from('{"a":[1,2'),
    'an HTML page': Buffer.from('<html><body>502 Bad Gateway</body></html>'),
    'not UTF-8': Buffer.from('{"name":"M\xe4rta"}', 'latin1'),
    'UTF-16': Buffer.from('\uFEFF{"a":1}', 'utf16le'),
    'a raw NUL': Buffer.from('{"a":"\0"}'),
    'only NULs': Buffer.alloc(1000),
    'random bytes': randomBytes(10_000),
    'NaN and comments': Buffer.from('{"a":NaN} // so it is'),
    'a broken form': Buffer.from('payload=%7B%zz'),
  }),
  {
    name: 'an unknown charset',
    body: Buffer.from('{"charset":"klingon"}'),
    json: '{"charset":"klingon"}',
    message: { headers: { 'content-type': 'application/json; charset=x-klingon' } },
  },
  ...contentTypes([
    'text/plain',
    '',
    'application/json;;;=',
    'x'.repeat(1000),
    'multipart/form-data',
    'a/b; charset="',
  ]),
  ...zipped({
    gzip: gzipSync('{"zipped":true}'),
    'a broken gzip': gzipSync('{"zipped":true}').subarray(0, 12),
    'a bomb': gzipSync(Buffer.alloc(100 * 1024 * 1024)),
    'no gzip at all': Buffer.from('{"a":1}'),
  }),
]

function texts(each: Record<string, string>) {
  return Object.entries(each).map(([name, text]) => ({ name, body: Buffer.from(text), json: text }))
}

function unreadable(each: Record<string, Buffer>) {
  return Object.entries(each).map(([name, body]) => ({ name, body, json: null }))
}

function contentTypes(each: readonly string[]) {
  return each.map((type) => ({
    name: `the content type "${type.slice(0, 30)}"`,
    body: Buffer.from('{"typed":true}'),
    json: '{"typed":true}',
    message: { headers: { 'content-type': type } },
  }))
}

/** Bodies are signed and kept as they come: nothing is unpacked, so a bomb stays small. */
function zipped(each: Record<string, Buffer>) {
  const message = { headers: { 'content-encoding': 'gzip' } }
  return Object.entries(each).map(([name, body]) => ({
    name: `Content-Encoding gzip with ${name}`,
    body,
    json: body[0] === 0x7b ? body.toString() : null,
    message,
  }))
}

describe.each(engines)('what is rightly signed is kept byte for byte by a server on $name', (engine) => {
  let trunkline: Trunkline
  let receiver: Receiver
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    receiver = await openReceiver()
    await createEndpoint(trunkline, receiver)
  })

  it.each(['github', 'stripe', 'standard-webhooks'])('sent by %s', async (kind) => {
    const { api, place } = trunkline
    const source = await createSource(trunkline, kind)
    for (const { name, body, json, message } of bodies) {
      const answer = await source.post(body, message)
      expect(answer.status, `${name}: ${answer.text}`).toBe(200)
      const [stored] = await place.rows('SELECT body, verdict, cause FROM requests WHERE id = ?', [
        answer.json.requestId,
      ])
      const isSame = body.equals(Buffer.from(stored?.body as Uint8Array))
      expect({ name, isSame, verdict: stored?.verdict, cause: stored?.cause }).toEqual({
        name,
        isSame: true,
        verdict: 'verified',
        cause: json === null ? 'UNPARSABLE' : null,
      })
      expect(answer.json.eventIds, name).toHaveLength(json === null ? 0 : 1)
      const shown = (await api.get(`/requests/${answer.json.requestId}`)).json
      expect(shown, name).toMatchObject({ bodyBytes: body.length, verdict: 'verified' })
      expect((await api.get(`/requests/${answer.json.requestId}/body`)).bytes.equals(body), name).toBe(true)
      if (json !== null) await checkEvent(answer.json.eventIds[0], name, body, json)
    }
  })

  /** The event holds the JSON to the letter, in the answer of the API and in the delivery. */
  async function checkEvent(id: string, name: string, body: Buffer, json: string): Promise<void> {
    const { api } = trunkline
    const event = await api.get(`/events/${id}`)
    expect(event.text.includes(`"data":${json}}`), name).toBe(true)
    expect((await api.get(`/events/${id}/body`)).bytes.equals(body), name).toBe(true)
    const arrival = await eventually(`the delivery of ${name}`, () => receiver.arrivals.find((each) => each.id === id))
    const { type, receivedAt } = event.json
    expect(
      arrival.body.equals(Buffer.from(`{"type":"${type}","timestamp":"${receivedAt}","data":${json}}`)),
      name,
    ).toBe(true)
  }

  it('and holds up neither a neighbour nor the server', async () => {
    const rough = await createSource(trunkline, 'github')
    const calm = await createSource(trunkline, 'github')
    const heavy = bodies.filter(({ body }) => body.length > 10_000)
    let isOver = false
    const flood = Promise.all(
      Array.from({ length: 2 }, async () => {
        while (!isOver)
          for (const { body, message } of heavy) expect((await rough.post(body, message)).status).toBe(200)
      }),
    )
    const times: number[] = []
    const arrivedAfter: number[] = []
    for (let i = 0; i < 20; i++) times.push(await timeOf(calm, arrivedAfter))
    isOver = true
    await flood
    expect(Math.max(...times)).toBeLessThan(2000)
    expect(Math.max(...arrivedAfter)).toBeLessThan(3000)
    expect((await trunkline.server.ready()).status).toBe(200)
    expect(trunkline.server.output()).not.toMatch(/"level":"error"/)
  })

  /** How long a plain request takes; how long its delivery takes goes into the list. */
  async function timeOf(source: TestSource, arrivedAfter: number[]): Promise<number> {
    const begin = performance.now()
    const answer = await source.post('{"calm":true}')
    const ms = performance.now() - begin
    expect(answer.status).toBe(200)
    const arrival = await eventually('the delivery', () =>
      receiver.arrivals.find((each) => each.id === answer.json.eventIds[0]),
    )
    arrivedAfter.push(arrival.at - begin)
    return ms
  }
})

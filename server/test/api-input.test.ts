import { beforeAll, describe, expect, it } from 'vitest'
import type { ProblemCode } from '../src/base/errors.ts'
import { engines } from './engines.ts'
import { expectProblem } from './problems.ts'
import { createSource, startTrunkline, type Trunkline } from './trunkline.ts'

const json = { 'content-type': 'application/json' }

/** Ways to write an address of this machine, of its network or of its cloud, or to hide something in a URL. */
const refusedUrls = [
  'https://user:hunter2@example.com/',
  'https://user@example.com/',
  'http://2130706433/',
  'http://[::ffff:127.0.0.1]/',
  'https://2130706433/',
  'https://[::ffff:127.0.0.1]/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[fe80::1]/',
  'https://[fd00::1]/',
  'https://127。0。0。1/',
  'https://①②⑦.⓪.⓪.①/',
  'https://10.1.2.3/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://168.63.129.16/',
  'https://100.64.0.1/',
  'https://0.0.0.0/',
  'https://255.255.255.255/',
  'https://224.0.0.1/',
  'https://localhost/',
  'https://LOCALHOST/',
  'https://lo%63alhost/',
  'https://a.localhost/',
  'https://printer.local/',
  'https://db.internal/',
  'https://intranet/',
  'https://example.com./',
  'http://example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:text/plain,hello',
  '//example.com/',
  'example.com',
  'https://',
  'https:// example.com/',
  'https://example.com/\nHost: other',
  'https://example.com\\@127.0.0.1/',
  'https://example.com:0/',
  'https://example.com:99999/',
  '',
  ' ',
  'not a url',
]

describe.each(engines)('a caller of the API of a server on $name', (engine) => {
  let trunkline: Trunkline
  let ids: Record<'source' | 'endpoint' | 'event' | 'delivery', string>
  beforeAll(async () => {
    trunkline = await startTrunkline(engine, { TRUNKLINE_ALLOW_PRIVATE: '' })
    const { api } = trunkline
    const source = await createSource(trunkline, 'github')
    await api.post('/sources', { kind: 'github', name: 'another' })
    const { id } = (await api.post('/endpoints', { url: 'https://example.com/', eventTypes: ['nothing'] })).json
    for (let i = 0; i < 3; i++) await api.post('/endpoints', { url: 'https://example.com/', eventTypes: ['nothing'] })
    for (let i = 0; i < 3; i++) await api.post('/events', { type: 'a.b', data: i })
    const event = (await api.post('/events', { type: 'a.b', data: null })).json
    ids = { source: source.id, endpoint: id, event: event.id, delivery: 'dlv_00000000000000000000000000' }
  })

  const send = (method: string, path: string, body?: string, headers: Record<string, string> = json) =>
    trunkline.api.send(method, path, body, headers)

  it('may not let deliveries go to a private address, however it is written', async () => {
    for (const url of refusedUrls) {
      const created = await trunkline.api.post('/endpoints', { url })
      expectProblem(created, `create ${url}`, 'ENDPOINT_URL_REFUSED')
      expect(created.text, url).not.toContain('hunter2')
      expectProblem(
        await trunkline.api.patch(`/endpoints/${ids.endpoint}`, { url }),
        `update ${url}`,
        'ENDPOINT_URL_REFUSED',
      )
    }
    expect((await trunkline.api.get(`/endpoints/${ids.endpoint}`)).json.url).toBe('https://example.com/')
  })

  it('hears what is wrong with a body', async () => {
    const create = '/endpoints'
    const good = { url: 'https://example.com/' }
    const wrong: [what: string, path: string, body: unknown][] = [
      ['an unknown field', create, { ...good, colour: 'red' }],
      ['a secret that is no text', create, { ...good, secret: 5 }],
      ['a field of the server’s', create, { ...good, id: 'ep_1', workspaceId: 'ws_1', createdAt: '2026-01-01' }],
      ['a missing field', create, {}],
      ['a list', create, [good]],
      ['a string', create, 'hello'],
      ['null', create, null],
      ['a number', create, 7],
      ['a URL that is none', create, { url: 7 }],
      ['a URL of 10,000 characters', create, { url: `https://example.com/${'a'.repeat(10_000)}` }],
      ['an empty list of types', create, { ...good, eventTypes: [] }],
      ['types that are none', create, { ...good, eventTypes: ['a b'] }],
      ['a lone star', create, { ...good, eventTypes: ['*'] }],
      ['101 types', create, { ...good, eventTypes: Array.from({ length: 101 }, (_, i) => `a.${i}`) }],
      ['no concurrency', create, { ...good, concurrency: 0 }],
      ['half a delivery at once', create, { ...good, concurrency: 0.5 }],
      ['too many at once', create, { ...good, concurrency: 1e9 }],
      ['an unknown payload', create, { ...good, payload: 'xml' }],
      ['an empty customer', create, { ...good, customer: '' }],
      ['__proto__', create, JSON.parse('{"url":"https://example.com/","__proto__":{"status":"active"}}')],
      ['__proto__ alone', create, JSON.parse('{"__proto__":{"url":"https://example.com/"}}')],
      ['constructor', create, { ...good, constructor: { prototype: {} } }],
      ['no name', '/sources', { kind: 'github' }],
      ['a blank name', '/sources', { kind: 'github', name: '  ' }],
      ['an unknown setting', '/sources', { kind: 'github', name: 'a', config: { verify: false } }],
      [
        'a wrong setting',
        '/sources',
        { kind: 'stripe', name: 'a', secret: 'whsec_12345678', config: { toleranceSeconds: -1 } },
      ],
      ['a prefix that is none', '/sources', { kind: 'standard-webhooks', name: 'a', config: { eventPrefix: '../x' } }],
      ['no type', '/events', { data: 1 }],
      ['no data', '/events', { type: 'a.b' }],
      ['a type that is none', '/events', { type: 'a b', data: 1 }],
      ['a type of the server’s own', '/events', { type: 'trunkline.endpoint.created', data: 1 }],
    ]
    for (const [what, path, body] of wrong) expectProblem(await trunkline.api.post(path, body), what, 'INVALID_INPUT')
    const answer = await trunkline.api.post('/endpoints', { ...good, concurrency: 'many', colour: 'red' })
    expect(answer.json.errors.map(({ at }: { at: string }) => at).sort()).toEqual(['/', '/concurrency'])
  })

  it('hears which kinds and secrets there are', async () => {
    const standard = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`
    const wrong: [kind: string, secret: string | undefined, code: ProblemCode][] = [
      ['gitea', undefined, 'SOURCE_KIND_UNKNOWN'],
      ['__proto__', undefined, 'SOURCE_KIND_UNKNOWN'],
      ['constructor', undefined, 'SOURCE_KIND_UNKNOWN'],
      ['stripe', undefined, 'SOURCE_SECRET_REFUSED'],
      ['stripe', '', 'SOURCE_SECRET_REFUSED'],
      ['stripe', 'whsec_', 'SOURCE_SECRET_REFUSED'],
      ['stripe', ['sk', 'live', '12345678'].join('_'), 'SOURCE_SECRET_REFUSED'],
      ['github', '', 'SOURCE_SECRET_REFUSED'],
      ['github', '   ', 'SOURCE_SECRET_REFUSED'],
      ['github', 'undefined', 'SOURCE_SECRET_REFUSED'],
      ['github', 'null', 'SOURCE_SECRET_REFUSED'],
      ['github', 'short', 'SOURCE_SECRET_REFUSED'],
      ['standard-webhooks', standard(23), 'SOURCE_SECRET_REFUSED'],
      ['standard-webhooks', standard(65), 'SOURCE_SECRET_REFUSED'],
      ['standard-webhooks', 'whsec_!!!', 'SOURCE_SECRET_REFUSED'],
      ['standard-webhooks', '', 'SOURCE_SECRET_REFUSED'],
      ['github', 's'.repeat(501), 'INVALID_INPUT'],
    ]
    for (const [kind, secret, code] of wrong) {
      const answer = await trunkline.api.post('/sources', {
        kind,
        name: 'a',
        ...(secret === undefined ? {} : { secret }),
      })
      expectProblem(answer, `${kind} with "${secret}"`, code)
      if (secret && secret.length > 6) expect(answer.text).not.toContain(secret)
    }
    expectProblem(
      await trunkline.api.patch(`/sources/${ids.source}`, { secret: 'x' }),
      'update',
      'SOURCE_SECRET_REFUSED',
    )
  })

  it('hears that its body is no JSON', async () => {
    for (const text of ['{', 'hello', '{"url":}', '\uFEFF{}', "{'url':1}", '{"a":1}}', 'undefined', '[1,]', '\0']) {
      expectProblem(await send('POST', '/endpoints', text), text, 'INVALID_JSON')
    }
    const latin1 = await trunkline.api.send(
      'POST',
      '/events',
      Buffer.from('{"type":"a.b","data":"M\xe4rta"}', 'latin1'),
      json,
    )
    expectProblem(latin1, 'not UTF-8', 'INVALID_JSON')
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'multipart/form-data',
      'nonsense',
    ]) {
      expectProblem(
        await send('POST', '/endpoints', '{"url":"https://example.com/"}', { 'content-type': type }),
        type,
        'INVALID_JSON',
      )
    }
    expectProblem(await send('POST', '/endpoints', `{"url":"${'a'.repeat(1024 * 1024)}"}`), 'too large', 'TOO_LARGE')
    expectProblem(
      await send('POST', '/endpoints', `${'['.repeat(500_000)}${']'.repeat(500_000)}`),
      'deep',
      'INVALID_INPUT',
    )
    const deep = `{"type":"deep.b","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect((await send('POST', '/events', deep)).status).toBe(202)
    const { requestId } = (await send('POST', '/endpoints', '{')).json
    expect(trunkline.server.output()).not.toContain(requestId) // a caller's mistake is no news for the operator
  })

  it('hears that its page, cursor or filter is none', async () => {
    for (const limit of ['1000000000', '-1', '0', 'NaN', '1.5', '101', '', 'Infinity', '1e1000', 'ten', '%00', '١']) {
      expectProblem(await trunkline.api.get(`/events?limit=${limit}`), `limit ${limit}`, 'INVALID_INPUT')
    }
    for (const query of [
      'colour=red',
      'from=yesterday',
      'from=-1',
      'to=9e99',
      'limit=1&limit=2',
      'status=pending',
      'type[]=a',
      '__proto__=1',
    ]) {
      expectProblem(await trunkline.api.get(`/events?${query}`), query, 'INVALID_INPUT')
    }
    for (const query of ['status=lost', 'cause=BAD_LUCK', 'status=']) {
      expectProblem(await trunkline.api.get(`/deliveries?${query}`), query, 'INVALID_INPUT')
    }
    const { nextCursor } = (await trunkline.api.get('/events?limit=1')).json
    expect((await trunkline.api.get(`/events?limit=2&cursor=${nextCursor}`)).status).toBe(200)
    const others = [
      `/endpoints?cursor=${nextCursor}`,
      `/sources?cursor=${nextCursor}`,
      `/deliveries?cursor=${nextCursor}`,
      `/events?type=a.b&cursor=${nextCursor}`,
      `/events?cursor=${nextCursor.slice(0, -1)}`,
      `/events?cursor=${nextCursor}AAAA`,
      `/events?cursor=${nextCursor.startsWith('A') ? 'B' : 'A'}${nextCursor.slice(1)}`,
      '/events?cursor=',
      '/events?cursor=7',
      '/events?cursor=%00',
      `/events?cursor=${Buffer.from('{"seq":1}').toString('base64url')}`,
    ]
    for (const path of others) expectProblem(await trunkline.api.get(path), path, 'INVALID_CURSOR')
    expectProblem(await trunkline.api.get(`/events?cursor=${'a'.repeat(1001)}`), 'a long cursor', 'INVALID_INPUT')
  })

  it('hears that there is nothing under an id that is none', async () => {
    const wrong = ['x', 'evt_', `evt_${'z'.repeat(26)}`, `evt_${'0'.repeat(26)}`, '%00', '%zz', "'--", 'a'.repeat(100)]
    for (const kind of ['sources', 'endpoints', 'events', 'deliveries', 'requests']) {
      // An id of another kind of thing, too.
      for (const id of [...wrong, kind === 'sources' ? ids.event : ids.source]) {
        expectProblem(await trunkline.api.get(`/${kind}/${id}`), `${kind} ${id}`, 'NOT_FOUND')
      }
      const long = await trunkline.api.get(`/${kind}/${'a'.repeat(150)}`)
      expectProblem(long, `${kind}, a long id`, 'INVALID_INPUT')
      expectProblem(await trunkline.api.get(`/${kind}/${'a'.repeat(5000)}`), `${kind}, a very long id`, 'NOT_FOUND')
    }
  })

  it('hears which methods a path takes, and that there is no such path', async () => {
    const put = await send('PUT', '/endpoints')
    expectProblem(put, 'PUT', 'METHOD_NOT_ALLOWED')
    expect(put.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'POST'])
    expectProblem(await send('POST', `/events/${ids.event}`, '{}'), 'POST', 'METHOD_NOT_ALLOWED')
    for (const path of ['', '/', '/nothing', '/events/a/b/c', '/../../etc/passwd', '/%2e%2e/x', '//events']) {
      expectProblem(await send('GET', path), path, 'NOT_FOUND')
    }
  })

  it('may write NUL and half surrogate pairs without breaking anything', async () => {
    const odd = 'a\0b\ud800c'
    const attempts = [
      await trunkline.api.post('/endpoints', { url: 'https://example.com/', description: odd, customer: odd }),
      await trunkline.api.post('/sources', { kind: 'github', name: odd, customer: odd }),
      await trunkline.api.post('/events', { type: 'a.b', data: odd, subject: odd, customer: odd, orderKey: odd }),
      await trunkline.api.patch(`/endpoints/${ids.endpoint}`, { description: odd }),
      await trunkline.api.get('/events?type=%00&source=%00'),
      await trunkline.api.get('/deliveries?type=a%00.*&endpoint=%00&event=%00'),
    ]
    expect(attempts.map(({ status, text }) => (status < 500 ? 'fine' : text))).toEqual(attempts.map(() => 'fine'))
    expect((await trunkline.api.get('/events?limit=100')).status).toBe(200)
    expect((await trunkline.api.get('/endpoints?limit=100')).status).toBe(200)
  })
})

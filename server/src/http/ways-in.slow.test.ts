import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../base/id.ts'
import { openTestPostgres } from '../storage/exercise/open-postgres.ts'
import { openTestSqlite } from '../storage/exercise/open-sqlite.ts'
import { type Caller, openStage, type Stage, stripePath } from './exercise-ways-in.ts'

const engines = [
  { name: 'SQLite', open: () => openTestSqlite() },
  { name: 'PostgreSQL', open: () => openTestPostgres() },
]

describe.each(engines)('on $name', ({ open }) => {
  let stage: Stage
  let operator: Caller
  let tenant: Caller
  let tenantId: string
  beforeAll(async () => {
    stage = await openStage(await open())
  })
  afterAll(() => stage?.close())
  // Nobody claims anything at the beginning of a test.
  beforeEach(async () => {
    await stage.sql('DELETE FROM source_claims')
    await stage.sql('UPDATE sources SET fixed_path = NULL')
    tenantId = newId('workspace', 0)
    operator = await stage.caller()
    tenant = await stage.caller(tenantId)
    await create(operator, { kind: 'github', name: 'x', secret: 'It is a secret' }) // the directory forgets
  })

  const create = async (caller: Caller, body: Record<string, unknown>) => {
    const { status, json, text } = await caller('POST', '/sources', { name: 'a source', ...body })
    if (status !== 201) throw new Error(text)
    return json
  }
  const eventsOf = async (caller: Caller, source: { id: string }) =>
    (await caller('GET', `/events?source=${source.id}&limit=100`)).json.data
  let sent = 0
  const message = (more: object = {}) => JSON.stringify({ id: `m${sent++}`, ...more })
  const path = '/webhook/messenger'

  describe('a fixed path', () => {
    it('that nobody claims says what is missing, and that it is worth another try', async () => {
      for (const method of ['POST', 'GET', 'PUT']) {
        const answer = await fetch(stage.url + path, { method })
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60'])
        const problem = (await answer.json()) as Record<string, string>
        expect(problem.code).toBe('FIXED_PATH_UNCLAIMED')
        expect(problem.detail).toContain('MESSENGER_SECRET')
        expect(problem.detail).toContain('"kind":"messenger","fixedPath":true')
      }
    })

    it('takes what its source’s secret proves, and answers as the provider expects', async () => {
      const source = await create(operator, { kind: 'messenger', secret: 'the first secret', fixedPath: true })
      expect(source.fixedPath).toBe(stage.url + path)
      const answer = await stage.post(`${path}?anything=1`, message(), 'the first secret')
      expect([answer.status, answer.text]).toEqual([200, '{"scheduled":1}'])
      expect(await eventsOf(operator, source)).toHaveLength(1)
      expect((await stage.post(`${path}/more`, message(), 'the first secret')).status).toBe(404)
    })

    it('takes Stripe’s own signature', async () => {
      const secret = ['whsec', 'onesecretforthetests'].join('_')
      const source = await create(operator, { kind: 'stripe', secret, fixedPath: true })
      const body = '{"id":"evt_fixed","type":"invoice.paid"}'
      expect((await stage.post(stripePath, body, undefined, stage.signedByStripe(body, secret))).status).toBe(200)
      expect((await eventsOf(operator, source)).map(({ type }: { type: string }) => type)).toEqual([
        'stripe.invoice.paid',
      ])
      expect((await stage.post(stripePath, `${body} `, undefined, stage.signedByStripe(body, secret))).status).toBe(401)
    })

    it('finds among sixteen sources, of several tenants, the one whose secret it is; there is no seventeenth', async () => {
      const sources: { id: string; secret: string; caller: Caller }[] = []
      for (let i = 0; i < 16; i++) {
        const secret = `the secret of ${i}`
        const caller = i % 2 === 0 ? operator : tenant
        sources.push({ ...(await create(caller, { kind: 'messenger', secret, fixedPath: true })), secret, caller })
      }
      const refused = await operator('POST', '/sources', { kind: 'messenger', name: 'x', fixedPath: true })
      expect([refused.status, refused.json.code, refused.json.errors[0].at]).toEqual([409, 'CONFLICT', '/fixedPath'])
      for (const { secret } of sources) expect((await stage.post(path, message(), secret)).status).toBe(200)
      for (const source of sources) {
        expect(await eventsOf(source.caller, source)).toHaveLength(1)
        expect(await eventsOf(source.caller === operator ? tenant : operator, source)).toHaveLength(0)
      }
      const [first] = sources
      await first?.caller('PATCH', `/sources/${first.id}`, { fixedPath: false })
      expect((await stage.post(path, message(), first?.secret)).status).toBe(401)
      await create(tenant, { kind: 'messenger', secret: 'the seventeenth', fixedPath: true })
      expect((await stage.post(path, message(), 'the seventeenth')).status).toBe(200)
    })

    it('answers the same refusal whatever is wrong, and the operator finds the record', async () => {
      const source = await create(operator, { kind: 'messenger', secret: 'the first secret', fixedPath: true })
      await create(tenant, { kind: 'messenger', secret: 'the tenant’s secret', fixedPath: true })
      const answers = [
        await stage.post(path, message()),
        await stage.post(path, message(), 'some other secret'),
        await stage.post(path, message(), undefined, { 'x-signature': 'é'.normalize('NFC') }),
        await stage.post(path, ''),
      ]
      const masked = (text: string) => text.replace(/req_\w+/, 'ID')
      expect(new Set(answers.map(({ status, text }) => `${status} ${masked(text)}`)).size).toBe(1)
      expect(answers[0]?.status).toBe(401)
      const id = JSON.parse(answers[1]?.text ?? '').requestId
      const record = await operator('GET', `/requests/${id}`)
      expect(record.json).toMatchObject({ sourceId: source.id, verdict: 'quarantined', cause: 'SIGNATURE_MISMATCH' })
      expect(record.json.detail).toContain('2 sources share')
      expect((await tenant('GET', `/requests/${id}`)).status).toBe(404)
    })

    it('leaves no record with a tenant of what may be another tenant’s, but a line in the log', async () => {
      const other = await stage.caller(newId('workspace', 0))
      for (const caller of [tenant, other]) await create(caller, { kind: 'messenger', fixedPath: true })
      const { status, text } = await stage.post(path, message())
      const { requestId } = JSON.parse(text)
      expect(status).toBe(401)
      for (const caller of [operator, tenant, other])
        expect((await caller('GET', `/requests/${requestId}`)).status).toBe(404)
      expect(stage.lines.some(({ event, facts }) => event === 'refused' && facts.request === requestId)).toBe(true)
    })

    it('is not found by a source that is disabled, or gone', async () => {
      const source = await create(operator, { kind: 'messenger', secret: 'the first secret', fixedPath: true })
      await operator('PATCH', `/sources/${source.id}`, { status: 'disabled' })
      expect((await stage.post(path, message(), 'the first secret')).status).toBe(503)
      await operator('PATCH', `/sources/${source.id}`, { status: 'enabled' })
      expect((await stage.post(path, message(), 'the first secret')).status).toBe(200)
      await operator('DELETE', `/sources/${source.id}`)
      expect((await stage.post(path, message(), 'the first secret')).status).toBe(503)
    })

    it('lets each of its sources answer its provider’s challenge', async () => {
      for (const verifyToken of ['challenge one', 'challenge two'])
        await create(operator, { kind: 'messenger', config: { verifyToken }, fixedPath: true })
      const ask = async (query: string) => {
        const answer = await fetch(`${stage.url}${path}?${query}`)
        return [answer.status, await answer.text()]
      }
      expect(await ask('mode=subscribe&token=challenge%20two&challenge=42')).toEqual([200, '42'])
      expect(await ask('mode=subscribe&token=challenge%20three&challenge=42')).toEqual([403, 'no'])
      expect((await ask('mode=other'))[0]).toBe(405)
    })

    it('is not asked for in the database for every request', async () => {
      await create(operator, { kind: 'messenger', secret: 'the first secret', fixedPath: true })
      const before = stage.asked.length
      const begin = performance.now()
      for (let i = 0; i < 40; i++) await stage.post(path, message(), 'the first secret')
      const seconds = (performance.now() - begin) / 1000
      expect(stage.asked.length - before).toBeLessThanOrEqual(2 + seconds)
    })

    it('is given up and taken through the API, and refused where there is none', async () => {
      const source = await create(operator, { kind: 'messenger' })
      expect(source.fixedPath).toBeNull()
      const patch = async (body: object) => {
        const { status, json } = await operator('PATCH', `/sources/${source.id}`, body)
        return status === 200 ? json.fixedPath : [status, json.code, json.errors?.[0]?.at]
      }
      expect(await patch({ fixedPath: true })).toBe(stage.url + path)
      expect(await patch({ fixedPath: true })).toBe(stage.url + path)
      expect(await patch({ name: 'renamed' })).toBe(stage.url + path)
      expect(await patch({ token: 'a-token-of-mine' })).toEqual([400, 'INVALID_INPUT', '/token'])
      expect(await patch({ fixedPath: false })).toBeNull()
      const github = { kind: 'github', name: 'x', fixedPath: true }
      const refused = await operator('POST', '/sources', github)
      expect([refused.status, refused.json.errors[0].at]).toEqual([400, '/fixedPath'])
      const { data } = (await operator('GET', '/sources/kinds')).json
      expect(data.map((each: Record<string, unknown>) => [each.kind, each.fixedPath, each.hasToken])).toEqual([
        ['messenger', path, false],
        ['avatar', '/api/avatar/webhook', true],
        ['open', '/open', true],
        ['stripe', stripePath, false],
        ['github', null, false],
      ])
    })
  })

  describe('a token', () => {
    const at = '/api/avatar/webhook'
    const pathOf = (url: string) => url.slice(stage.url.length)

    it('names its source, is shown once, and stands nowhere in clear', async () => {
      const source = await create(operator, { kind: 'avatar', fixedPath: true })
      expect(source.token).toMatch(/^[\w-]{32}$/)
      expect(source.fixedPath).toBe(`${stage.url}${at}?t=${source.token}`)
      const shown = (await operator('GET', `/sources/${source.id}`)).json
      expect(shown.fixedPath).toBe(stage.url + at)
      expect(shown.token).toBeUndefined()
      expect((await stage.post(pathOf(source.fixedPath), message())).status).toBe(200)
      expect(await eventsOf(operator, source)).toHaveLength(1)
      const stored = ['sources', 'source_claims', 'requests', 'events'].map((table) =>
        stage.sql(`SELECT * FROM ${table}`),
      )
      expect(JSON.stringify([await Promise.all(stored), stage.lines])).not.toContain(source.token)
    })

    it('may hold what means something in a URL', async () => {
      const token = 'a+b/c=d&e%f#g?h'
      const source = await create(operator, { kind: 'avatar', fixedPath: true, token })
      expect(source.fixedPath).toBe(`${stage.url}${at}?t=a%2Bb%2Fc%3Dd%26e%25f%23g%3Fh`)
      expect(source.token).toBeUndefined()
      expect((await stage.post(pathOf(source.fixedPath), message())).status).toBe(200)
      expect(await eventsOf(operator, source)).toHaveLength(1)
    })

    it('that is wrong or missing proves nothing, and a signature does without it', async () => {
      const source = await create(operator, { kind: 'avatar', secret: 'the avatar secret', fixedPath: true })
      for (const query of [
        '',
        '?t=',
        '?t=wrong',
        `?t=${source.token}x`,
        `?T=${source.token}`,
        `?t=x&t=${source.token}`,
      ])
        expect([query, (await stage.post(at + query, message())).status]).toEqual([query, 401])
      expect((await stage.post(at, message(), 'the avatar secret')).status).toBe(200)
      expect((await stage.post(`${at}?t=wrong`, message(), 'the avatar secret')).status).toBe(200)
      expect(await eventsOf(operator, source)).toHaveLength(2)
    })

    it('is all that a kind without any proof can be found by', async () => {
      const source = await create(operator, { kind: 'open', fixedPath: true })
      expect((await stage.post('/open', message())).status).toBe(401)
      expect((await stage.post('/open?t=wrong', message())).status).toBe(401)
      expect((await stage.post(pathOf(source.fixedPath), message())).status).toBe(200)
      expect(await eventsOf(operator, source)).toHaveLength(1)
    })

    it('belongs to one source, and is replaced by another', async () => {
      const token = 'one-token-for-all-of-them'
      const source = await create(operator, { kind: 'avatar', fixedPath: true, token })
      const taken = await tenant('POST', '/sources', { kind: 'avatar', name: 'x', fixedPath: true, token })
      expect([taken.status, taken.json.code, taken.json.errors[0].at]).toEqual([409, 'CONFLICT', '/token'])
      expect(taken.text).not.toContain(token)
      const changed = await operator('PATCH', `/sources/${source.id}`, { token: 'another-token' })
      expect(changed.json.fixedPath).toBe(`${stage.url}${at}?t=another-token`)
    })

    it.each([
      '',
      'short',
      'undefined',
      ' a token with a space before it',
      'x'.repeat(501),
      'ünicode token',
      'aaaaaaaaaa',
    ])('that anyone would guess or that no URL can hold (%j) is refused', async (token) => {
      const refused = await operator('POST', '/sources', { kind: 'avatar', name: 'x', fixedPath: true, token })
      expect([refused.status, refused.json.errors[0].at]).toEqual([400, '/token'])
    })
  })

  describe('a route', () => {
    const open = (fixedPath = true) =>
      create(operator, { kind: 'messenger', secret: 'the first secret', fixedPath, customer: 'own' })
    const put = (caller: Caller, source: { id: string }, route: string, body: object = {}) =>
      caller('PUT', `/sources/${source.id}/routes/${route}`, body)

    it('gives its events to another workspace and customer; those of no route stay the source’s own', async () => {
      const source = await open()
      expect((await put(operator, source, 'pn_1', { workspaceId: tenantId, customer: 'acme' })).json).toMatchObject({
        route: 'pn_1',
        workspaceId: tenantId,
        customer: 'acme',
      })
      expect((await put(operator, source, 'pn_2', { customer: 'other' })).status).toBe(200)
      const batch = `[${[{ to: 'pn_1' }, { to: 'pn_2' }, { to: 'pn_3' }, {}].map(message).join()}]`
      const answer = await stage.post(path, batch, 'the first secret')
      expect([answer.status, answer.text]).toEqual([200, '{"scheduled":4}'])
      const theirs = await eventsOf(tenant, source)
      expect(theirs.map(({ customer }: { customer: string }) => customer)).toEqual(['acme'])
      const ours = await eventsOf(operator, source)
      expect(ours.map(({ customer }: { customer: string }) => customer).sort()).toEqual(['other', 'own', 'own'])
    })

    it('shows a tenant its own message and nothing of the request that it came in', async () => {
      const source = await open()
      await put(operator, source, 'pn_1', { workspaceId: tenantId })
      const [mine, theirs] = [message({ to: 'pn_1', text: 'for the tenant' }), message({ text: 'for somebody else' })]
      await stage.post(path, `[${mine},${theirs}]`, 'the first secret')
      const [event] = await eventsOf(tenant, source)
      expect((await tenant('GET', `/events/${event.id}`)).json.data.text).toBe('for the tenant')
      expect((await tenant('GET', `/events/${event.id}/body`)).text).toBe(mine)
      expect((await tenant('GET', `/requests/${event.requestId}`)).status).toBe(404)
      expect((await tenant('GET', `/sources/${source.id}`)).status).toBe(404)
      expect((await tenant('GET', `/sources/${source.id}/routes`)).status).toBe(404)
      expect((await operator('GET', `/events/${event.id}`)).status).toBe(404)
      const record = (await operator('GET', `/requests/${event.requestId}`)).json
      expect(record).toMatchObject({ sourceId: source.id, verdict: 'verified', cause: 'SHARED' })
    })

    it('of a repeat is where the first one went', async () => {
      const source = await open()
      const body = message({ to: 'pn_1' })
      await stage.post(path, body, 'the first secret')
      await put(operator, source, 'pn_1', { workspaceId: tenantId })
      await stage.post(path, body, 'the first secret')
      expect([(await eventsOf(operator, source)).length, (await eventsOf(tenant, source)).length]).toEqual([1, 0])
      await stage.post(path, message({ to: 'pn_1' }), 'the first secret')
      expect([(await eventsOf(operator, source)).length, (await eventsOf(tenant, source)).length]).toEqual([1, 1])
    })

    it('that is unknown is stored and answered as any other, and counted', async () => {
      const source = await open()
      for (const to of ['pn_new', 'pn_new', 'pn_other', 'x'.repeat(5000), 'with space', '\u0000'])
        expect((await stage.post(path, message({ to }), 'the first secret')).status).toBe(200)
      const listed = async () => (await operator('GET', `/sources/${source.id}/routes`)).json
      await expect
        .poll(async () => (await listed()).unknown, { timeout: 5000 })
        .toEqual([
          expect.objectContaining({ route: 'pn_other', count: 1 }),
          { route: 'pn_new', count: 2, firstSeenAt: expect.any(String), lastSeenAt: expect.any(String) },
        ])
      await put(operator, source, 'pn_new')
      expect((await listed()).unknown.map(({ route }: { route: string }) => route)).toEqual(['pn_other'])
      expect((await listed()).data).toMatchObject([{ route: 'pn_new', customer: null }])
      expect(await eventsOf(operator, source)).toHaveLength(6)
    })

    it('to another workspace is the operator’s to set, and a tenant’s lead to its own customers', async () => {
      const source = await create(tenant, { kind: 'messenger' })
      expect((await put(tenant, source, 'pn_1', { customer: 'acme' })).json.workspaceId).toBe(tenantId)
      expect((await put(tenant, source, 'pn_1', { customer: 'acme', workspaceId: tenantId })).status).toBe(200)
      const there = await put(tenant, source, 'pn_1', { workspaceId: 'ws_00000000000000000000000000' })
      const nowhere = await put(tenant, source, 'pn_1', { workspaceId: 'ws_none' })
      for (const { status, json } of [there, nowhere]) expect([status, json.code]).toEqual([403, 'SCOPE_MISSING'])
      const own = await open()
      const unknown = await put(operator, own, 'pn_1', { workspaceId: 'ws_none' })
      expect([unknown.status, unknown.json.errors[0].at]).toEqual([400, '/workspaceId'])
      expect((await put(tenant, own, 'pn_1', {})).status).toBe(404)
      expect((await tenant('DELETE', `/sources/${own.id}/routes/pn_1`)).status).toBe(404)
    })

    it('is listed page by page, is anything that a path can hold, and is taken away', async () => {
      const source = await open()
      const names = ['+62 812'.replace(' ', ''), '106540352242922', 'a/b?c#d%', 'acct_1']
      for (const name of names) expect((await put(operator, source, encodeURIComponent(name))).json.route).toBe(name)
      const first = (await operator('GET', `/sources/${source.id}/routes?limit=3`)).json
      const next = (await operator('GET', `/sources/${source.id}/routes?limit=3&cursor=${first.nextCursor}`)).json
      const seen = [...first.data, ...next.data].map(({ route }) => route)
      expect(seen).toEqual([...names].sort())
      expect((await put(operator, source, encodeURIComponent('white space'))).status).toBe(400)
      expect((await operator('DELETE', `/sources/${source.id}/routes/acct_1`)).status).toBe(204)
      expect((await operator('DELETE', `/sources/${source.id}/routes/acct_1`)).status).toBe(404)
      const news = (await operator('GET', '/events?type=trunkline.source.route.*')).json.data
      expect(news[0]).toMatchObject({ type: 'trunkline.source.route.deleted', subject: source.id, customer: 'own' })
    })
  })

  describe('a paused source', () => {
    it('takes its requests, says how many it holds, and makes their events in order when it is resumed', async () => {
      const source = await create(operator, { kind: 'messenger', secret: 'the first secret', fixedPath: true })
      const set = async (status: string) => (await operator('PATCH', `/sources/${source.id}`, { status })).json
      expect(await set('paused')).toMatchObject({ status: 'paused', held: 0 })
      for (let n = 0; n < 30; n++) {
        const answer = await stage.post(n % 2 ? path : new URL(source.url).pathname, message({ n }), 'the first secret')
        expect([answer.status, answer.text]).toEqual([200, '{"scheduled":0}'])
      }
      expect((await stage.post(path, message(), 'a wrong secret')).status).toBe(401)
      expect(await eventsOf(operator, source)).toEqual([])
      expect((await operator('GET', `/sources/${source.id}`)).json).toMatchObject({ status: 'paused', held: 30 })
      const listed = (await operator('GET', '/sources?limit=100')).json.data
      expect(listed.find(({ id }: { id: string }) => id === source.id).held).toBe(30)
      expect((await operator('DELETE', `/sources/${source.id}`)).status).toBe(409)
      expect((await set('enabled')).status).toBe('enabled')
      for (let n = 30; n < 40; n++) await stage.post(path, message({ n }), 'the first secret')
      await expect.poll(() => eventsOf(operator, source), { timeout: 10_000 }).toHaveLength(40)
      const order: number[] = []
      for (const { id } of (await eventsOf(operator, source)).reverse())
        order.push((await operator('GET', `/events/${id}`)).json.data.n)
      expect(order).toEqual(Array.from({ length: 40 }, (_, n) => n))
      expect((await operator('GET', `/sources/${source.id}`)).json).toMatchObject({ status: 'enabled', held: 0 })
    })

    it('holds what it has while it is disabled', async () => {
      const source = await create(operator, { kind: 'messenger', secret: 'the first secret', fixedPath: true })
      const set = (status: string) => operator('PATCH', `/sources/${source.id}`, { status })
      await set('paused')
      await stage.post(path, message(), 'the first secret')
      expect((await set('disabled')).json).toMatchObject({ status: 'disabled', held: 1 })
      expect((await stage.post(path, message(), 'the first secret')).status).toBe(503)
      await set('enabled')
      await expect.poll(() => eventsOf(operator, source), { timeout: 10_000 }).toHaveLength(1)
    })
  })
})

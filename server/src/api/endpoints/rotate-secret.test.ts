import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { makeSigningSecret, secretsOf } from '../../outbound/signature/signing-secret.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(() => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(() => api[Symbol.asyncDispose]())

const hourMs = 3_600_000
const text = (n: number) => `secret-number-${n}-of-the-tests`

async function create(body: object = {}): Promise<{ id: string; secret: string }> {
  return (await caller.post('/endpoints', { url: 'https://example.com/hooks', ...body })).json
}
const rotate = (id: string, body: unknown = {}) => caller.post(`/endpoints/${id}/rotate-secret`, body)
/** The secrets that sign now. */
async function signing(id: string): Promise<string[]> {
  const endpoint = await api.storage.reads.endpoints.read(caller.workspaceId, id)
  return endpoint ? secretsOf(endpoint, api.seal, api.clock.now()).map((each) => each.text) : []
}
const inTime = (ms: number) => new Date(api.clock.now() + ms).toISOString()
const refusalOf = ({ status, json }: Awaited<ReturnType<typeof rotate>>) => [status, json.code, json.errors?.[0]?.at]

describe('rotating the secret of an endpoint', () => {
  it('makes one, shows it this once, and lets the former one sign for a day', async () => {
    const { id, secret } = await create()
    const { status, json } = await rotate(id)
    expect(status).toBe(200)
    expect(json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(json.secret).not.toBe(secret)
    expect(json.formerSecrets).toEqual([{ signsUntil: inTime(24 * hourMs) }])
    expect(await signing(id)).toEqual([json.secret, secret])
    expect(api.stirred).toContain(id)
    const shown = await caller.get(`/endpoints/${id}`)
    const { secret: _, ...rest } = json
    expect(shown.json).toMatchObject(rest)
    expect(shown.json).not.toHaveProperty('secret')
    expect(shown.text).not.toMatch(/whsec_|sealed/)

    api.clock.advance(24 * hourMs - 1)
    expect(await signing(id)).toHaveLength(2)
    api.clock.advance(1)
    expect(await signing(id)).toEqual([json.secret])
    expect((await caller.get(`/endpoints/${id}`)).json.formerSecrets).toEqual([])
  })

  it('is told as an event of its own, without the secret', async () => {
    const { id, secret } = await create({ customer: 'acme' })
    const { json } = await rotate(id, { overlapHours: 1 })
    await rotate(id, { overlapHours: 0 })
    const { data } = (await caller.get('/events?type=trunkline.endpoint.secret_rotated')).json
    expect(data).toMatchObject([
      { customer: 'acme', subject: id },
      { customer: 'acme', subject: id },
    ])
    const [last, first] = await Promise.all(data.map((each: { id: string }) => caller.get(`/events/${each.id}`)))
    expect(first.json.data).toEqual({ id, formerSignUntil: inTime(hourMs) })
    expect(last.json.data).toEqual({ id, formerSignUntil: null })
    for (const each of [secret, json.secret]) expect(first.text + last.text).not.toContain(each)
  })

  it('takes one that is given', async () => {
    const { id, secret } = await create()
    const own = makeSigningSecret()
    expect((await rotate(id, { secret: own, overlapHours: 168 })).json.secret).toBe(own)
    expect(await signing(id)).toEqual([own, secret])
    expect(JSON.stringify(api.storage.sql('SELECT * FROM endpoints'))).not.toContain(own)
  })

  it('without an overlap ends the former ones at once', async () => {
    const { id } = await create()
    await rotate(id)
    const { json } = await rotate(id, { overlapHours: 0 })
    expect(json.formerSecrets).toEqual([])
    expect(await signing(id)).toEqual([json.secret])
  })

  it('to the current secret ends the overlap earlier, never later, and changes nothing else', async () => {
    const { id, secret } = await create()
    const { json } = await rotate(id, { overlapHours: 2 })
    const again = (overlapHours: number) => rotate(id, { secret: json.secret, overlapHours })
    expect((await again(100)).json.formerSecrets).toEqual([{ signsUntil: inTime(2 * hourMs) }])
    expect(await signing(id)).toEqual([json.secret, secret])
    expect((await again(1)).json.formerSecrets).toEqual([{ signsUntil: inTime(hourMs) }])
    expect((await again(0)).json.formerSecrets).toEqual([])
    expect(await signing(id)).toEqual([json.secret])
  })

  it('back to the former one is possible while that still signs', async () => {
    const { id, secret } = await create()
    const { json } = await rotate(id)
    await rotate(id, { secret, overlapHours: 1 })
    expect(await signing(id)).toEqual([secret, json.secret])
  })

  it('has two former ones sign at most, and says when there is room again', async () => {
    const { id, secret } = await create()
    const [first, second] = [(await rotate(id, { overlapHours: 1 })).json, (await rotate(id)).json]
    const refused = await rotate(id)
    expect([refused.status, refused.json.code]).toEqual([409, 'CONFLICT'])
    expect(refused.json.detail).toContain(inTime(hourMs))
    expect(await signing(id)).toEqual([second.secret, first.secret, secret])
    api.clock.advance(hourMs)
    expect((await rotate(id)).status).toBe(200)
  })

  it('by two at once is done by one of them, or by both one after the other', async () => {
    const { id } = await create()
    const answers = await Promise.all([rotate(id), rotate(id)])
    const done = answers.filter(({ status }) => status === 200).length
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([])
    expect(done).toBeGreaterThan(0)
    expect(await signing(id)).toHaveLength(1 + done)
  })

  it.each([
    [{ secret: '' }, 422, 'ENDPOINT_SECRET_REFUSED', '/secret'],
    [{ secret: 'whsec_opencom_test' }, 422, 'ENDPOINT_SECRET_REFUSED', '/secret'],
    [{ secret: text(1) }, 422, 'ENDPOINT_SECRET_REFUSED', '/secret'],
    [{ secret: `whsec_${Buffer.alloc(23, 'pears').toString('base64')}` }, 422, 'ENDPOINT_SECRET_REFUSED', '/secret'],
    [{ secret: `whsec_${Buffer.alloc(32).toString('base64')}` }, 422, 'ENDPOINT_SECRET_REFUSED', '/secret'],
    [{ secret: 'x'.repeat(257) }, 400, 'INVALID_INPUT', '/secret'],
    [{ secret: null }, 400, 'INVALID_INPUT', '/secret'],
    [{ overlapHours: 169 }, 400, 'INVALID_INPUT', '/overlapHours'],
    [{ overlapHours: -1 }, 400, 'INVALID_INPUT', '/overlapHours'],
    [{ keep: true }, 400, 'INVALID_INPUT', '/'],
  ])('refuses %j', async (body, status, code, at) => {
    const { id, secret } = await create()
    expect(refusalOf(await rotate(id, body))).toEqual([status, code, at])
    expect(await signing(id)).toEqual([secret])
  })

  it('of another workspace’s endpoint, or of none, finds nothing', async () => {
    const { id, secret } = await create()
    const stranger = api.caller(newId('workspace', api.clock.now()))
    for (const each of [id, 'ep_none']) {
      const answer = await stranger.post(`/endpoints/${each}/rotate-secret`, {})
      expect([answer.status, answer.json.code]).toEqual([404, 'NOT_FOUND'])
    }
    expect(await signing(id)).toEqual([secret])
  })
})

describe('a secret of one’s own', () => {
  it('can be any strong text where the signatures use it as it is', async () => {
    const { id, secret } = await create({ signatures: ['github', 'opencom', 'remotedev', 'stripe'], secret: text(0) })
    expect(secret).toBe(text(0))
    await rotate(id, { secret: text(1) })
    expect(await signing(id)).toEqual([text(1), text(0)])
  })

  it.each([
    'too short',
    '0'.repeat(64),
    'abcabcabcabcabcabcabc',
    'Zoë and sixteen more',
    ' sixteen-and-more-of-them',
    'a text with blanks in it',
  ])('cannot be %j', async (secret) => {
    const answer = await caller.post('/endpoints', { url: 'https://example.com/', signatures: ['github'], secret })
    expect(refusalOf(answer)).toEqual([422, 'ENDPOINT_SECRET_REFUSED', '/secret'])
    expect(answer.text).not.toContain(secret)
  })

  it('that is no whsec_ keeps signatures away that need one, until it is rotated', async () => {
    const { id } = await create({ signatures: ['github'], secret: text(0) })
    const set = (signatures: string[]) => caller.patch(`/endpoints/${id}`, { signatures })
    expect(refusalOf(await set(['github', 'standard']))).toEqual([422, 'ENDPOINT_SECRET_REFUSED', '/signatures'])
    expect(refusalOf(await set(['svix']))).toEqual([422, 'ENDPOINT_SECRET_REFUSED', '/signatures'])
    expect((await set(['stripe', 'ed25519'])).status).toBe(200)
    await rotate(id)
    expect((await set(['github', 'standard'])).json.signatures).toEqual(['github', 'standard'])
    expect(refusalOf(await rotate(id, { secret: text(1) }))).toEqual([422, 'ENDPOINT_SECRET_REFUSED', '/secret'])
  })

  it('never meets signatures that cannot use it, also when both are changed at once', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await create({ signatures: ['github'] })
      await Promise.all([
        caller.patch(`/endpoints/${id}`, { signatures: ['standard'] }),
        rotate(id, { secret: text(round), overlapHours: 0 }),
      ])
      const { signatures } = (await caller.get(`/endpoints/${id}`)).json
      const [secret = ''] = await signing(id)
      expect(signatures.includes('standard') ? secret : 'whsec_').toMatch(/^whsec_/)
    }
  })
})

describe('the signatures of an endpoint', () => {
  it('are `standard` unless it says otherwise, and are shown with the public key that they need', async () => {
    const { id } = await create()
    expect((await caller.get(`/endpoints/${id}`)).json).toMatchObject({ signatures: ['standard'], publicKey: null })
    const signatures = ['svix', 'ed25519', 'standard']
    const { json } = await caller.patch(`/endpoints/${id}`, { signatures })
    expect(json).toMatchObject({ signatures, publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/) })
    const [jwk] = (await api.call('GET', '/.well-known/jwks.json', undefined)).json.keys
    expect(json.publicKey).toBe(`whpk_${Buffer.from(jwk.x, 'base64url').toString('base64')}`)
  })

  it.each([
    [[], '/signatures'],
    ['standard', '/signatures'],
    [['standard', 'standard'], '/signatures'],
    [['standard', 'md5'], '/signatures/1'],
    [null, '/signatures'],
  ])('cannot be %j', async (signatures, at) => {
    const answer = await caller.post('/endpoints', { url: 'https://example.com/', signatures })
    expect(refusalOf(answer)).toEqual([400, 'INVALID_INPUT', at])
  })
})

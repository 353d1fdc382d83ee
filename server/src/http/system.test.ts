import { KeyObject, verify } from 'node:crypto'
import Fastify from 'fastify'
import { createRemoteJWKSet } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAuthenticate } from '../access/authenticate.ts'
import { type Credential, hashKey, makeKey } from '../access/credential.ts'
import { openTestApi, type TestApi } from '../api/exercise-api.ts'
import { operations } from '../api/operations.ts'
import { fakeClock } from '../base/clock.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { sign } from '../outbound/signature/exercise-sign.ts'
import { makeSigningSecret, signingSecret } from '../outbound/signature/signing-secret.ts'
import { openApiDocument } from './openapi.ts'
import { createHttpServer, listen, stopServing } from './serve.ts'
import { mountSystem } from './system.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
beforeEach(() => {
  for (const role of Object.keys(api.faults)) delete api.faults[role]
})
afterAll(() => api[Symbol.asyncDispose]())

const get = (path: string, key?: string) => api.call('GET', path, key)

describe('/health', () => {
  it('says that the process lives, to anybody, whatever else is wrong', async () => {
    api.faults.accept = 'the database takes no writes'
    expect(await get('/health')).toMatchObject({ status: 200, json: { status: 'ok', version: '1.2.3' } })
  })
})

describe('/ready', () => {
  it('says that the server can do its work', async () => {
    expect(await get('/ready')).toMatchObject({
      status: 200,
      json: { status: 'ready', faults: [], roles: { accept: 'ready', deliver: 'ready' } },
    })
  })

  it('says what keeps it from that', async () => {
    api.faults.accept = 'the database takes no writes: the disk is full'
    expect(await get('/ready')).toMatchObject({
      status: 503,
      json: {
        status: 'not ready',
        faults: ['the database takes no writes: the disk is full'],
        roles: { accept: 'not ready', deliver: 'ready' },
      },
    })
  })

  it('says a fault that keeps several roles from their work once', async () => {
    api.faults.accept = 'the database is gone'
    api.faults.deliver = 'the database is gone'
    expect((await get('/ready')).json).toMatchObject({ faults: ['the database is gone'] })
  })

  it('sends balancers away from a server that is about to stop', async () => {
    api.leave()
    expect(await get('/ready')).toMatchObject({ status: 503, json: { status: 'stopping', faults: [] } })
  })
})

describe('/.well-known/jwks.json', () => {
  it('shows the public keys to anybody, for an hour, and nothing that is secret', async () => {
    const { status, headers, text } = await get('/.well-known/jwks.json')
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/jwk-set+json; charset=utf-8',
      'public, max-age=3600',
    ])
    expect(JSON.parse(text)).toEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: expect.stringMatching(/^[\w-]{43}$/),
          use: 'sig',
          alg: 'EdDSA',
          kid: expect.stringMatching(/^[\w-]{43}$/),
        },
      ],
    })
  })
})

describe('a receiver that knows the address of the public keys', () => {
  it('verifies an Ed25519 signature with them, by a library for JOSE', async () => {
    const server = createHttpServer([api.route])
    const port = await listen(server, 0, '127.0.0.1')
    const findKey = createRemoteJWKSet(new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`))
    const body = Buffer.from('{"type":"a.b","data":"Zoë"}')
    const message = {
      eventId: 'evt_1',
      deliveryId: 'dlv_1',
      eventType: 'a.b',
      attempts: 0,
      atMs: 1_769_000_000_000,
      body,
    }
    const keys = { secrets: [signingSecret(makeSigningSecret())] as const, privateKey: api.signing.privateKey }
    const { 'webhook-signature': signature = '' } = sign(message, ['ed25519'], keys)

    const key = await findKey({ alg: 'EdDSA', kid: api.signing.jwk.kid })
    if (!(key instanceof KeyObject)) throw new Error('it is no public key')
    const proof = Buffer.from(signature.slice('v1a,'.length), 'base64')
    const isGenuine = (signed: string) => verify(null, Buffer.from(signed), key, proof)
    expect(isGenuine(`evt_1.1769000000.${body}`)).toBe(true)
    expect(isGenuine(`evt_2.1769000000.${body}`)).toBe(false)
    await expect(findKey({ alg: 'EdDSA', kid: 'another' })).rejects.toThrow('no applicable key')
    await stopServing(server)
  })
})

describe('/metrics', () => {
  it('are shown to a key that may read them, as text', async () => {
    const answer = await get('/metrics', api.caller(defaultWorkspaceId, ['metrics.read']).key)
    expect([answer.status, answer.text]).toEqual([200, 'trunkline_up 1\n'])
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  })

  it('are shown to nobody else', async () => {
    expect(await get('/metrics')).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } })
    const key = api.caller(defaultWorkspaceId, ['events.read']).key
    expect(await get('/metrics', key)).toMatchObject({ status: 403, json: { code: 'SCOPE_MISSING' } })
  })
})

describe('/openapi.json', () => {
  it('is shown to anybody', async () => {
    const answer = await get('/openapi.json')
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
    expect(answer.json).toEqual(openApiDocument('/api/v1', operations))
  })
})

it('/metrics are shown to who was good for them when the database could be asked last, for ten minutes', async () => {
  const clock = fakeClock()
  const key = makeKey()
  const credential = (await api.storage.reads.credentials.byHash(hashKey(api.caller().key))) as Credential
  let isAway = false
  let isRevoked = false
  const byHash = (hash: string) =>
    isAway
      ? Promise.reject(new StoreUnavailable('gone'))
      : Promise.resolve(hash === hashKey(key) && !isRevoked ? credential : undefined)
  const app = Fastify()
  mountSystem(
    app,
    {
      version: '1.2.3',
      publicKeys: [],
      metrics: async () => ({ contentType: 'text/plain', text: 'trunkline_store_up 0' }),
      isLeaving: () => false,
      faults: () => ({}),
      isPrivate: false,
      clock,
    },
    createAuthenticate({ reads: { byHash }, clock }),
  )
  const scrape = async (by: string) =>
    (await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${by}` } })).statusCode === 200
  const stranger = makeKey()
  expect([await scrape(key), await scrape(stranger)]).toEqual([true, false])
  isAway = true
  clock.advance(9 * 60_000)
  expect([await scrape(key), await scrape(stranger)]).toEqual([true, false])
  clock.advance(60_000)
  expect(await scrape(key)).toBe(false)
  isAway = false
  expect(await scrape(key)).toBe(true)
  clock.advance(60_000)
  isRevoked = true
  expect(await scrape(key)).toBe(false)
  isAway = true
  clock.advance(60_000)
  expect(await scrape(key)).toBe(false)
  await app.close()
})

import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { secretFor } from '../src/inbound/exercise-secret.ts'
import { makeStandardSecret } from '../src/inbound/signature/secret.ts'
import { sourceDefinitions } from '../src/inbound/sources/index.ts'
import type { Answer } from './api.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { apiKey, createSource, startTrunkline, type TestSource, type Trunkline, testSource } from './trunkline.ts'

const body = '{"id":"evt_forged","type":"invoice.paid"}'

interface Forgery {
  kind: string
  name: string
  cause: string
  send(source: TestSource): Promise<Answer>
}

const minutes = 60_000

/** Every kind that signs the body, and the header that holds its signature. */
const signatureOf: Readonly<Record<string, string>> = {
  clerk: 'svix-signature',
  discord: 'x-signature-ed25519',
  github: 'x-hub-signature-256',
  gitlab: 'webhook-signature',
  hmac: 'x-webhook-signature',
  kapso: 'x-webhook-signature',
  linear: 'linear-signature',
  'meta-whatsapp': 'x-hub-signature-256',
  openai: 'webhook-signature',
  openclaw: 'x-openclaw-signature',
  shopify: 'x-shopify-hmac-sha256',
  slack: 'x-slack-signature',
  'standard-webhooks': 'webhook-signature',
  stripe: 'stripe-signature',
  tavus: 'x-tavus-signature',
  twilio: 'x-twilio-signature',
}
/** Those that show a token instead. */
const tokenOf: Readonly<Record<string, string>> = { cloudevents: 'authorization' }
/** Those that prove nothing, so that nothing of theirs is forged. */
const unproven = ['generic']
/** Those that sign a time outside of the body. */
const timed = ['clerk', 'discord', 'gitlab', 'openai', 'slack', 'standard-webhooks', 'stripe']

/** What makes those prove themselves that need not, and those sign that know another way. */
const settings: Readonly<Record<string, Record<string, unknown>>> = {
  cloudevents: { secret: randomBytes(16).toString('hex') },
  gitlab: { secret: makeStandardSecret() },
  openclaw: { config: { proof: 'required' } },
  tavus: { config: { proof: 'required' } },
}

const forgeries: readonly Forgery[] = [
  ...Object.entries({ ...signatureOf, ...tokenOf }).flatMap(([kind, header]) => [
    forgery(kind, 'no proof', 'MISSING_SIGNATURE', (source) => source.post(body, without(source, header))),
    forgery(kind, 'an empty one', 'MALFORMED_SIGNATURE', (source) => source.post(body, { headers: { [header]: '' } })),
    forgery(kind, 'a senseless one', 'MALFORMED_SIGNATURE', (source) =>
      source.post(body, { headers: { [header]: 'yes' } }),
    ),
    forgery(kind, 'another secret', 'SIGNATURE_MISMATCH', (source) => stranger(source).post(body)),
  ]),
  ...Object.keys(signatureOf).flatMap((kind) => [
    forgery(kind, 'another body', 'SIGNATURE_MISMATCH', (source) =>
      source.post(body.replace('paid', 'void'), { headers: source.sign(body) }),
    ),
    forgery(kind, 'one byte more', 'SIGNATURE_MISMATCH', (source) =>
      source.post(`${body}\n`, { headers: source.sign(body) }),
    ),
  ]),
  ...timed.flatMap((kind) => [
    forgery(kind, 'a time long past', 'STALE', (source) => source.post(body, { nowMs: Date.now() - 6 * minutes })),
    forgery(kind, 'a time to come', 'FROM_FUTURE', (source) => source.post(body, { nowMs: Date.now() + 6 * minutes })),
  ]),
]

function forgery(kind: string, name: string, cause: string, send: Forgery['send']): Forgery {
  return { kind, name, cause, send }
}

/** The same provider, whose customer is somebody else: it signs for the same address with their secret. */
function stranger({ sender, id, url, address, secret }: TestSource): TestSource {
  const definition = sourceDefinitions.get(sender.kind)
  if (!definition) throw new Error(`there is no kind ${sender.kind}`)
  const theirs = secret.startsWith('whsec_') ? makeStandardSecret() : secretFor(sender, definition).theirs
  return testSource(sender, id, url, theirs, address)
}

/** A message whose headers have no signature. */
function without(source: TestSource, header: string) {
  const headers = Object.entries(source.sign(body)).filter(([name]) => name !== header)
  return { isBare: true, headers: Object.fromEntries(headers) }
}

describe.each(engines)('what is wrongly signed is refused by a server on $name', (engine) => {
  let trunkline: Trunkline
  const sources = new Map<string, TestSource>()
  const answers: { forgery: Forgery; answer: Answer }[] = []
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    for (const kind of new Set(forgeries.map((each) => each.kind))) {
      sources.set(kind, await createSource(trunkline, kind, settings[kind]))
    }
    for (const each of forgeries) {
      const source = sources.get(each.kind)
      if (source) answers.push({ forgery: each, answer: await each.send(source) })
    }
  })

  it('of every kind that can be forged', () => {
    expect([...sources.keys(), ...unproven].sort()).toEqual([...sourceDefinitions.keys()])
  })

  it('with the same 401 whatever the cause, but for the request id', () => {
    expect(answers.map(({ answer }) => answer.status)).toEqual(forgeries.map(() => 401))
    const texts = answers.map(({ answer }) => answer.text.replace(answer.json.requestId, ''))
    expect(new Set(texts).size, texts.join('\n')).toBe(1)
    expect(answers[0]?.answer.json).toMatchObject({
      code: 'SIGNATURE_REFUSED',
      requestId: expect.stringMatching(/^req_/),
    })
    expect(new Set(answers.map(({ answer }) => answer.json.requestId)).size).toBe(forgeries.length)
    const headers = answers.map(({ answer }) =>
      JSON.stringify([...answer.headers].filter(([name]) => name !== 'date' && name !== 'content-length')),
    )
    expect(new Set(headers).size, headers.join('\n')).toBe(1)
  })

  it('and tells its operator why', async () => {
    const { api, place, server } = trunkline
    // As it was refused: when it is opened, a better cause may be found.
    const kept = new Map((await place.rows('SELECT id, cause FROM requests')).map(({ id, cause }) => [id, cause]))
    for (const { forgery, answer } of answers) {
      const cause = kept.get(answer.json.requestId)
      const record = await api.get(`/requests/${answer.json.requestId}`)
      const found = { kind: forgery.kind, name: forgery.name, cause, verdict: record.json.verdict }
      expect(found).toEqual({ kind: forgery.kind, name: forgery.name, cause: forgery.cause, verdict: 'quarantined' })
      expect(record.json.detail).not.toBe('')
      expect(record.json.headers.length).toBeGreaterThan(3)
      await eventually('the line of the log', () => server.output().includes(answer.json.requestId))
    }
    const metrics = await (
      await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })
    ).text()
    expect(metrics).toMatch(/^trunkline_requests_total\{kind="stripe",verdict="quarantined",cause="STALE"\} 1$/m)
  })

  it('and kept whole, without making an event', async () => {
    const { place } = trunkline
    const kept = await place.rows('SELECT body, body_bytes, verdict FROM requests')
    expect(kept).toHaveLength(forgeries.length)
    for (const { body: bytes, body_bytes: size, verdict } of kept) {
      expect([verdict, (bytes as Uint8Array).byteLength]).toEqual(['quarantined', Number(size)])
    }
    expect(await place.rows('SELECT id FROM events WHERE source_id IS NOT NULL')).toEqual([])
  })

  it('and of one sender network only the newest thousand of each source are kept', async () => {
    const { place } = trunkline
    const source = await createSource(trunkline, 'github')
    const forge = () => source.post(body, { headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } })
    const first = await forge()
    for (let i = 0; i < 21; i++) await Promise.all(Array.from({ length: 50 }, forge))
    const last = await forge()
    const kept = await place.rows('SELECT id FROM requests WHERE source_id = ?', [source.id])
    expect(kept).toHaveLength(1000)
    const ids = new Set(kept.map(({ id }) => id))
    expect(ids.has(last.json.requestId)).toBe(true)
    expect(ids.has(first.json.requestId)).toBe(false)
  })
})

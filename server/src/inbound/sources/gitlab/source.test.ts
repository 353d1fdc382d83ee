import { readFileSync } from 'node:fs'
import { gitlab as sender } from '@trunkline/senders'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf, withoutHeader } from '../../exercise-source-trial.ts'
import { exerciseTokenSource } from '../../exercise-token-source.ts'
import { readable } from '../../readable.ts'
import { Headers, type Incoming, type Verdict } from '../../source.ts'
import gitlab from './source.ts'

const now = 1_769_000_000_000
const token = 'only the two of us know'.replaceAll(' ', '-')
const signing = secretOf('thirty-two bytes for these tests')
const verified: Verdict = { kind: 'verified' }

exerciseSource(gitlab, {
  accepts: [
    {
      fixture: 'fixtures/push.json',
      gives: { type: 'gitlab.push', subject: 'orchard-labs/pear', dedupeKey: 'msg_1' },
    },
    { fixture: 'fixtures/merge-request.json', event: 'merge_request', gives: { type: 'gitlab.merge_request' } },
    {
      fixture: 'fixtures/project-create.json',
      gives: { type: 'gitlab.project_create', subject: 'orchard-labs/quince' },
    },
  ],
  secret: signing,
  otherSecret: secretOf('another thirty-two bytes of them'),
  sign: (message) => signed(message),
  proof: {
    headers: ['webhook-signature', 'webhook-id', 'webhook-timestamp'],
    encoding: 'base64',
    foreign: [
      ['v1,', 'v1a,'],
      ['v1,', 'v2,'],
      ['v1,', 'V1,'],
      ['v1,', ''],
    ],
    several: { join: (values) => values.join(' '), unknown: ['v1a,c29tZXRoaW5n', 'v2,anything', 'odd', ''] },
    toleranceSeconds: 300,
    idHeader: 'webhook-id',
  },
})

exerciseTokenSource(gitlab, {
  accepts: ['fixtures/push.json', 'fixtures/merge-request.json'],
  secret: token,
  otherSecret: 'another one'.replaceAll(' ', '-'),
  header: 'x-gitlab-token',
})

describe('GitLab with a secret token', () => {
  const sent = (key = token) =>
    request(sender.sign({ body: fixture('push.json'), secret: key, nowMs: now, id: 'key-1' }))

  it('is taken at its word when it knows the token', () => {
    expect(judge(sent(), [token])).toEqual(verified)
    expect(judge(sent(), ['another-token', token])).toEqual(verified)
    expect(judge(sent('another-token'), [token])).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    expect(judge(withoutHeader(sent(), 'x-gitlab-token'), [token])).toMatchObject({ cause: 'MISSING_SIGNATURE' })
    expect(judge(sent(), [])).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    for (const guess of ['', 'undefined', 'secret']) expect(judge(sent(guess), [guess]).kind, guess).toBe('refused')
  })

  it('finds nothing in a signature that only the other secret could have made', () => {
    const forged = signed({
      body: fixture('push.json'),
      secret: secretOf('anything at all, thirty-two byte'),
      nowMs: now,
      id: 'a',
    })
    expect(judge(request({ ...forged, 'x-gitlab-token': 'wrong' }), [token])).toMatchObject({ kind: 'refused' })
  })

  it('never takes a signing token that came in a header', () => {
    expect(judge(request({ 'x-gitlab-token': signing }), [signing])).toMatchObject({ cause: 'MISSING_SIGNATURE' })
    expect(judge(request({ 'x-gitlab-token': signing }), [signing, token])).toMatchObject({
      cause: 'SIGNATURE_MISMATCH',
    })
  })
})

describe('GitLab with a signing token', () => {
  it('signs as the library of Standard Webhooks does', () => {
    const body = fixture('push.json')
    const signature = new Webhook(signing).sign('key-1', new Date(now), body.toString())
    const headers = { 'webhook-id': 'key-1', 'webhook-timestamp': String(now / 1000), 'webhook-signature': signature }
    expect(judge(request(headers), [signing])).toEqual(verified)
    expect(sender.sign({ body, secret: signing, nowMs: now, id: 'key-1' })).toMatchObject(headers)
  })

  it('may come beside the secret token while a source changes over', () => {
    const both = {
      ...signed({ body: fixture('push.json'), secret: signing, nowMs: now, id: 'a' }),
      'x-gitlab-token': token,
    }
    for (const secrets of [[signing], [token], [signing, token], [token, signing]]) {
      expect(judge(request(both), secrets)).toEqual(verified)
    }
    const wrong = { ...both, 'webhook-signature': `v1,${'A'.repeat(43)}=` }
    expect(judge(request(wrong), [signing, token]), 'the signature decides').toMatchObject({ kind: 'refused' })
    expect(judge(request({ 'x-gitlab-token': token }), [signing, token])).toEqual(verified)
  })
})

describe('an event of GitLab', () => {
  const keyOf = (headers: Record<string, string> | Headers, body = fixture('push.json')) =>
    gitlab.parse(readable(requestOf(body, headers)), { toleranceSeconds: 300 })[0]?.dedupeKey

  it('is known again by the signed id, else by the idempotency key', () => {
    const ids = { 'idempotency-key': 'unsigned', 'webhook-id': 'signed' }
    expect(keyOf({ ...ids, 'webhook-signature': 'v1,x' })).toBe('signed')
    expect(keyOf(ids)).toBe('unsigned')
  })

  it('is known by UUID and body when it comes without one: one action has one UUID, and several events', () => {
    const uuid = { 'x-gitlab-event-uuid': '13792a34-cac6-4fda-95a8-c58e00a3954e' }
    const hash = 'sha256:93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588'
    const body = Buffer.from('{"hello":"world"}')
    expect(keyOf(uuid, body)).toBe(`13792a34-cac6-4fda-95a8-c58e00a3954e:${hash}`)
    expect(keyOf(uuid)).not.toBe(keyOf(uuid, fixture('merge-request.json')))
    expect(keyOf({ 'x-gitlab-event-uuid': 'a b' }, body)).toBe(hash)
    expect(keyOf({ 'idempotency-key': 'x'.repeat(256) }, body)).toBe(hash)
    const twice = new Headers([
      ['idempotency-key', 'a'],
      ['idempotency-key', 'b'],
    ])
    expect(keyOf(twice, body)).toBe(hash)
  })

  it('has a type that is known beforehand, for all that its sender sends', () => {
    const known = gitlab.eventTypes?.map(({ type }) => type)
    for (const event of sender.events) {
      const body = Buffer.from(sender.sample({ event }).body)
      const headers = sender.sign({ body, secret: token, nowMs: now, id: 'key-1', event })
      const [parsed] = gitlab.parse(readable(requestOf(body, headers)), { toleranceSeconds: 300 })
      expect(known, event).toContain(parsed?.type)
      expect(parsed, event).toMatchObject({ type: `gitlab.${event}`, subject: 'orchard-labs/pear', dedupeKey: 'key-1' })
    }
  })

  it('takes tokens of eight characters and signing tokens of the right length', () => {
    expect(gitlab.checkSecret(token)).toBeUndefined()
    expect(gitlab.checkSecret(signing)).toBeUndefined()
    expect(gitlab.checkSecret('1234567')).toContain('at least 8')
    for (const wrong of ['two words of it', 'schlüssel-für-alle']) expect(gitlab.checkSecret(wrong)).toContain('ASCII')
    expect(gitlab.checkSecret(`whsec_${Buffer.alloc(20, 'pears').toString('base64')}`)).toContain('20 bytes')
  })
})

/** Only what a signing token makes: the suite leaves headers out, and nothing else may prove the request then. */
function signed(message: { body: Uint8Array; secret: string; nowMs: number; id: string }): Record<string, string> {
  const key = message.secret.startsWith('whsec_') ? message.secret : `whsec_${message.secret}`
  const { 'x-gitlab-token': _, ...headers } = sender.sign({ ...message, secret: key })
  return headers
}

function judge(incoming: Incoming, secrets: string[]) {
  return gitlab.verify(incoming, { secrets, now, config: { toleranceSeconds: 300 } })
}

function request(headers: Record<string, string>): Incoming {
  return requestOf(fixture('push.json'), headers)
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}

// Encoded here, so that no scanner takes it for a secret of somebody's account.
function secretOf(key: string): string {
  return `whsec_${Buffer.from(key).toString('base64')}`
}

import { LinearWebhookClient } from '@linear/sdk/webhooks'
import { linear as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import type { Verdict } from '../../source.ts'
import linear from './source.ts'

const now = 1_769_000_000_000
const verified: Verdict = { kind: 'verified' }
// Joined here, so that no scanner takes it for a secret of somebody's account.
const secret = ['lin', 'wh', 'one secret for the tests'.replaceAll(' ', '')].join('_')

exerciseSource(linear, {
  accepts: [
    {
      fixture: 'fixtures/issue-create.json',
      gives: {
        type: 'linear.issue.create',
        subject: '2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9',
        dedupeKey: 'msg_1',
      },
    },
    { fixture: 'fixtures/comment-update.json', gives: { type: 'linear.comment.update' } },
  ],
  secret,
  otherSecret: ['lin', 'wh', 'another one for the tests'.replaceAll(' ', '')].join('_'),
  sign: sender.sign,
  proof: { headers: ['linear-signature'], encoding: 'hex', foreign: [] },
})

describe('Linear', () => {
  it('agrees with the SDK on everything that the sender sends', () => {
    const client = new LinearWebhookClient(secret)
    for (const event of sender.events) {
      const body = Buffer.from(sender.sample({ event, nowMs: Date.now() }).body)
      const headers = sender.sign({ body, secret, nowMs: Date.now(), id: 'delivery-1', event })
      const signature = headers['linear-signature'] ?? ''
      expect(client.parseData(body, signature, JSON.parse(body.toString()).webhookTimestamp), event).toBeTypeOf(
        'object',
      )
      expect(judge(body, signature, Date.now()), event).toEqual(verified)
      const forged = `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}`
      expect(() => client.parseData(body, forged)).toThrow()
      expect(judge(body, forged, Date.now())).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    }
  })

  it('allows sixty seconds in either direction, by the time that is in the signed body', () => {
    const at = (ms: unknown) => judgeSigned(`{"webhookTimestamp":${JSON.stringify(ms)}}`)
    for (const away of [-60_000, 0, 60_000]) expect(at(now + away), String(away)).toEqual(verified)
    expect(at(now - 61_000)).toMatchObject({ cause: 'STALE' })
    expect(at(now + 61_000)).toMatchObject({ cause: 'FROM_FUTURE' })
    expect(at(0)).toMatchObject({ cause: 'STALE' })
    expect(judgeSigned(`{"webhookTimestamp":${now - 120_000}}`, 120)).toEqual(verified)
  })

  it('refuses a time that is no number of milliseconds, however rightly signed', () => {
    for (const time of ['"1769000000000"', '-1', '1e999', '1769000000000.5', 'null', '[1769000000000]', 'true'])
      expect(judgeSigned(`{"webhookTimestamp":${time}}`), time).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('reads the time once the signature is right, and not before', () => {
    const body = Buffer.from('{"webhookTimestamp":1}')
    expect(judge(body, '0'.repeat(64))).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
  })

  it('takes the time that JSON.parse takes when there are two, and none from inside of the data', () => {
    expect(judgeSigned(`{"webhookTimestamp":1,"webhookTimestamp":${now}}`)).toEqual(verified)
    expect(judgeSigned(`{"webhookTimestamp":${now},"webhookTimestamp":1}`)).toMatchObject({ cause: 'STALE' })
    expect(judgeSigned('{"data":{"webhookTimestamp":1}}')).toEqual(verified)
    expect(judgeSigned('\uFEFF{"webhookTimestamp":1}')).toMatchObject({ cause: 'STALE' })
  })

  it('names a type by the thing and what became of it', () => {
    const typeOf = (body: object) =>
      linear.parse(readable(requestOf(Buffer.from(JSON.stringify(body)), {})), { toleranceSeconds: 60 })[0]?.type
    expect(typeOf({ type: 'IssueLabel', action: 'remove' })).toBe('linear.issuelabel.remove')
    expect(typeOf({ type: 'Issue' })).toBe('linear.issue')
    expect(typeOf({ action: 'create' })).toBe('linear.unknown')
    expect(typeOf({ type: 'a b', action: 'create' })).toBe('linear.unknown')
  })

  it('knows every event of its sender by type', () => {
    const known = linear.eventTypes?.map(({ type }) => type)
    for (const event of sender.events) {
      const request = requestOf(sender.sample({ event }).body, {})
      expect(known).toContain(linear.parse(readable(request), { toleranceSeconds: 60 })[0]?.type)
    }
  })
})

function judgeSigned(text: string, toleranceSeconds = 60): Verdict {
  const body = Buffer.from(text)
  const headers = sender.sign({ body, secret, nowMs: now, id: '' })
  return judge(body, headers['linear-signature'] ?? '', now, toleranceSeconds)
}

function judge(body: Buffer, signature: string, nowMs = now, toleranceSeconds = 60): Verdict {
  const request = requestOf(body, { 'Linear-Signature': signature })
  return linear.verify(request, { secrets: [secret], now: nowMs, config: { toleranceSeconds } })
}

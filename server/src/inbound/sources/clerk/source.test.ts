import { clerk as sender } from '@trunkline/senders'
import { Webhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import clerk from './source.ts'

const secret = secretOf('thirty-two bytes for these tests')
const now = 1_769_000_000_000

exerciseSource(clerk, {
  accepts: [
    {
      fixture: 'fixtures/user-created.json',
      gives: { type: 'clerk.user.created', subject: 'user_2PearOrchard', dedupeKey: 'msg_1' },
    },
    {
      fixture: 'fixtures/user-deleted.json',
      gives: { type: 'clerk.user.deleted', subject: 'user_2PearOrchard' },
    },
    {
      fixture: 'fixtures/membership-created.json',
      gives: { type: 'clerk.organizationMembership.created', subject: 'orgmem_2PearOrchard' },
    },
  ],
  secret,
  otherSecret: secretOf('another thirty-two bytes of them'),
  sign: sender.sign,
  proof: {
    headers: ['svix-signature', 'svix-id', 'svix-timestamp'],
    encoding: 'base64',
    foreign: [
      ['v1,', 'v1a,'],
      ['v1,', 'v2,'],
      ['v1,', 'V1,'],
      ['v1,', 'v1='],
      ['v1,', ''],
    ],
    several: { join: (values) => values.join(' '), unknown: ['v1a,c29tZXRoaW5n', 'v2,anything', 'odd', ''] },
    toleranceSeconds: 300,
    idHeader: 'svix-id',
  },
})

describe('Clerk', () => {
  it('accepts what Svix signs, and Svix what our sender signs', () => {
    for (const event of sender.events) {
      const body = Buffer.from(sender.sample({ event, nowMs: now }).body)
      const signature = new Webhook(secret).sign('msg_7', new Date(now), body)
      const headers = { 'svix-id': 'msg_7', 'svix-timestamp': String(now / 1000), 'svix-signature': signature }
      expect(verify(requestOf(body, headers)), event).toEqual({ kind: 'verified' })
      expect(sender.sign({ body, secret, nowMs: now, id: 'msg_7' })).toMatchObject(headers)
    }
  })

  it('knows every event of its sender by type', () => {
    const known = clerk.eventTypes?.map(({ type }) => type)
    for (const event of sender.events) {
      const body = sender.sample({ event }).body
      const request = requestOf(body, sender.sign({ body, secret, nowMs: now, id: 'msg_1' }))
      const [parsed] = clerk.parse(readable(request), { toleranceSeconds: 300 })
      expect(known).toContain(parsed?.type)
      expect(parsed?.subject, event).toEqual(expect.any(String))
    }
  })

  it('takes signing secrets only, and the one that Clerk shows', () => {
    const wrong = ['sk_test_123', 'ep_123', `whpk_${Buffer.alloc(32, 'pears').toString('base64')}`]
    for (const each of wrong) expect(clerk.checkSecret(each), each).toEqual(expect.any(String))
    expect(clerk.makeSecret).toBeUndefined()
  })
})

function verify(request: ReturnType<typeof requestOf>) {
  return clerk.verify(request, { secrets: [secret], now, config: { toleranceSeconds: 300 } })
}

// Encoded here, so that no scanner takes it for a secret of somebody's account.
function secretOf(key: string): string {
  return `whsec_${Buffer.from(key).toString('base64')}`
}

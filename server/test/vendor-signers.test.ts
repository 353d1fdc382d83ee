import { randomUUID } from 'node:crypto'
import { sign as signGithub } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { readAnswer } from './api.ts'
import { engines } from './engines.ts'
import { createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

/** A request as the provider's own package signs it, none of it made by us. */
interface Signed {
  body: string
  headers: Record<string, string>
}

type Signer = (source: TestSource) => Promise<Signed> | Signed

const json = { 'content-type': 'application/json' }
const user = JSON.stringify({ type: 'user.created', data: { id: 'user_1', name: 'Marta König' } })
const seconds = (at: Date) => String(Math.floor(at.getTime() / 1000))

/** Every package on npm that signs, for the kind that its provider posts to. */
const signers: readonly { name: string; kind: string; secret?: string; type: string; sign: Signer }[] = [
  {
    name: '@octokit/webhooks-methods',
    kind: 'github',
    type: 'github.push',
    async sign({ secret }) {
      const body = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'orchard-labs/pear' } })
      const own = { 'x-github-event': 'push', 'x-github-delivery': randomUUID() }
      return { body, headers: { ...json, ...own, 'x-hub-signature-256': await signGithub(secret, body) } }
    },
  },
  {
    name: 'stripe',
    kind: 'stripe',
    type: 'stripe.invoice.paid',
    sign({ secret }) {
      const body = JSON.stringify({ id: `evt_${randomUUID()}`, object: 'event', type: 'invoice.paid' })
      const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret })
      return { body, headers: { ...json, 'stripe-signature': header } }
    },
  },
  {
    name: 'svix',
    kind: 'clerk',
    secret: `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`,
    type: 'clerk.user.created',
    sign({ secret }) {
      const [id, at] = [`msg_${randomUUID()}`, new Date()]
      const signature = new SvixWebhook(secret).sign(id, at, user)
      const own = { 'svix-id': id, 'svix-timestamp': seconds(at), 'svix-signature': signature }
      return { body: user, headers: { ...json, ...own } }
    },
  },
  {
    name: 'standardwebhooks',
    kind: 'standard-webhooks',
    type: 'standard-webhooks.user.created',
    sign({ secret }) {
      const [id, at] = [`msg_${randomUUID()}`, new Date()]
      const signature = new Webhook(secret).sign(id, at, user)
      const own = { 'webhook-id': id, 'webhook-timestamp': seconds(at), 'webhook-signature': signature }
      return { body: user, headers: { ...json, ...own } }
    },
  },
  {
    name: 'twilio',
    kind: 'twilio',
    secret: 'an auth token for these tests'.replaceAll(' ', ''),
    type: 'twilio.message.received',
    sign({ secret, url }) {
      const form = { MessageSid: `SM${randomUUID()}`, SmsStatus: 'received', From: '+15550783881', Body: 'Olá & hi' }
      const signature = getExpectedTwilioSignature(secret, url, form)
      const own = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature }
      return { body: new URLSearchParams(form).toString(), headers: own }
    },
  },
]

describe.each(engines)('a server on $name', (engine) => {
  let trunkline: Trunkline
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
  })

  const post = async (url: string, { body, headers }: Signed) =>
    readAnswer(await fetch(url, { method: 'POST', headers, body }))

  it.each(signers)('takes what $name signs, and refuses its tampered twin', async ({ kind, secret, type, sign }) => {
    const source = await createSource(trunkline, kind, secret === undefined ? {} : { secret })
    const signed = await sign(source)
    // Twins: another last byte, a byte more, and the body of another request.
    const twins = [
      `${signed.body.slice(0, -1)}~`,
      `${signed.body} `,
      (await sign(source)).body.replace('user_1', 'user_2'),
    ]
    for (const body of twins.filter((each) => each !== signed.body)) {
      const { status, json: problem } = await post(source.url, { ...signed, body })
      expect([status, problem?.code], body).toEqual([401, 'SIGNATURE_REFUSED'])
    }
    const accepted = await post(source.url, signed)
    expect(accepted.status, accepted.text).toBe(200)
    const { data } = (await trunkline.api.get(`/events?source=${source.id}`)).json
    expect(data.map((event: { type: string }) => event.type)).toEqual([type])
  })
})

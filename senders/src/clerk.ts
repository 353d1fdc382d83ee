import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Clerk sends through Svix: `<id>.<seconds>.<body>` signed with the bytes that the secret stands for, base64 after `whsec_`.
 * https://clerk.com/docs/guides/development/webhooks/overview
 */
export const clerk: Sender = {
  kind: 'clerk',
  title: 'Clerk',
  ...jsonSamples('Clerk', {
    'user.created': ({ nowMs }) => eventOf('user.created', user(nowMs), nowMs),
    'user.updated': ({ nowMs }) => eventOf('user.updated', { ...user(nowMs), first_name: 'Martina' }, nowMs),
    'user.deleted': ({ nowMs }) => eventOf('user.deleted', { deleted: true, id: userId, object: 'user' }, nowMs),
    'organization.created': ({ nowMs }) => eventOf('organization.created', organization, nowMs),
    'organizationMembership.created': ({ nowMs }) =>
      eventOf('organizationMembership.created', membership(nowMs), nowMs),
    'session.created': ({ nowMs }) => eventOf('session.created', session(nowMs), nowMs),
  }),
  sign: ({ body, secret, nowMs, id }) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    const seconds = Math.floor(nowMs / 1000)
    const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')
    return {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': String(seconds),
      'svix-signature': `v1,${signature}`,
      'user-agent': 'Svix-Webhooks/1.0',
    }
  },
}

const userId = 'user_2Trunkline'

function eventOf(type: string, data: object, nowMs: number): object {
  return {
    data,
    event_attributes: { http_request: { client_ip: '203.0.113.7', user_agent: 'Mozilla/5.0' } },
    instance_id: 'ins_2Trunkline',
    object: 'event',
    timestamp: nowMs,
    type,
  }
}

const user = (nowMs: number) => ({
  created_at: nowMs,
  email_addresses: [
    {
      email_address: 'marta@orchard.example',
      id: 'idn_2Trunkline',
      linked_to: [],
      object: 'email_address',
      verification: { status: 'verified', strategy: 'email_code' },
    },
  ],
  external_id: null,
  first_name: 'Marta',
  id: userId,
  last_name: 'König',
  object: 'user',
  primary_email_address_id: 'idn_2Trunkline',
  public_metadata: {},
  updated_at: nowMs,
  username: null,
})

const organization = {
  created_by: userId,
  id: 'org_2Trunkline',
  name: 'Orchard Labs',
  object: 'organization',
  slug: 'orchard-labs',
}

const membership = (nowMs: number) => ({
  created_at: nowMs,
  id: 'orgmem_2Trunkline',
  object: 'organization_membership',
  organization,
  public_user_data: { first_name: 'Marta', identifier: 'marta@orchard.example', last_name: 'König', user_id: userId },
  role: 'org:admin',
  updated_at: nowMs,
})

const session = (nowMs: number) => ({
  client_id: 'client_2Trunkline',
  created_at: nowMs,
  expire_at: nowMs + 7 * 24 * 60 * 60 * 1000,
  id: 'sess_2Trunkline',
  object: 'session',
  status: 'active',
  user_id: userId,
})

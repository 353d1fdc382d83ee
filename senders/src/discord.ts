import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Discord signs `<seconds><body>` with the private key of an Ed25519 pair, and its customer is shown the public one. So a
 * message's `secret` is the private key: its 32-byte seed in hex, or any other text, whose SHA-256 is the seed then. A
 * source needs `discordPublicKey(secret)`.
 * https://docs.discord.com/developers/interactions/overview#validating-security-request-headers
 */
export const discord: Sender = {
  kind: 'discord',
  title: 'Discord',
  publicKey: discordPublicKey,
  greetings: ['PING', 'WEBHOOK_PING'],
  ...jsonSamples('Discord', {
    application_command: ({ id }) => interaction(id, 2, { id: '1310000000000000001', name: 'weather', type: 1 }),
    message_component: ({ id }) => interaction(id, 3, { custom_id: 'water:bed-7', component_type: 2 }),
    modal_submit: ({ id }) => interaction(id, 5, { custom_id: 'order', components: [] }),
    APPLICATION_AUTHORIZED: ({ nowMs }) =>
      webhookEvent('APPLICATION_AUTHORIZED', nowMs, {
        integration_type: 0,
        user,
        scopes: ['applications.commands'],
        guild: { id: '1310000000000000100', name: 'Orchard' },
      }),
    ENTITLEMENT_CREATE: ({ id, nowMs }) =>
      webhookEvent('ENTITLEMENT_CREATE', nowMs, {
        id,
        sku_id: '1310000000000000500',
        application_id: applicationId,
        user_id: user.id,
        type: 8,
        deleted: false,
        consumed: false,
      }),
    PING: ({ id }) => ({ application_id: applicationId, id, token: 'sample', type: 1, version: 1 }),
    WEBHOOK_PING: () => ({ version: 1, application_id: applicationId, type: 0 }),
  }),
  sign: ({ body, secret, nowMs }) => {
    const seconds = String(Math.floor(nowMs / 1000))
    const signature = sign(null, Buffer.concat([Buffer.from(seconds), body]), privateKey(secret))
    return {
      'content-type': 'application/json',
      'user-agent': 'Discord-Interactions/1.0 (+https://discord.com)',
      'x-signature-ed25519': signature.toString('hex'),
      'x-signature-timestamp': seconds,
    }
  },
}

/** The public key in hex, as Discord shows it to its customer, that proves what is signed with this secret. */
export function discordPublicKey(secret: string): string {
  const { x = '' } = createPublicKey(privateKey(secret)).export({ format: 'jwk' })
  return Buffer.from(x, 'base64url').toString('hex')
}

/** What stands before a seed in the PKCS #8 form of a private key: https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const beforeSeed = Buffer.from('302e020100300506032b657004220420', 'hex')

function privateKey(secret: string): KeyObject {
  const seed = /^[0-9a-f]{64}$/i.test(secret)
    ? Buffer.from(secret, 'hex')
    : createHash('sha256').update(secret).digest()
  return createPrivateKey({ key: Buffer.concat([beforeSeed, seed]), format: 'der', type: 'pkcs8' })
}

const applicationId = '1310000000000000042'
const user = { id: '1310000000000000007', username: 'marta-k', global_name: 'Marta König', discriminator: '0' }

function interaction(id: string, type: number, data: unknown): unknown {
  return {
    id,
    application_id: applicationId,
    type,
    data,
    guild_id: '1310000000000000100',
    channel_id: '1310000000000000200',
    member: { user, roles: [], joined_at: '2026-03-01T08:00:00.000000+00:00' },
    token: 'sample',
    version: 1,
    locale: 'en-GB',
  }
}

function webhookEvent(type: string, nowMs: number, data: unknown): unknown {
  return {
    version: 1,
    application_id: applicationId,
    type: 1,
    event: { type, timestamp: new Date(nowMs).toISOString().replace('Z', '000'), data },
  }
}

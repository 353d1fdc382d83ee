import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { discordPublicKey, discord as sender } from '@trunkline/senders'
import { verifyKey } from 'discord-interactions'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import type { Incoming } from '../../source.ts'
import discord from './source.ts'

const nowMs = 1_769_000_000_000
const config = { toleranceSeconds: 300 }
const secret = 'the seed of a key pair'
const otherSecret = 'the seed of another'

exerciseSource(discord, {
  accepts: [
    {
      fixture: 'fixtures/application-command.json',
      gives: { type: 'discord.application_command', subject: '1310000000000000200', dedupeKey: '1310000000000000300' },
    },
    {
      fixture: 'fixtures/application-authorized.json',
      gives: { type: 'discord.application_authorized', subject: '1310000000000000100' },
    },
  ],
  secret,
  otherSecret,
  heldFor: discordPublicKey,
  sign: sender.sign,
  proof: {
    headers: ['x-signature-ed25519', 'x-signature-timestamp'],
    encoding: 'hex',
    foreign: [],
    toleranceSeconds: 300,
  },
})

describe('Discord', () => {
  it('agrees with Discord’s own library on what is genuine', async () => {
    for (const event of sender.events) {
      const { body } = sender.sample({ event })
      const headers = sender.sign({ body, secret, nowMs, id: 'x' })
      expect(verify(requestOf(body, headers)), event).toEqual({ kind: 'verified' })
      expect(await askDiscord(body, headers), event).toBe(true)
      expect(await askDiscord(body.subarray(1), headers), event).toBe(false)
    }
  })

  it('accepts what a key pair of the platform’s signs', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const held = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')
    const body = fixture('ping.json')
    const headers = {
      'X-Signature-Ed25519': sign(null, Buffer.concat([Buffer.from('1769000000'), body]), privateKey).toString('hex'),
      'X-Signature-Timestamp': '1769000000',
    }
    expect(verify(requestOf(body, headers), held)).toEqual({ kind: 'verified' })
    expect(verify(requestOf(body, headers), held.toUpperCase())).toEqual({ kind: 'verified' })
  })

  it('refuses a digit moved between the time and the body, though what was signed is unchanged', () => {
    const genuine = sender.sign({ body: Buffer.from('7{"type":2}'), secret, nowMs, id: 'x' })
    const longer = requestOf(Buffer.from('{"type":2}'), { ...genuine, 'x-signature-timestamp': '17690000007' })
    expect(verify(longer)).toMatchObject({ cause: 'FROM_FUTURE' })
    const shorter = requestOf(Buffer.from('07{"type":2}'), { ...genuine, 'x-signature-timestamp': '176900000' })
    expect(verify(shorter)).toMatchObject({ cause: 'STALE' })
  })

  it('refuses times that are no seconds, whatever was signed', () => {
    for (const time of ['1e9', '-1', `${nowMs / 1000}.1`, 'NaN', '', String(nowMs).repeat(800)]) {
      const { body } = sender.sample()
      const headers = { ...sender.sign({ body, secret, nowMs, id: 'x' }), 'x-signature-timestamp': time }
      expect(verify(requestOf(body, headers)), time).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
  })

  it('takes another tolerance', () => {
    expect(discord.config.parse({})).toEqual(config)
    expect(discord.config.safeParse({ toleranceSeconds: 0 }).success).toBe(false)
    const { body } = sender.sample()
    const request = requestOf(body, sender.sign({ body, secret, nowMs: nowMs - 6000, id: 'x' }))
    const secrets = [discordPublicKey(secret)]
    for (const [toleranceSeconds, kind] of [
      [6, 'verified'],
      [5, 'refused'],
    ] as const) {
      expect(discord.verify(request, { secrets, now: nowMs, config: { toleranceSeconds } }).kind).toBe(kind)
    }
  })

  it('takes a public key of 64 hex digits, and says where it stands', () => {
    const key = discordPublicKey(secret)
    expect(discord.checkSecret(key)).toBeUndefined()
    expect(discord.checkSecret(key.toUpperCase())).toBeUndefined()
    for (const wrong of [key.slice(1), `${key}0`, `${key.slice(0, -1)}g`, ` ${key}`, `0x${key}`, 'x'.repeat(10_000)]) {
      expect(discord.checkSecret(wrong), wrong.slice(0, 80)).toMatch(/64 hex digits .*General Information/)
      const { body } = sender.sample()
      const request = requestOf(body, sender.sign({ body, secret, nowMs, id: 'x' }))
      expect(verify(request, wrong)).toMatchObject({
        cause: 'SIGNATURE_MISMATCH',
        detail: expect.stringContaining('no usable secret'),
      })
    }
  })

  it('refuses a public key for which anyone can sign', () => {
    const weak = `01${'00'.repeat(31)}`
    expect(discord.checkSecret(weak)).toContain('anyone can sign')
    const forged = { 'x-signature-ed25519': `${weak}${'00'.repeat(32)}`, 'x-signature-timestamp': '1769000000' }
    expect(verify(requestOf(Buffer.from('{}'), forged), weak)).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
  })
})

describe('a ping of Discord’s', () => {
  it('makes no event, and is answered in the way of its API', () => {
    for (const event of ['PING', 'WEBHOOK_PING']) {
      expect(parse(Buffer.from(sender.sample({ event }).body)), event).toEqual([])
    }
    expect(answer(fixture('ping.json'))).toEqual({ contentType: 'application/json', body: '{"type":1}' })
    expect(answer(sender.sample({ event: 'WEBHOOK_PING' }).body)).toEqual(noContent)
  })

  it('is refused unsigned or wrongly signed, which Discord tries before it takes the URL', () => {
    for (const event of ['PING', 'WEBHOOK_PING']) {
      const { body } = sender.sample({ event })
      expect(verify(requestOf(body, {})), event).toMatchObject({ cause: 'MISSING_SIGNATURE' })
      const wrong = sender.sign({ body, secret: otherSecret, nowMs, id: 'x' })
      expect(verify(requestOf(body, wrong)), event).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    }
  })
})

describe('an interaction', () => {
  it('has the name of its type, and its channel or server for a subject', () => {
    for (const [type, name] of [
      [2, 'application_command'],
      [3, 'message_component'],
      [4, 'application_command_autocomplete'],
      [5, 'modal_submit'],
      [6, 'unknown'],
    ]) {
      const [event] = parse(Buffer.from(JSON.stringify({ type, id: '7', guild_id: 'g' })))
      expect(event).toMatchObject({ type: `discord.${name}`, dedupeKey: '7', subject: 'g' })
    }
  })

  it('is answered with what puts the real answer off', () => {
    const bodyFor = (type: number) => answer(Buffer.from(JSON.stringify({ type, id: '7' })))?.body
    expect([2, 3, 4, 5].map(bodyFor)).toEqual([
      '{"type":5}',
      '{"type":6}',
      '{"type":8,"data":{"choices":[]}}',
      '{"type":5}',
    ])
    expect(bodyFor(6)).toBeUndefined()
  })
})

describe('a webhook event', () => {
  it('is answered 204 without a body, but with a content type', () => {
    expect(answer(fixture('application-authorized.json'))).toEqual(noContent)
  })

  it('is about the server, the channel or the user', () => {
    const about = (data: unknown) => parse(Buffer.from(JSON.stringify({ type: 1, event: { data } })))[0]?.subject
    expect(about({ guild: { id: 'g' }, user: { id: 'u' } })).toBe('g')
    expect(about({ lobby_id: 'l', channel_id: 'c' })).toBe('c')
    expect(about({ user_id: 'u' })).toBe('u')
    expect(about({})).toBeNull()
  })

  it('is known again by its bytes, because it has no id', () => {
    const [first] = parse(fixture('application-authorized.json'))
    const [other] = parse(Buffer.from(fixture('application-authorized.json').toString().replace('064834', '064835')))
    expect(first?.dedupeKey).toMatch(/^sha256:/)
    expect(other?.dedupeKey).not.toBe(first?.dedupeKey)
  })
})

it('A body of Discord’s that is none is answered in the usual way, and throws nothing', () => {
  for (const body of ['', 'x', '{', 'null', '[]', '{"type":"1"}', '{"type":1e999}']) {
    expect(answer(Buffer.from(body)), body).toBeUndefined()
  }
})

const noContent = { status: 204, contentType: 'application/json', body: '' }

function verify(request: Incoming, held = discordPublicKey(secret)) {
  return discord.verify(request, { secrets: [held], now: nowMs, config })
}

function parse(body: Buffer) {
  return discord.parse(readable(requestOf(body, {})), config)
}

function answer(body: Uint8Array) {
  return discord.answer?.(readable(requestOf(body, {})), { eventIds: [] })
}

function askDiscord(body: Uint8Array, headers: Record<string, string>): Promise<boolean> {
  const { 'x-signature-ed25519': signature = '', 'x-signature-timestamp': time = '' } = headers
  return verifyKey(Buffer.from(body), signature, time, discordPublicKey(secret))
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}

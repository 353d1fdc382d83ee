import { readFileSync } from 'node:fs'
import { isValidSlackRequest } from '@slack/bolt'
import { slack as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import { type Incoming, Unparsable } from '../../source.ts'
import slack from './source.ts'

const nowMs = 1_769_000_000_000
const config = { toleranceSeconds: 300 }
const secret = 'sixteen or more of the characters'.replaceAll(' ', '')
const otherSecret = 'another secret of the right length'.replaceAll(' ', '')

exerciseSource(slack, {
  accepts: [
    {
      fixture: 'fixtures/app-mention.json',
      gives: { type: 'slack.app_mention', subject: 'C0GARDEN', dedupeKey: 'Ev0APPLES' },
    },
    { fixture: 'fixtures/reaction-added.json', gives: { type: 'slack.reaction_added', subject: 'C0GARDEN' } },
    {
      fixture: 'fixtures/block-actions.form',
      gives: { type: 'slack.interaction', subject: 'C0GARDEN', data: fixture('block-actions.json').toString() },
    },
    { fixture: 'fixtures/command.form', gives: { type: 'slack.command', subject: 'C0GARDEN', data: null } },
  ],
  secret,
  otherSecret,
  sign: sender.sign,
  proof: {
    headers: ['x-slack-signature', 'x-slack-request-timestamp'],
    encoding: 'hex',
    foreign: [
      ['v0=', 'v1='],
      ['v0=', 'V0='],
      ['v0=', 'sha256='],
      ['v0=', ''],
    ],
    toleranceSeconds: 300,
  },
})

describe('Slack', () => {
  it('accepts the published example', () => {
    // https://api.slack.com/docs/verifying-requests-from-slack
    const published = ['8f742231b10e8888', 'abcd99yyyzzz85a5'].join('')
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
      '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
      '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
    const request = requestOf(Buffer.from(body), {
      'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'X-Slack-Request-Timestamp': '1531420618',
    })
    expect(verify(request, published, 1_531_420_618_000)).toEqual({ kind: 'verified' })
    expect(parse(request)).toMatchObject([{ type: 'slack.command', subject: 'G8PSS9T3V', data: null }])
  })

  it('agrees with Bolt on what is genuine', () => {
    for (const event of sender.events) {
      const { body } = sender.sample({ event })
      const headers = sender.sign({ body, secret, nowMs, id: 'x' })
      expect(verify(requestOf(body, headers)), event).toEqual({ kind: 'verified' })
      expect(askBolt(body, headers), event).toBe(true)
      expect(askBolt(body.subarray(1), headers), event).toBe(false)
    }
  })

  it('refuses bytes moved between the time and the body at the colon', () => {
    const signed = sender.sign({ body: Buffer.from('text=12:token=x'), secret, nowMs, id: 'x' })
    const moved = { ...signed, 'x-slack-request-timestamp': `${nowMs / 1000}:text=12` }
    expect(verify(requestOf(Buffer.from('token=x'), moved))).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('answers a verdict to headers of any size', () => {
    const { body } = sender.sample()
    const signed = sender.sign({ body, secret, nowMs, id: 'x' })
    for (const name of ['x-slack-signature', 'x-slack-request-timestamp']) {
      const request = requestOf(body, { ...signed, [name]: `v0=${'1'.repeat(10_000)}` })
      expect(verify(request), name).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
  })

  it('takes signing secrets, and knows tokens that are none', () => {
    for (const token of ['xoxb', 'xoxp', 'xapp']) expect(slack.checkSecret(`${token}-1-A0-123`)).toContain('a token')
    expect(slack.checkSecret('too short')).toContain('at least 16')
    expect(slack.checkSecret('0a'.repeat(16))).toBeUndefined()
  })

  it('refuses a tolerance that tolerates everything', () => {
    expect(slack.config.parse({})).toEqual(config)
    for (const toleranceSeconds of [0, -1, 1e9, Number.NaN, '300']) {
      expect(slack.config.safeParse({ toleranceSeconds }).success, `${toleranceSeconds}`).toBe(false)
    }
  })
})

describe('an event of Slack’s', () => {
  it('is about its channel, wherever that stands, or else about its team', () => {
    const about = (event: unknown) => parseText(JSON.stringify({ team_id: 'T1', event }))?.subject
    expect(about({ type: 'message', channel: 'C1' })).toBe('C1')
    expect(about({ type: 'channel_created', channel: { id: 'C2' } })).toBe('C2')
    expect(about({ type: 'reaction_added', item: { channel: 'C3' } })).toBe('C3')
    expect(about({ type: 'team_join', user: { id: 'U1' } })).toBe('T1')
  })

  it('has the outer type when there is none inside', () => {
    expect(parseText('{"type":"app_rate_limited","team_id":"T1"}')).toMatchObject({
      type: 'slack.app_rate_limited',
      subject: 'T1',
    })
    expect(parseText('{"event":{"type":"a b"},"type":"event_callback"}')?.type).toBe('slack.unknown')
  })
})

describe('a form of Slack’s', () => {
  it('is told by its bytes, whatever the unsigned content type says', () => {
    const request = { ...requestOf(fixture('command.form'), { 'content-type': 'application/json' }) }
    expect(parse(request)).toMatchObject([{ type: 'slack.command' }])
    const json = requestOf(Buffer.from('{"text":"&command=%2Fforged"}'), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(parse(json)).toMatchObject([{ type: 'slack.unknown', data: '{"text":"&command=%2Fforged"}' }])
  })

  it('is unparsable when it is no command, is two, or holds a payload that is no JSON', () => {
    for (const form of ['a=1', 'token=x', 'command=%2Fa&command=%2Fb', 'payload=x', 'payload=%7B%7', 'payload=']) {
      expect(() => parse(requestOf(Buffer.from(form), {})), form).toThrow(Unparsable)
    }
    const flood = requestOf(Buffer.from(`command=%2Fa${'&a=1'.repeat(2000)}`), {})
    expect(() => parse(flood)).toThrow(Unparsable)
  })

  it('keeps odd percent signs of its text, and is about the team when there is no channel', () => {
    const request = requestOf(Buffer.from('team_id=T1&command=%2Fa&text=100%'), {})
    expect(parse(request)).toMatchObject([{ type: 'slack.command', subject: 'T1' }])
  })

  it('makes no event when Slack only looks at the certificate', () => {
    expect(parse(requestOf(Buffer.from('ssl_check=1&token=x'), {}))).toEqual([])
  })

  it('is answered with nothing, because its user is shown what is said', () => {
    for (const name of ['command.form', 'block-actions.form']) {
      expect(answer(fixture(name)), name).toMatchObject({ contentType: 'text/plain; charset=utf-8', body: '' })
    }
    expect(answer(Buffer.from('payload=%7B%7'))).toMatchObject({ body: '' })
  })
})

describe('the question whose the URL is', () => {
  const { body } = sender.sample({ event: 'url_verification', id: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd' })

  it('is answered with its challenge, and makes no event', () => {
    expect(parse(requestOf(body, {}))).toEqual([])
    expect(answer(body)).toEqual({
      contentType: 'text/plain; charset=utf-8',
      body: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd',
      headers: { 'x-content-type-options': 'nosniff' },
    })
  })

  it('is refused unsigned, like any other request', () => {
    expect(verify(requestOf(body, {}))).toMatchObject({ cause: 'MISSING_SIGNATURE' })
    const signed = sender.sign({ body, secret: otherSecret, nowMs, id: 'x' })
    expect(verify(requestOf(body, signed))).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
  })

  it('is not seen in anything else', () => {
    const others = ['', 'x', 'null', '{"type":"url_verification"}', '{"type":"url_verification","challenge":7}']
    for (const other of [...others, '{"challenge":"x"}', fixture('app-mention.json').toString()]) {
      expect(answer(Buffer.from(other)), other).toBeUndefined()
    }
    const huge = JSON.stringify({ type: 'url_verification', challenge: 'x'.repeat(5000) })
    expect(answer(Buffer.from(huge))).toBeUndefined()
  })
})

function verify(request: Incoming, key = secret, now = nowMs) {
  return slack.verify(request, { secrets: [key], now, config })
}

function parse(request: Incoming) {
  return slack.parse(readable(request), config)
}

function parseText(text: string) {
  return parse(requestOf(Buffer.from(text), {}))[0]
}

function answer(body: Uint8Array) {
  return slack.answer?.(readable(requestOf(body, {})), { eventIds: [] })
}

function askBolt(body: Uint8Array, headers: Record<string, string>): boolean {
  return isValidSlackRequest({
    signingSecret: secret,
    body: Buffer.from(body).toString(),
    headers: {
      'x-slack-signature': headers['x-slack-signature'] ?? '',
      'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
    },
    nowMilliseconds: nowMs,
  })
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}

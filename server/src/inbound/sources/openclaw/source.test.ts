import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openclaw as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { exerciseFixedPath, exerciseTokenSource } from '../../exercise-token-source.ts'
import { readable } from '../../readable.ts'
import type { Incoming, ParsedEvent } from '../../source.ts'
import openclaw from './source.ts'

// Joined here, so that no scanner takes them for secrets of somebody's account.
const secret = ['claw', 'one+of/the=tests&1'].join('_')
const otherSecret = ['claw', 'another+of/the=tests'].join('_')

const accepts = [
  {
    fixture: 'fixtures/start.json',
    gives: { type: 'agent.run.started', subject: 'run_7f2c', orderKey: 'run:run_7f2c' },
  },
  { fixture: 'fixtures/end.json', gives: { type: 'agent.run.ended', subject: 'run_7f2c' } },
  {
    fixture: 'fixtures/document.json',
    gives: { type: 'agent.document.created', dedupeKey: 'seq:document:12:run_7f2c' },
  },
  {
    fixture: 'fixtures/model-usage.json',
    gives: { type: 'agent.usage.reported', subject: 'agent:main:main', orderKey: 'session:agent:main:main' },
  },
]

exerciseSource(openclaw, {
  accepts,
  secret,
  otherSecret,
  sign: sender.sign,
  config: { proof: 'required' },
  proof: {
    headers: ['x-openclaw-signature'],
    encoding: 'hex',
    foreign: [
      ['sha256=', 'sha1='],
      ['sha256=', 'SHA256='],
      ['sha256=', 'sha256=sha256='],
      ['sha256=', ''],
    ],
  },
})

const shown = { accepts, secret, otherSecret, header: 'authorization', write: (token: string) => `Bearer ${token}` }
exerciseTokenSource(openclaw, { ...shown, isAddressProof: true })
exerciseTokenSource(openclaw, { ...shown, config: { proof: 'required' } })
exerciseFixedPath(openclaw, { isBearer: true, parameters: ['t', 'token'] })

describe('a proof of OpenClaw’s', () => {
  const body = Buffer.from('{"runId":"r1","action":"start"}')
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  const bearer = `Bearer ${secret}`

  it('may be the token and a signature, if both are right', () => {
    expect(verify({ authorization: bearer, 'x-openclaw-signature': signature })).toEqual({ kind: 'verified' })
    for (const proof of ['any', 'required'] as const) {
      expect(
        verify({ authorization: bearer, 'x-openclaw-signature': `sha256=${'0'.repeat(64)}` }, proof),
      ).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
      expect(verify({ authorization: 'Bearer wrong', 'x-openclaw-signature': signature }, proof)).toMatchObject({
        cause: 'SIGNATURE_MISMATCH',
      })
    }
  })

  it('that is of no use is refused, also at an address that would do', () => {
    const odd = ['sha256=', '', 'sha256=zz', signature.slice(0, -1), `sha256=${signature}`, signature.toUpperCase()]
    for (const each of odd) {
      expect(verify({ 'x-openclaw-signature': each }), each).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
    expect(verify({ authorization: 'Basic dXNlcjpwYXNz' })).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('at the fixed path may be a token that named the source, which proves no more than an address', () => {
    const at = (proof: 'any' | 'required', isAddressed: boolean, url = '/openclaw/event') =>
      openclaw.verify(requestOf(body, { authorization: 'Bearer of-the-path' }, { url, isAddressed }), {
        secrets: [secret],
        now: 0,
        config: { proof },
      })
    expect(at('any', true)).toEqual({ kind: 'unsigned' })
    expect(at('any', true, '/openclaw/event?a=1')).toEqual({ kind: 'unsigned' })
    expect(at('required', true)).toMatchObject({ cause: 'MISSING_SIGNATURE' })
    expect(at('any', false)).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    expect(at('any', true, '/in/key')).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    expect(at('any', true, '/openclaw/events')).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
  })

  it('is asked for by a setting, and the secret has to fit into a header', () => {
    expect(openclaw.config.parse({})).toEqual({ proof: 'any' })
    for (const wrong of [{ proof: 'none' }, { proof: '' }, { other: 1 }]) {
      expect(openclaw.config.safeParse(wrong).success).toBe(false)
    }
    expect(openclaw.checkSecret('two words')).toContain('white space')
  })

  function verify(headers: Record<string, string>, proof: 'any' | 'required' = 'any') {
    return openclaw.verify(requestOf(body, headers), { secrets: [secret], now: 0, config: { proof } })
  }
})

describe('OpenClaw', () => {
  it('is answered as its hook expects', () => {
    expect(openclaw.answer?.(readable(of('{}')), { eventIds: [] })).toEqual({
      contentType: 'application/json',
      body: '{"ok":true}',
    })
  })

  it('tells of a run by its action, and of another action under its own name', () => {
    expect(typeOf({ runId: 'r1', action: 'error' })).toBe('agent.run.failed')
    expect(typeOf({ runId: 'r1', action: 'approval:request' })).toBe('openclaw.approval:request')
    expect(typeOf({ runId: 'r1', action: 'a b' })).toBe('openclaw.unknown')
    expect(typeOf({ runId: 'r1', action: 'toString' })).toBe('openclaw.toString')
    expect(typeOf({ runId: 'r1', action: 'start', type: 'model.usage' })).toBe('agent.run.started')
  })

  it('is kept when it says of no run or of no action', () => {
    const odd = [{}, [], 'text', { action: 'start' }, { runId: 'r1' }, { runId: '', action: 'start' }]
    for (const value of [...odd, { runId: 7, action: 'start' }, { runId: 'r1', action: ['start'] }, { type: 'x' }]) {
      const event = parse(value)
      expect(event, JSON.stringify(value)).toMatchObject({ type: 'openclaw.malformed', subject: null })
      expect(event?.dedupeKey).toMatch(/^sha256:/)
      expect(event?.data).toBe(JSON.stringify(value))
    }
  })

  it('tells of usage inside of a run, for a run, for a session, or for nothing', () => {
    const usage = (more: object) => parse({ action: 'usage', usage: {}, ...more })
    expect(usage({ runId: 'r1', seq: 3 })).toMatchObject({
      subject: 'r1',
      orderKey: 'run:r1',
      dedupeKey: 'seq:usage:3:r1',
    })
    expect(usage({ sessionKey: 's' })).toMatchObject({ subject: 's', orderKey: 'session:s' })
    expect(usage({ sessionKey: 's', seq: 3 })?.dedupeKey).toMatch(/^sha256:/)
    expect(usage({})).toMatchObject({ type: 'agent.usage.reported', subject: null })
    expect(usage({})).not.toHaveProperty('orderKey')
    expect(parse({ type: 'model.usage', runId: 'r1' })).toMatchObject({ subject: 'r1' })
  })

  it('keeps the sender’s own text of numbers', () => {
    const text = '{"type":"model.usage","costUsd":0.00870,"usage":{"input":12345678901234567890}}'
    expect(openclaw.parse(readable(of(text)), { proof: 'any' })[0]?.data).toBe(text)
  })

  it('makes keys and subjects that a column can hold of any run’s id', () => {
    for (const runId of ['ü', 'a b', 'a\0', '\ud83d', 'x'.repeat(1000)]) {
      const event = parse({ runId, action: 'start', seq: 1 })
      expect(event?.dedupeKey).toMatch(/^seq:start:1:sha256:[0-9a-f]{64}$/)
      expect(event?.orderKey).toMatch(/^run:sha256:[0-9a-f]{64}$/)
    }
    expect(parse({ runId: 'ü', action: 'start' })?.subject).toBe('ü')
  })
})

describe('a repeat of OpenClaw’s', () => {
  const key = (value: object) => parse({ runId: 'r1', action: 'progress', ...value })?.dedupeKey

  it('is known by the run and its number, if it has one', () => {
    expect(key({ seq: 5, message: 'a' })).toBe('seq:progress:5:r1')
    expect(key({ seq: 5, timestamp: '2026-02-06T09:30:12Z' })).toBe('seq:progress:5:r1')
    expect(key({ seq: 0 })).toBe('seq:progress:0:r1')
    expect(key({ seq: 5, runId: 'r2' })).toBe('seq:progress:5:r2')
    // One event of an agent may be told as two things.
    expect(key({ seq: 5, action: 'end' })).toBe('seq:end:5:r1')
    for (const seq of ['5', 1.5, null, 2 ** 53]) expect(key({ seq }), String(seq)).toBeNull()
  })

  it('is known by the run and its bytes, if they tell the time, whatever that time is', () => {
    for (const timestamp of ['2026-02-06T09:30:12Z', '1e9', '-1', 'T.1', 1e9, -1, '']) {
      expect(key({ timestamp, message: 'a' }), String(timestamp)).toMatch(/^body:[0-9a-f]{64}:r1$/)
      expect(key({ timestamp, message: 'a' })).not.toBe(key({ timestamp, message: 'b' }))
    }
    expect(key({ timestamp: null })).toBeNull()
  })

  it('is known by run and action, where a run does it once', () => {
    for (const action of ['start', 'end', 'error']) expect(key({ action })).toBe(`once:${action}:r1`)
    expect(key({ action: 'start', prompt: 'x' })).toBe(key({ action: 'start', prompt: 'y' }))
  })

  it('is not known of what may be said twice', () => {
    for (const action of ['progress', 'document', 'another']) expect(key({ action, message: 'Thinking…' })).toBeNull()
  })
})

describe('the samples of OpenClaw', () => {
  const docs = readFileSync(new URL('../../../../../docs/openclaw.md', import.meta.url), 'utf8')

  it('are each read as an event whose type and shape the catalogue has, and a repeat of which is known', () => {
    for (const event of sender.events) {
      const [read] = openclaw.parse(readable(of(sender.sample({ event }).body)), { proof: 'any' })
      const entry = openclaw.eventTypes?.find(({ type }) => type === read?.type)
      expect(entry, event).toBeDefined()
      expect(entry?.data?.safeParse(JSON.parse(read?.data ?? '')).error, event).toBeUndefined()
      expect(read?.dedupeKey, event).toEqual(expect.any(String))
      expect(docs, `docs/openclaw.md has no row of ${event}`).toMatch(rowOf(event, read?.type ?? ''))
    }
  })

  it('leave no type out of the page, and no shape that cannot be told as JSON Schema', () => {
    for (const { type, data } of openclaw.eventTypes ?? []) {
      expect(docs, type).toContain(`\`${type}\``)
      if (data) expect(() => z.toJSONSchema(data), type).not.toThrow()
    }
  })
})

/** A row of the page's table, with the sample and the type that it becomes. */
function rowOf(sample: string, type: string): RegExp {
  const [left, right] = [sample, type].map((each) => each.replaceAll('.', '\\.'))
  return new RegExp(`^\\| \`${left}\` \\|.*\`${right}\`.*\\|`, 'm')
}

function typeOf(value: unknown): string | undefined {
  return parse(value)?.type
}

function parse(value: unknown): ParsedEvent | undefined {
  return openclaw.parse(readable(of(JSON.stringify(value))), { proof: 'any' })[0]
}

function of(body: string | Uint8Array): Incoming {
  return requestOf(Buffer.from(body as string), {})
}

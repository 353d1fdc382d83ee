import { readFileSync } from 'node:fs'
import { sign } from '@octokit/webhooks-methods'
import { github as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf as requestAt } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import { Headers, type Incoming, Unparsable } from '../../source.ts'
import github from './source.ts'

const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' }

exerciseSource(github, {
  accepts: [
    {
      fixture: 'fixtures/push.json',
      gives: { type: 'github.push', subject: 'orchard-labs/pear', dedupeKey: 'msg_1' },
    },
    { fixture: 'fixtures/ping.json', event: 'ping', gives: { type: 'github.ping', subject: null } },
    {
      fixture: 'fixtures/push-with-bom.json',
      gives: { data: fixture('push-with-bom.json').subarray(3).toString(), subject: 'orchard-labs/quince' },
    },
    {
      fixture: 'fixtures/issues.form',
      event: 'issues',
      headers: formHeaders,
      gives: { type: 'github.issues', subject: 'orchard-labs/pear', data: fixture('issues.json').toString() },
    },
  ],
  secret: "It's a Secret to Everybody",
  otherSecret: 'Nobody was told of this one',
  sign: sender.sign,
  proof: {
    headers: ['x-hub-signature-256'],
    encoding: 'hex',
    foreign: [
      ['sha256=', 'sha1='],
      ['sha256=', 'SHA256='],
      ['sha256=', 'v1='],
      ['sha256=', ''],
    ],
  },
})

describe('GitHub', () => {
  it('accepts the published example', () => {
    const request = requestOf(Buffer.from('Hello, World!'), {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    })
    expect(verify(request, "It's a Secret to Everybody")).toEqual({ kind: 'verified' })
  })

  it('accepts what octokit signs', async () => {
    const body = sender.sample().body
    const signature = await sign('some long secret', Buffer.from(body).toString())
    expect(verify(requestOf(body, { 'x-hub-signature-256': signature }), 'some long secret')).toEqual({
      kind: 'verified',
    })
  })

  it('takes the body’s hash for a key when the delivery has no id, two ids, or one that no column should hold', () => {
    const key = 'sha256:93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588'
    const body = Buffer.from('{"hello":"world"}')
    expect(eventOf(requestOf(body, {}))?.dedupeKey).toBe(key)
    expect(eventOf(requestOf(body, { 'x-github-delivery': 'x'.repeat(300) }))?.dedupeKey).toBe(key)
    const twice = new Headers([
      ['x-github-delivery', 'a'],
      ['X-GitHub-Delivery', 'b'],
    ])
    expect(eventOf({ ...requestOf(body, {}), headers: twice })?.dedupeKey).toBe(key)
  })

  it('calls an event unknown whose name cannot stand in a type', () => {
    const body = Buffer.from('{}')
    expect(eventOf(requestOf(body, { 'x-github-event': 'a b' }))?.type).toBe('github.unknown')
    expect(eventOf(requestOf(body, {}))?.type).toBe('github.unknown')
  })

  it('refuses secrets that are short or were left out', () => {
    expect(github.checkSecret('1234567')).toContain('at least 8')
    expect(github.checkSecret('aaaaaaaaaa')).toContain('repeated')
    expect(github.checkSecret(' with spaces ')).toContain('white space')
    expect(github.checkSecret('12345678')).toBeUndefined()
  })
})

describe('a form from GitHub', () => {
  const data = (form: string | Buffer) => eventOf(requestOf(Buffer.from(form as string), formHeaders))?.data

  it('gives the exact text of its payload field', () => {
    expect(data('payload=%7B%22a%22%3A+%22b%2Bc%26d%3D%C3%BC%22%7D')).toBe('{"a": "b+c&d=ü"}')
    expect(data('payload={"a":1}')).toBe('{"a":1}')
    expect(data('payload=%7b%7d&other=1')).toBe('{}')
    expect(data('payload=%EF%BB%BF[]')).toBe('[]')
    expect(data('payload="100%"')).toBe('"100%"')
  })

  it('is unparsable when the field is doubled, wrongly encoded or no JSON', () => {
    const wrong = ['payload=', 'payload={}&payload={}', 'payload=%7', 'payload=%', 'payload=%zz', 'payload=%7B%']
    for (const form of [
      ...wrong,
      'payload=%22%FF%22',
      'payload=%22%ED%A0%80%22',
      'payload=%22%00%22',
      'payload=x',
      'payload',
    ]) {
      expect(() => data(form), form).toThrow(Unparsable)
    }
    expect(() => data(Buffer.from('payload="\xff"', 'latin1'))).toThrow(Unparsable)
    expect(() => data('payload={}&%70ayload=[]')).toThrow('two payload fields')
    expect(() => data(`payload={}${'&a=1'.repeat(1000)}`)).toThrow('more than 1000 fields')
  })

  it('is not made of a JSON body that only holds the field, whatever the unsigned content type says', () => {
    const body = '{"message":"&payload=%7B%22forged%22%3Atrue%7D&"}'
    expect(data(body)).toBe(body)
    expect(eventOf(requestOf(Buffer.from('payload=%7B%7D'), { 'content-type': 'application/json' }))?.data).toBe('{}')
  })

  it('may have 25 MiB', () => {
    const text = JSON.stringify({ diff: 'ü+&% '.repeat(1_600_000) })
    const form = Buffer.from(`payload=${encodeURIComponent(text)}`)
    expect(form.length).toBeGreaterThan(github.limits.bodyBytes)
    expect(data(form) === text).toBe(true)
  })
})

function verify(request: Incoming, secret: string) {
  return github.verify(request, { secrets: [secret], now: 0, config: {} })
}

function eventOf(request: Incoming) {
  return github.parse(readable(request), {})[0]
}

function requestOf(body: Uint8Array, headers: Record<string, string>): Incoming {
  return requestAt(body, headers)
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}

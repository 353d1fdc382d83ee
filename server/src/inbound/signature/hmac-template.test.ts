import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { requestOf } from '../exercise-source-trial.ts'
import type { Incoming, Verdict } from '../source.ts'
import { hmacTemplate, type TemplateScheme, templateFault } from './hmac-template.ts'

const now = 1_769_000_000_000
const secret = 'only the two of us know'
const verified: Verdict = { kind: 'verified' }
const usual: TemplateScheme = {
  header: 'x-signature',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: '',
  signed: '{body}',
  timestampUnit: 'seconds',
  toleranceSeconds: 300,
}

describe('hmacTemplate', () => {
  it('makes what is signed of the parts that the template names, in their order', () => {
    const scheme: TemplateScheme = {
      ...usual,
      signed: 'v0:{timestamp}:{id}:{body}',
      timestampHeader: 'x-time',
      idHeader: 'x-id',
    }
    const headers = { 'x-time': '1769000000', 'x-id': 'msg.1' }
    expect(judge(scheme, signed(scheme, 'v0:1769000000:msg.1:{}', '{}', headers))).toEqual(verified)
    expect(judge(scheme, signed(scheme, 'v0:1769000000:msg.1{}', '{}', headers))).toMatchObject({ kind: 'refused' })
  })

  it('knows each algorithm, encoding and prefix', () => {
    for (const algorithm of ['sha1', 'sha256', 'sha512'] as const) {
      for (const encoding of ['hex', 'base64'] as const) {
        const scheme = { ...usual, algorithm, encoding, prefix: `${algorithm}=` }
        expect(judge(scheme, signed(scheme, '{}', '{}')), algorithm).toEqual(verified)
        const bare = signed({ ...scheme, prefix: '' }, '{}', '{}')
        expect(judge(scheme, bare), algorithm).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
      }
    }
  })

  it('reads milliseconds where the sender writes them', () => {
    const scheme: TemplateScheme = {
      ...usual,
      signed: '{timestamp}.{body}',
      timestampHeader: 'x-time',
      timestampUnit: 'milliseconds',
    }
    const at = (ms: number) => judge(scheme, signed(scheme, `${ms}.{}`, '{}', { 'x-time': String(ms) }))
    expect(at(now)).toEqual(verified)
    expect(at(now - 300_000)).toEqual(verified)
    expect(at(now - 301_000)).toMatchObject({ cause: 'STALE' })
    expect(at(now + 301_000)).toMatchObject({ cause: 'FROM_FUTURE' })
    expect(at(now / 1000)).toMatchObject({ cause: 'STALE' })
  })

  it('refuses bytes moved from the body behind a signed time that follows it', () => {
    const scheme: TemplateScheme = { ...usual, signed: '{body}.{timestamp}', timestampHeader: 'x-time' }
    const genuine = signed(scheme, '{"a":1.1769000000', '{"a":1', { 'x-time': '1769000000' })
    expect(judge(scheme, genuine)).toEqual(verified)
    const moved = signed(scheme, '{"a":1.1769000000', '{"a":', { 'x-time': '1.1769000000' })
    expect(judge(scheme, moved)).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('signs the URL only when nothing stands behind it into which the body could move', () => {
    const scheme = { ...usual, signed: '{url}{body}' }
    const body = '?a=1{"b":2}'
    const url = 'https://hooks.example/in/key'
    expect(judge(scheme, signed(scheme, url + body, body))).toEqual(verified)
    const moved = signed(scheme, url + body, '{"b":2}', {}, { url: '/in/key?a=1' })
    expect(judge(scheme, moved)).toMatchObject({
      cause: 'MALFORMED_SIGNATURE',
      detail: 'header x-signature signs the URL, which may have no query here',
    })
  })
})

describe('templateFault', () => {
  const fault = (signed: string) => templateFault({ signed, timestampHeader: undefined, idHeader: 'x-id' })
  const timed = (signed: string) => templateFault({ signed, timestampHeader: 'x-time', idHeader: 'x-id' })

  it('finds nothing wrong with the ways of real senders', () => {
    for (const signed of ['{body}', '{url}{body}', '{id}.{body}', '{url}|{body}', 'text {body}', '{body}text'])
      expect(fault(signed), signed).toBeUndefined()
    for (const signed of [
      '{timestamp}.{body}',
      'v0:{timestamp}:{body}',
      '{id}.{timestamp}.{body}',
      '{body}/{timestamp}',
    ])
      expect(timed(signed), signed).toBeUndefined()
  })

  it('wants a delimiter between the parts, and none that could be part of them', () => {
    for (const signed of [
      '{id}{body}',
      '{id}x{body}',
      '{id}0{body}',
      '{body}{id}',
      '{id}{url}{body}',
      '{url}{id}{body}',
    ])
      expect(fault(signed), signed).toContain('no letter and no digit')
    for (const signed of ['{timestamp}{body}', '{timestamp}.{id}{body}', '{timestamp}00{body}'])
      expect(timed(signed), signed).toContain('no letter and no digit')
  })

  it('wants the body signed, each part once, and no part that it does not know', () => {
    expect(fault('')).toContain('{body} has to be signed')
    expect(fault('{url}')).toContain('{body} has to be signed')
    expect(fault('{body}.{body}')).toContain('once')
    expect(fault('{Body}')).toContain('is none of')
    expect(fault('{secret}.{body}')).toContain('is none of')
    expect(fault('é{body}')).toContain('ASCII')
  })

  it('wants a time signed if there is one, and a header for it', () => {
    expect(fault('{timestamp}.{body}')).toContain('go together')
    expect(timed('{body}')).toContain('go together')
    expect(templateFault({ signed: '{id}.{body}', timestampHeader: undefined, idHeader: undefined })).toContain(
      'idHeader',
    )
  })
})

function judge(scheme: TemplateScheme, request: Incoming): Verdict {
  return hmacTemplate(scheme)(request, { secrets: [secret], now })
}

/** A request with the signature of a text. */
function signed(
  { header, algorithm, encoding, prefix }: TemplateScheme,
  text: string,
  body: string,
  headers: Record<string, string> = {},
  change: Partial<Incoming> = {},
): Incoming {
  const signature = createHmac(algorithm, secret).update(text).digest(encoding)
  return requestOf(Buffer.from(body), { ...headers, [header]: prefix + signature }, change)
}

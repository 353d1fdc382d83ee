import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Headers, type Incoming } from '../source.ts'
import { type HmacScheme, hmac } from './hmac.ts'

const body = Buffer.from('{"hello":"world"}')
const bare: HmacScheme = { algorithm: 'sha256', header: 'x-webhook-signature', encoding: 'hex' }

describe('hmac', () => {
  it('accepts the vectors of the providers that sign the body alone', () => {
    const meta: HmacScheme = { ...bare, header: 'x-hub-signature-256', prefix: 'sha256=' }
    const vectors: [HmacScheme, string, string][] = [
      [bare, '1907740c8d3de2389bfc60f8652b33e1b973abacf98b15724eb942f1a5a29ae3', 'kapso_test_secret'],
      [meta, 'sha256=4b39d82db7cb9b38f1ee51f627f0a6c33786196a69f7521b11240a6508c68872', 'meta_app_secret'],
      [bare, 'cab24bbcb15205b69dd7b461acc722d6e9c2267167f897289b5b499ae369005a', 'tavus_test_secret'],
    ]
    for (const [scheme, value, secret] of vectors) {
      expect(judge(scheme, value, [secret]), secret).toEqual({ kind: 'verified' })
      expect(judge(scheme, value, ['another secret']), secret).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    }
  })

  it('speaks every algorithm in both encodings', () => {
    for (const algorithm of ['sha1', 'sha256', 'sha512'] as const) {
      for (const encoding of ['hex', 'base64'] as const) {
        const value = createHmac(algorithm, 'a good secret').update(body).digest(encoding)
        expect(judge({ ...bare, algorithm, encoding }, value, ['a good secret'])).toEqual({ kind: 'verified' })
        const other = algorithm === 'sha1' ? 'sha512' : 'sha1'
        expect(judge({ ...bare, algorithm: other, encoding }, value, ['a good secret'])).toMatchObject({
          cause: 'MALFORMED_SIGNATURE',
        })
      }
    }
  })

  it('takes a prefix that may be left out once or not at all', () => {
    const loose: HmacScheme = { ...bare, prefix: 'sha256=', isPrefixOptional: true }
    const signature = 'cab24bbcb15205b69dd7b461acc722d6e9c2267167f897289b5b499ae369005a'
    for (const value of [signature, `sha256=${signature}`]) {
      expect(judge(loose, value, ['tavus_test_secret']), value).toEqual({ kind: 'verified' })
    }
    for (const value of [`sha256=sha256=${signature}`, `sha1=${signature}`, 'sha256=', '', `=${signature}`]) {
      expect(judge(loose, value, ['tavus_test_secret']), value).toMatchObject({
        cause: 'MALFORMED_SIGNATURE',
        detail: 'header x-webhook-signature is not 32 bytes in hex, with or without "sha256="',
      })
    }
  })

  it('says what the header should be', () => {
    expect(judge({ ...bare, prefix: 'sha256=' }, 'x', ['a'])).toMatchObject({
      detail: 'header x-webhook-signature is not "sha256=" and 32 bytes in hex',
    })
    expect(judge(bare, 'x', ['a'])).toMatchObject({ detail: 'header x-webhook-signature is not 32 bytes in hex' })
    expect(judge(bare, '0'.repeat(64), ['a', 'b', ''])).toMatchObject({
      detail: 'header x-webhook-signature fits no secret of the source (2 tried)',
    })
    expect(judge(bare, '0'.repeat(64), [])).toMatchObject({
      detail: 'header x-webhook-signature cannot be checked, because the source has no usable secret',
    })
  })

  it('does not change the body', () => {
    const copy = Buffer.from(body)
    judge(bare, '0'.repeat(64), ['a'])
    expect(body.equals(copy)).toBe(true)
  })
})

function judge(scheme: HmacScheme, value: string, secrets: string[]) {
  const request: Incoming = {
    method: 'POST',
    url: '/',
    address: 'https://hooks.example/',
    isAddressed: true,
    headers: new Headers([[scheme.header, value]]),
    body,
  }
  return hmac(scheme)(request, { secrets, now: 0, config: {} })
}

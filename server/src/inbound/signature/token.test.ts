import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestOf } from '../exercise-source-trial.ts'
import { Headers, type Verdict } from '../source.ts'
import { addressed } from './addressed.ts'
import { bearerToken, tokenHeader } from './token.ts'

const token = 'one long token'.replaceAll(' ', '-')
const verified: Verdict = { kind: 'verified' }

describe('tokenHeader', () => {
  const judge = (headers: Headers | Record<string, string>, secrets = [token]) =>
    tokenHeader('x-gitlab-token')(requestOf(Buffer.alloc(0), headers), { secrets })

  it('accepts a secret that is valid now, and nothing that only resembles it', () => {
    expect(judge({ 'X-Gitlab-Token': token })).toEqual(verified)
    expect(judge({ 'x-gitlab-token': token }, ['another', token])).toEqual(verified)
    for (const sent of [
      `${token} `,
      ` ${token}`,
      token.slice(1),
      token.slice(0, -1),
      `${token}${token}`,
      token.toUpperCase(),
    ])
      expect(judge({ 'x-gitlab-token': sent }), sent).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
  })

  it('compares a token beyond ASCII by its bytes', () => {
    const sent = Buffer.from('schlüssel-für-alle').toString('latin1')
    expect(judge({ 'x-gitlab-token': sent }, ['schlüssel-für-alle'])).toEqual(verified)
    expect(judge({ 'x-gitlab-token': 'schlüssel-für-alle' }, ['schlüssel-für-alle'])).not.toEqual(verified)
  })

  it('refuses a missing, doubled, empty or endless header', () => {
    expect(judge({})).toMatchObject({ cause: 'MISSING_SIGNATURE', detail: 'header x-gitlab-token is missing' })
    const twice = new Headers([
      ['x-gitlab-token', token],
      ['X-GITLAB-TOKEN', token],
    ])
    expect(judge(twice)).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    for (const sent of ['', 'x'.repeat(4097)])
      expect(judge({ 'x-gitlab-token': sent })).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('refuses what anyone would guess, even when it is the secret, and says nothing of the secret', () => {
    for (const guess of ['undefined', 'null', 'secret', ' ', '[object Object]']) {
      expect(judge({ 'x-gitlab-token': guess }, [guess]), guess).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    }
    expect(judge({ 'x-gitlab-token': token }, [])).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    expect(JSON.stringify(judge({ 'x-gitlab-token': 'wrong' }))).not.toContain(token)
  })

  it('answers with a verdict whatever is sent', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const sent = Buffer.from(bytes).toString('latin1')
        expect(judge({ 'x-gitlab-token': sent }).kind).toBe('refused')
      }),
    )
  })
})

describe('bearerToken', () => {
  const judge = (headers: Headers | Record<string, string>, url = '/in/key') =>
    bearerToken(requestOf(Buffer.alloc(0), headers, { url }), { secrets: [token] })

  it('accepts the token in the header or in the query', () => {
    expect(judge({ Authorization: `Bearer ${token}` })).toEqual(verified)
    expect(judge({ authorization: `bearer  ${token}` })).toEqual(verified)
    expect(judge({}, `/in/key?a=1&access_token=${token}`)).toEqual(verified)
  })

  it('lets the header decide when both come', () => {
    const url = `/in/key?access_token=${token}`
    expect(judge({ authorization: 'Bearer wrong' }, url)).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    expect(judge({ authorization: `Bearer ${token}` }, '/in/key?access_token=wrong')).toEqual(verified)
  })

  it('refuses other schemes, doubled tokens and none', () => {
    for (const sent of [token, `Basic ${token}`, 'Bearer', 'Bearer ', `Bearer ${token} more`, `Bearer${token}`])
      expect(judge({ authorization: sent }), sent).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    const twice = new Headers([
      ['authorization', `Bearer ${token}`],
      ['authorization', `Bearer ${token}`],
    ])
    expect(judge(twice)).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    const url = `/in/key?access_token=${token}&access_token=${token}`
    expect(judge({}, url)).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    for (const path of ['/in/key', '/in/key?token=x', '/in/key?', '/in/key?%'])
      expect(judge({}, path), path).toMatchObject({ cause: 'MISSING_SIGNATURE' })
  })
})

describe('addressed', () => {
  it('is no proof at an address that everybody knows', () => {
    const request = requestOf(Buffer.alloc(0), {})
    expect(addressed(request)).toEqual({ kind: 'unsigned' })
    expect(addressed({ ...request, isAddressed: false })).toMatchObject({ cause: 'MISSING_SIGNATURE' })
  })
})

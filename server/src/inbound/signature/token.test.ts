import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText } from '../exercise-source-trial.ts'
import { Headers, type Verdict } from '../source.ts'
import { readToken, type TokenPlace, token, tokenFault } from './token.ts'

const bearer: TokenPlace = { header: 'authorization', scheme: 'Bearer' }
const plain: TokenPlace = { header: 'x-gitlab-token' }
const query: TokenPlace = { parameters: ['t', 'token'] }
const secret = 'orchard+gate/key=&1'

describe('a token in a header', () => {
  it('is right when it is the secret, or one of them', () => {
    expect(judge(bearer, { headers: [['Authorization', `Bearer ${secret}`]] })).toEqual({ kind: 'verified' })
    expect(judge(bearer, { headers: [['authorization', `bearer   ${secret}`]] })).toEqual({ kind: 'verified' })
    expect(judge(plain, { headers: [['X-Gitlab-Token', secret]] })).toEqual({ kind: 'verified' })
    expect(judge(plain, { headers: [['X-Gitlab-Token', secret]] }, ['another', '', secret])).toEqual({
      kind: 'verified',
    })
  })

  it('is wrong in any other spelling, length or case', () => {
    const near = [secret.toUpperCase(), secret.slice(1), secret.slice(0, -1), `${secret}x`, `${secret}${secret}`]
    const wrong = [...near, 'x', 'x'.repeat(100_000)]
    for (const each of [...wrong, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(judge(bearer, { headers: [['authorization', `Bearer ${each}`]] }), each).toMatchObject({
        kind: 'refused',
        cause: 'SIGNATURE_MISMATCH',
        detail: 'header authorization fits no secret of the source (1 tried)',
      })
    }
  })

  it('is malformed when it is empty, doubled, of another scheme, or of no token’s characters', () => {
    const odd = ['', 'Bearer', 'Bearer ', `Basic ${secret}`, secret, `Bearer\t${secret}`, `Bearer ${secret} x`]
    for (const each of [
      ...odd,
      `Bearer ${secret}\u00e9`,
      `Bearer ${secret}\0`,
      'Bearer a\u0141',
      `"Bearer ${secret}"`,
    ]) {
      expect(judge(bearer, { headers: [['authorization', each]] }), each).toMatchObject({
        cause: 'MALFORMED_SIGNATURE',
        detail: 'header authorization is not "Bearer" and a token of visible ASCII characters',
      })
    }
    const twice: [string, string][] = [
      ['authorization', `Bearer ${secret}`],
      ['Authorization', `Bearer ${secret}`],
    ]
    expect(judge(bearer, { headers: twice })).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    expect(judge(plain, { headers: [['x-gitlab-token', '']] })).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('is missing when there is no such header', () => {
    expect(judge(bearer, {})).toEqual({
      kind: 'refused',
      cause: 'MISSING_SIGNATURE',
      detail: 'header authorization is missing',
    })
  })

  it('fits no secret that is empty or guessed, also when it is the same', () => {
    for (const guess of ['', 'undefined', 'null', 'changeme']) {
      const verdict = judge(plain, { headers: [['x-gitlab-token', guess || 'x']] }, [guess])
      expect(verdict, guess).toMatchObject({ kind: 'refused', cause: 'SIGNATURE_MISMATCH' })
    }
    expect(judge(plain, { headers: [['x-gitlab-token', 'x']] }, [])).toMatchObject({
      detail: 'header x-gitlab-token cannot be checked, because the source has no usable secret',
    })
  })

  it('gets a verdict, whatever the bytes', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        for (const place of [bearer, plain, query]) {
          expect(judge(place, { headers: [['authorization', value]], url: `/x?t=${value}` }).kind).toBe('refused')
        }
      }),
    )
  })
})

describe('a token in a header, or else in the query', () => {
  const either = token(bearer, query)
  const judge = (authorization: readonly string[], url: string) => {
    const headers = new Headers(authorization.map((value): [string, string] => ['Authorization', value]))
    return either({ headers, url }, { secrets: [secret] })
  }
  const right = `/x?t=${encodeURIComponent(secret)}`

  it('is right at either place', () => {
    expect(judge([`Bearer ${secret}`], '/x')).toEqual({ kind: 'verified' })
    expect(judge([], right)).toEqual({ kind: 'verified' })
  })

  it('is what the header says when both come', () => {
    expect(judge([`Bearer ${secret}`], '/x?t=wrong')).toEqual({ kind: 'verified' })
    expect(judge(['Bearer wrong'], right)).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    for (const odd of [['Basic x'], [''], [`Bearer ${secret}`, `Bearer ${secret}`]]) {
      expect(judge(odd, right), odd.join()).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
  })

  it('is missing at both, or wrong where it stands', () => {
    expect(judge([], '/x?%')).toMatchObject({
      cause: 'MISSING_SIGNATURE',
      detail: 'header authorization is missing, and parameter t or token is missing',
    })
    expect(judge([], '/x?t=wrong')).toMatchObject({ detail: expect.stringMatching(/^parameter t or token fits no/) })
  })
})

describe('a token in the query', () => {
  it('is read percent-encoded, under any of its names', () => {
    for (const name of ['t', 'token', '%74']) {
      expect(read(`/x?a=1&${name}=${encodeURIComponent(secret)}&b=2`), name).toBe(secret)
    }
    expect(judge(query, { url: `/x?t=${encodeURIComponent(secret)}` })).toEqual({ kind: 'verified' })
  })

  it('keeps a plus and an equals sign that nobody encoded', () => {
    expect(read('/x?t=a+b/c==')).toBe('a+b/c==')
    expect(read('/x?t=a%2Bb')).toBe('a+b')
  })

  it('is missing, or malformed, and never half a token', () => {
    for (const url of ['/x', '/x?', '/x?a=1', '/x?T=a', '/x/t=a', '/x?%=a']) {
      expect(read(url), url).toMatchObject({ cause: 'MISSING_SIGNATURE' })
    }
    for (const url of ['/x?t=', '/x?t', '/x?t=%', '/x?t=%zz', '/x?t=%ff', '/x?t=a%20b', '/x?t=a%00', '/x?t=%C3%A9']) {
      expect(read(url), url).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
    for (const url of ['/x?t=a&t=a', '/x?t=a&token=a', '/x?t=a&%74=b']) {
      expect(read(url), url).toMatchObject({ detail: 'parameter t or token came 2 times' })
    }
  })
})

it('a secret that is shown as a token is visible ASCII', () => {
  expect(tokenFault(secret, 8)).toBeUndefined()
  for (const wrong of ['', 'short', 'undefined', 'two words of it', 'grün und gut', 'aaaaaaaaaa']) {
    expect(tokenFault(wrong, 8), wrong).toEqual(expect.any(String))
  }
})

interface Shown {
  headers?: [string, string][]
  url?: string
}

function judge(place: TokenPlace, { headers = [], url = '/x' }: Shown, secrets: readonly string[] = [secret]): Verdict {
  return token(place)({ headers: new Headers(headers), url }, { secrets })
}

function read(url: string) {
  return readToken({ headers: new Headers([]), url }, query)
}

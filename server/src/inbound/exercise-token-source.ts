import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodies } from './exercise-source-bodies.ts'
import {
  anyText,
  type Exercise,
  requestOf,
  type Trial,
  trialOf,
  withBody,
  withHeader,
  withoutHeader,
  withSecond,
} from './exercise-source-trial.ts'
import { Headers, type Incoming, type RefusalCause, type SourceDefinition } from './source.ts'

/** What `exerciseTokenSource` needs to know of a kind whose sender shows the secret itself. */
export interface TokenExercise extends Pick<Exercise, 'accepts' | 'secret' | 'otherSecret' | 'config'> {
  /** The header that shows the token. */
  header: string
  /** The header's value for a token; the token alone when left out. */
  write?(token: string): string
  /** Set where an address that only the sender was told is a proof too: a request that shows nothing is then `unsigned`. */
  isAddressProof?: true
}

/** One thing that must hold of a token. */
export interface TokenCase {
  name: string
  run(trial: TokenTrial): void
}

/** A kind of source on the bench, and how its sender shows a token. */
export interface TokenTrial {
  trial: Trial
  exercise: TokenExercise
  /** A request that shows this text as its token. */
  showing(token: string): Incoming
  refuses(request: Incoming, cause: RefusalCause, why: string, secrets?: readonly string[]): void
}

/**
 * The suite of kinds that are proven by a token or by their address: the token is accepted, everything near it is refused
 * for its own cause, and what the provider sends is read. A token covers no body, so bodies are not tampered with here.
 * @example
 * exerciseTokenSource(gitlab, {
 *   accepts: 'fixtures/push.json',
 *   secret: 'one-of-the-tests',
 *   otherSecret: 'another-of-the-tests',
 *   header: 'x-gitlab-token',
 * })
 */
export function exerciseTokenSource(definition: SourceDefinition, exercise: TokenExercise): void {
  const by = exercise.isAddressProof ? `${exercise.header}, or its address` : exercise.header
  describe(`source ${definition.kind}, shown a token by ${by}`, () => {
    const bench = tokenTrialOf(definition, exercise)
    for (const { name, run } of tokenCases) it(name, () => run(bench))
    for (const { name, run } of bodies) it(name, () => run(bench.trial))
  })
}

/** Puts a kind of source on the bench. */
export function tokenTrialOf(definition: SourceDefinition, exercise: TokenExercise): TokenTrial {
  const { header, write = (token) => token, ...rest } = exercise
  const trial = trialOf(definition, {
    ...rest,
    sign: ({ secret }) => ({ 'content-type': 'application/json', [header]: write(secret) }),
    proof: { headers: [header], encoding: 'hex', foreign: [] },
  })
  return {
    trial,
    exercise,
    showing: (token) => trial.genuine({ secret: token }),
    refuses(request, cause, why, secrets = [exercise.secret]) {
      const verdict = trial.judge(request, { secrets })
      expect(verdict, why).toMatchObject({ kind: 'refused', cause })
      if (verdict.kind !== 'refused') return
      expect(verdict.detail, `"${verdict.detail}" does not name the header`).toContain(`header ${header} `)
      expect(verdict.detail.length).toBeLessThan(250)
      for (const secret of secrets.filter((each) => each.length > 7)) expect(verdict.detail).not.toContain(secret)
    },
  }
}

export const tokenCases: readonly TokenCase[] = [
  {
    name: 'accepts the token with whatever the provider sends, and with any other body',
    run({ trial, exercise }) {
      const { secret } = exercise
      for (const { fixture, body, headers } of trial.accepted) {
        trial.accepts(trial.genuine({ body, secret }, headers), fixture)
      }
      const odd = [Buffer.alloc(0), Buffer.from([0xff, 0]), Buffer.from('{'), Buffer.alloc(100_000, '[')]
      for (const body of odd) trial.accepts(trial.genuine({ body }), `${body.length} odd bytes`)
      trial.accepts({ ...trial.genuine(), isAddressed: false }, 'at an address that anybody knows')
    },
  },
  {
    name: 'refuses a token with anything changed, and throws nothing',
    run({ showing, refuses, exercise: { secret } }) {
      const last = secret.length - 1
      for (const at of [0, 1, last >> 1, last]) {
        const code = secret.charCodeAt(at)
        const changed = secret.slice(0, at) + String.fromCharCode(code === 126 ? 33 : code + 1) + secret.slice(at + 1)
        refuses(showing(changed), 'SIGNATURE_MISMATCH', `character ${at} changed`)
      }
      const near = [secret.slice(1), secret.slice(0, -1), secret.slice(0, 1), `${secret}x`, `x${secret}`]
      const spellings = [swapCase(secret), `${secret}${secret}`, `"${secret}"`, `${secret},${secret}`]
      const encoded = [Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')]
      for (const each of [...near, ...spellings, ...encoded]) refuses(showing(each), 'SIGNATURE_MISMATCH', each)
    },
  },
  {
    name: 'refuses a token of any length',
    run({ showing, refuses }) {
      for (const length of [1, 31, 32, 33, 64, 16_000, 1_000_000]) {
        refuses(showing('x'.repeat(length)), 'SIGNATURE_MISMATCH', `${length} characters`)
      }
    },
  },
  {
    name: 'refuses another secret’s token, and accepts both while both are valid',
    run({ trial, showing, refuses, exercise: { secret, otherSecret } }) {
      refuses(showing(otherSecret), 'SIGNATURE_MISMATCH', 'the other secret’s')
      refuses(showing(secret), 'SIGNATURE_MISMATCH', 'after the overlap', [otherSecret])
      trial.accepts(showing(secret), 'the current one', { secrets: [secret, otherSecret] })
      trial.accepts(showing(secret), 'the previous one', { secrets: [otherSecret, secret] })
      trial.accepts(showing(secret), 'beside an unusable one', { secrets: ['', 'undefined', secret] })
    },
  },
  {
    name: 'refuses an empty or guessed token, even when the source has it for a secret',
    run({ trial, showing, refuses, exercise }) {
      for (const guess of ['undefined', 'null', 'NaN', 'changeme']) {
        refuses(showing(guess), 'SIGNATURE_MISMATCH', guess, [guess])
        refuses(showing(guess), 'SIGNATURE_MISMATCH', `${guess}, and there is no secret`, [])
      }
      for (const empty of ['', ' ', '\t']) refuses(showing(empty), 'MALFORMED_SIGNATURE', `"${empty}"`, [empty])
      for (const guess of ['', ' ', 'undefined', 'null', 'changeme', 'aaaaaaaaaaaa']) {
        expect(trial.definition.checkSecret(guess), `checkSecret("${guess}")`).toEqual(expect.any(String))
      }
      expect(trial.definition.checkSecret(exercise.secret)).toBeUndefined()
      expect(trial.definition.checkSecret(exercise.otherSecret)).toBeUndefined()
    },
  },
  {
    name: 'refuses a doubled header, even when both values are right',
    run({ trial, exercise, showing, refuses }) {
      const { header, secret, write = (token) => token } = exercise
      const genuine = showing(secret)
      trial.accepts(
        withHeader(withoutHeader(genuine, header), header.toUpperCase(), write(secret)),
        'the header in another case',
      )
      for (const second of [write(secret), write('another'), '']) {
        refuses(withSecond(genuine, header, second), 'MALFORMED_SIGNATURE', `and a second one, "${second}"`)
        refuses(withSecond(genuine, header.toUpperCase(), second), 'MALFORMED_SIGNATURE', 'in another case')
      }
      refuses(withSecond(showing('wrong-one'), header, write(secret)), 'MALFORMED_SIGNATURE', 'a wrong one first')
    },
  },
  {
    name: 'takes a request that shows nothing for its address alone, or refuses it',
    run({ trial, exercise, showing, refuses }) {
      const bare = withoutHeader(showing(exercise.secret), exercise.header)
      refuses({ ...bare, isAddressed: false }, 'MISSING_SIGNATURE', 'at an address that anybody knows')
      if (!exercise.isAddressProof) return refuses(bare, 'MISSING_SIGNATURE', 'at the source’s own address')
      for (const request of [bare, requestOf(Buffer.from('x'), {}), withBody(bare, '')]) {
        expect(trial.judge(request)).toEqual({ kind: 'unsigned' })
        expect(trial.judge(request, { secrets: [] }), 'without any secret').toEqual({ kind: 'unsigned' })
      }
    },
  },
  {
    name: 'answers with a verdict whatever the header holds',
    run({ trial, exercise }) {
      const { header, write = (token) => token, secret } = exercise
      const text = fc.oneof(fc.string(), anyText, fc.constantFrom('Bearer', ''))
      const value = fc.oneof(text, text.map(write))
      fc.assert(
        fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), (values) => {
          if (values.length === 1 && values[0] === write(secret)) return
          const headers = new Headers(values.map((each): [string, string] => [header, each]))
          expect(trial.judge(requestOf(trial.body, headers)).kind).toBe('refused')
        }),
      )
    },
  },
]

/** How a kind names a source at its fixed path. */
export interface FixedPathExercise {
  /** Set where a bearer token names it, before any parameter does. */
  isBearer?: true
  parameters: readonly [string, ...string[]]
}

/** The suite of a fixed path's token: it is read whole or not at all. */
export function exerciseFixedPath({ kind, fixedPath }: SourceDefinition, exercise: FixedPathExercise): void {
  const { parameters, isBearer } = exercise
  const [name] = parameters
  const tokenOf = (query: string, authorization: readonly string[] = []) => {
    const headers = new Headers(authorization.map((value): [string, string] => ['Authorization', value]))
    const url = `${fixedPath?.path}${query}`
    return fixedPath?.token?.(requestOf(Buffer.from('{}'), headers, { url, isAddressed: false }))
  }
  describe(`the fixed path of ${kind}`, () => {
    it('reads the token out of the query, whatever it holds', () => {
      for (const token of ['one', 'a+b/c==&d?e%f#g', '%41', "!'()*~", 'x'.repeat(10_000)]) {
        for (const each of parameters) expect(tokenOf(`?a=1&${each}=${encodeURIComponent(token)}&b`)).toBe(token)
      }
      expect(tokenOf(`?${name}=a+b/c==`)).toBe('a+b/c==')
    })

    it('finds none where there is none, or where it is not plain which', () => {
      const none = ['', '?', '?a=1', `?${name}`, `?${name}=`, `?x${name}=one`, `?${name.toUpperCase()}=one`]
      const odd = [`?${name}=%`, `?${name}=%ff`, `?${name}=a%20b`, `?${name}=a%00`, `?${name}=one&${name}=one`]
      const both = parameters.slice(1).map((other) => `?${name}=one&${other}=two`)
      for (const query of [...none, ...odd, ...both]) expect(tokenOf(query), query).toBeUndefined()
    })

    it(`${isBearer ? 'takes' : 'does not take'} a bearer token before the query’s`, () => {
      const query = `?${name}=of-the-query`
      expect(tokenOf(query, ['Bearer shown'])).toBe(isBearer ? 'shown' : 'of-the-query')
      expect(tokenOf('', ['bearer shown'])).toBe(isBearer ? 'shown' : undefined)
      for (const odd of [['Basic c2hvd24='], ['Bearer '], ['Bearer a b'], ['Bearer a', 'Bearer a']]) {
        expect(tokenOf('', odd)).toBeUndefined()
      }
    })
  })
}

function swapCase(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
}

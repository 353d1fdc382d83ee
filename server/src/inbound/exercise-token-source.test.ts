import { describe, expect, it } from 'vitest'
import { type TokenExercise, tokenCases, tokenTrialOf } from './exercise-token-source.ts'
import type { Incoming, SourceDefinition } from './source.ts'
import openclaw from './sources/openclaw/source.ts'

type Verify = SourceDefinition['verify']

const exercise: TokenExercise = {
  accepts: ['fixtures/start.json', 'fixtures/end.json'],
  secret: 'orchard-gate-1',
  otherSecret: 'orchard-gate-2',
  config: { proof: 'required' },
  header: 'authorization',
  write: (token) => `Bearer ${token}`,
}

const required: Verify = (request, proof) => openclaw.verify(request, { ...proof, config: { proof: 'required' } })

describe('exerciseTokenSource', () => {
  it('finds nothing wrong with a right kind', () => {
    expect(failures(required)).toEqual([])
    const any: Verify = (request, proof) => openclaw.verify(request, { ...proof, config: { proof: 'any' } })
    expect(failures(any, { ...exercise, isAddressProof: true })).toEqual([])
  })

  it('finds an address that is taken for a proof, and one that is not', () => {
    const any: Verify = (request, proof) => openclaw.verify(request, { ...proof, config: { proof: 'any' } })
    const caught = ['takes a request that shows nothing for its address alone, or refuses it']
    expect(failures(any)).toEqual(caught)
    expect(failures(required, { ...exercise, isAddressProof: true })).toEqual(caught)
    const anywhere: Verify = (request, proof) => any({ ...request, isAddressed: true }, proof)
    expect(failures(anywhere, { ...exercise, isAddressProof: true })).toEqual(caught)
  })

  for (const [flaw, { isRight, caught }] of Object.entries(careless())) {
    it(`finds a comparison that ${flaw}`, () => {
      const verify: Verify = (request, proof) => {
        const verdict = required(request, proof)
        return verdict.kind === 'refused' && proof.secrets.some((secret) => isRight(request, secret))
          ? { kind: 'verified' }
          : verdict
      }
      expect(failures(verify)).toContain(caught)
    })
  }

  it('finds a detail that gives the secret away', () => {
    const talkative: Verify = (request, proof) => {
      const verdict = required(request, proof)
      return verdict.kind === 'refused' ? { ...verdict, detail: `${verdict.detail}: ${proof.secrets}` } : verdict
    }
    expect(failures(talkative)).toContain('refuses a token of any length')
  })
})

function failures(verify: Verify, terms = exercise): string[] {
  const bench = tokenTrialOf({ ...openclaw, verify } as SourceDefinition, terms)
  return tokenCases
    .filter(({ run }) => {
      try {
        run(bench)
        return false
      } catch {
        return true
      }
    })
    .map(({ name }) => name)
}

function careless(): Record<string, { isRight(request: Incoming, secret: string): boolean; caught: string }> {
  const sent = ({ headers }: Incoming) => (headers.all('authorization')[0] ?? '').replace(/^Bearer /, '')
  const changed = 'refuses a token with anything changed, and throws nothing'
  return {
    'compares the beginning': { isRight: (request, secret) => sent(request).startsWith(secret), caught: changed },
    'compares as far as was sent': {
      isRight: (request, secret) => sent(request) !== '' && secret.startsWith(sent(request)),
      caught: changed,
    },
    'takes any case': {
      isRight: (request, secret) => sent(request).toLowerCase() === secret.toLowerCase(),
      caught: changed,
    },
    'takes the first of two headers': {
      isRight: (request, secret) => sent(request) === secret,
      caught: 'refuses a doubled header, even when both values are right',
    },
    'takes the secret for usable whatever it is': {
      isRight: (request, secret) => sent(request) === secret && request.headers.all('authorization').length === 1,
      caught: 'refuses an empty or guessed token, even when the source has it for a secret',
    },
    'throws for another length': {
      isRight(request, secret) {
        if (sent(request).length !== secret.length) throw new RangeError('unequal lengths')
        return false
      },
      caught: 'refuses a token of any length',
    },
  }
}

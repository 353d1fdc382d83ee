import { createHmac, timingSafeEqual } from 'node:crypto'
import { github as githubSender, standardWebhooks as standardSender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { casesFor } from './exercise-source.ts'
import { type Exercise, trialOf, withBody, withHeader } from './exercise-source-trial.ts'
import type { Incoming, Proof, SourceDefinition, Verdict } from './source.ts'
import github from './sources/github/source.ts'
import standard from './sources/standard-webhooks/source.ts'

type Verify = SourceDefinition['verify']
type Parse = SourceDefinition['parse']
const verified: Verdict = { kind: 'verified' }

const forStandard: Exercise = {
  accepts: ['fixtures/user-created.json', 'fixtures/contact-created.json'],
  secret: secretOf('thirty-two bytes for these tests'),
  otherSecret: secretOf('another thirty-two bytes of them'),
  sign: standardSender.sign,
  proof: {
    headers: ['webhook-signature', 'webhook-id', 'webhook-timestamp'],
    encoding: 'base64',
    foreign: [['v1,', 'v2,']],
    several: { join: (values) => values.join(' '), unknown: ['v2,x'] },
    toleranceSeconds: 300,
    idHeader: 'webhook-id',
  },
}

const forGithub: Exercise = {
  accepts: ['fixtures/push.json', 'fixtures/ping.json'],
  secret: 'It is a secret',
  otherSecret: 'It is another',
  sign: githubSender.sign,
  proof: { headers: ['x-hub-signature-256'], encoding: 'hex', foreign: [['sha256=', 'v1=']] },
}

describe('exerciseSource', () => {
  it('finds nothing wrong with a right kind', () => {
    expect(failures(standard, forStandard)).toEqual([])
    expect(failures(github, forGithub)).toEqual([])
  })

  it('finds what is wrong with verification as tutorials write it', () => {
    expect(failures({ ...standard, verify: tutorial }, forStandard)).toEqual([
      'refuses a request without one of the headers',
      'refuses a doubled header, even when both values are right',
      'refuses a signature of another length, and throws nothing',
      'refuses the right signature in another spelling',
      'refuses a right signature under another version of the scheme',
      'refuses an empty or guessed key, even when the source has it for a secret',
      'answers with a verdict whatever the headers hold',
      'accepts the right signature first, last and beside unknown versions',
      'looks at a bounded number of signatures',
      'refuses a right signature from too long ago or from the future',
      'refuses a time that is not digits',
      'refuses bytes moved between the body and the time, with what was signed unchanged',
      'refuses bytes moved between the id, the time and the body, with what was signed unchanged',
      'refuses another id, and one that no column should hold',
    ])
  })

  it('finds verification that accepts everything, nothing, or only what it knows', () => {
    expect(failures({ ...github, verify: () => verified }, forGithub).length).toBeGreaterThan(12)
    const never: Verify = () => ({ kind: 'refused', cause: 'SIGNATURE_MISMATCH', detail: 'header x is wrong' })
    expect(failures({ ...github, verify: never }, forGithub)).toContain('accepts what the provider sends')
    const talkative: Verify = (request, proof) => {
      const verdict = github.verify(request, { ...proof, config: {} })
      return verdict.kind === 'refused' ? { ...verdict, detail: `${verdict.detail}: ${proof.secrets[0]}` } : verdict
    }
    expect(failures({ ...github, verify: talkative }, forGithub)).toContain('refuses a body with any region changed')
  })

  for (const [flaw, { change, caught }] of Object.entries(forgiving())) {
    it(`finds verification that ${flaw}`, () => {
      const verify: Verify = (request, proof) => {
        const verdict = github.verify(request, { ...proof, config: {} })
        const other = change(request)
        return verdict.kind === 'verified' ? verdict : github.verify(other, { ...proof, config: {} })
      }
      expect(failures({ ...github, verify }, forGithub)).toContain(caught)
    })
  }

  it('finds a time that is not checked in one direction', () => {
    for (const cause of ['STALE', 'FROM_FUTURE']) {
      const verify: Verify = (request, proof) => {
        const verdict = standard.verify(request, proof as Proof<{ toleranceSeconds: number; eventPrefix: string }>)
        return verdict.kind === 'refused' && verdict.cause === cause ? verified : verdict
      }
      expect(failures({ ...standard, verify }, forStandard)).toEqual([
        'refuses a right signature from too long ago or from the future',
      ])
    }
  })

  for (const [flaw, { parse, caught }] of Object.entries(careless())) {
    it(`finds parsing that ${flaw}`, () => expect(failures({ ...github, parse }, forGithub)).toEqual(caught))
  }

  it('finds a check that takes any secret, and a secret that is not random', () => {
    expect(failures({ ...github, checkSecret: () => undefined }, forGithub)).toEqual([
      'refuses an empty or guessed key, even when the source has it for a secret',
    ])
    expect(failures({ ...github, makeSecret: () => 'always the same' }, forGithub)).toEqual([
      'makes secrets that it takes itself, each another',
    ])
  })
})

/** The names of the cases that a kind does not pass. */
function failures(definition: SourceDefinition, exercise: Exercise): string[] {
  const trial = trialOf(definition, exercise)
  return casesFor(exercise)
    .filter(({ run }) => {
      try {
        run(trial)
        return false
      } catch {
        return true
      }
    })
    .map(({ name }) => name)
}

/** No check of form, of the future or of lengths; one signature, found by cutting the header at the comma. */
function tutorial({ headers, body }: Incoming, { secrets, now }: Proof): Verdict {
  const refuse = (cause: 'SIGNATURE_MISMATCH' | 'STALE'): Verdict => ({
    kind: 'refused',
    cause,
    detail: 'header webhook-signature is wrong',
  })
  const [id = '', time = '', sent = ''] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers.all(name)[0],
  )
  if (now / 1000 - Number.parseInt(time, 10) > 300) return refuse('STALE')
  const signature = Buffer.from(sent.split(',')[1] ?? '', 'base64')
  const isRight = secrets.some((secret) => {
    const hmac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
    return timingSafeEqual(hmac.update(`${id}.${time}.`).update(body).digest(), signature)
  })
  return isRight ? verified : refuse('SIGNATURE_MISMATCH')
}

function forgiving(): Record<string, { change(request: Incoming): Incoming; caught: string }> {
  const header = 'x-hub-signature-256'
  const reading = (change: (value: string) => string) => (request: Incoming) =>
    withHeader(request, header, change(request.headers.get(header) ?? ''))
  const copies = 'refuses copies of the body that mean the same'
  return {
    'takes the first of doubled headers': {
      change: (request) => withHeader(request, header, request.headers.all(header)[0] ?? ''),
      caught: 'refuses a doubled header, even when both values are right',
    },
    'takes hex in any case': {
      change: reading((value) => value.toLowerCase()),
      caught: 'refuses the right signature in another spelling',
    },
    'takes any prefix': {
      change: reading((value) => value.replace(/^.*=/, 'sha256=')),
      caught: 'refuses a right signature under another version of the scheme',
    },
    'trims the body': { change: (request) => withBody(request, `${request.body.toString().trim()}\n`), caught: copies },
    'cuts a byte-order mark before verifying': {
      change: (request) => withBody(request, request.body.toString().replace(/^\uFEFF/, '')),
      caught: copies,
    },
    'normalises line ends': {
      change: (request) => withBody(request, request.body.toString().replaceAll('\r\n', '\n')),
      caught: copies,
    },
    'verifies the decoded text': {
      change: (request) => withBody(request, request.body.toString()),
      caught: 'tells bytes that are not UTF-8 from the character that stands for them',
    },
    'ignores the last bit of the second byte': {
      change(request) {
        const body = Buffer.from(request.body)
        body[1] = (body[1] ?? 0) ^ 1
        return withBody(request, body)
      },
      caught: 'refuses a body with any region changed',
    },
  }
}

function careless(): Record<string, { parse: Parse; caught: string[] }> {
  const reads = 'reads the events out of what the provider sends'
  const legal = 'makes an event of every body that is legal JSON, its text unchanged'
  const mark = 'cuts a byte-order mark from the data, and nothing else'
  const illegal = 'calls every other body unparsable, and throws nothing else'
  const repeat = 'gives a repeat the same dedupe key'
  const right: Parse = (request) => github.parse(request, {})
  const changed =
    (change: object): Parse =>
    (request) =>
      right(request, {}).map((event) => ({ ...event, ...change }))
  let count = 0
  return {
    'writes the JSON anew': {
      parse: (request) => right(request, {}).map((event) => ({ ...event, data: JSON.stringify(request.json().value) })),
      caught: [legal, mark],
    },
    'keeps the byte-order mark': {
      parse: (request) => right(request, {}).map((event) => ({ ...event, data: request.body.toString() })),
      caught: [mark],
    },
    'throws whatever JSON.parse throws': {
      parse: (request) => {
        JSON.parse(request.body.toString().replace(/^\uFEFF/, ''))
        return right(request, {})
      },
      caught: [illegal],
    },
    'forgives bytes that are not UTF-8': {
      parse: (request) => right({ ...request, json: () => ({ text: request.body.toString(), value: {} }) }, {}),
      caught: [mark, illegal],
    },
    'makes up a dedupe key': {
      parse: (request) => right(request, {}).map((event) => ({ ...event, dedupeKey: `key_${count++}` })),
      caught: [repeat],
    },
    'gives every event one dedupe key': { parse: changed({ dedupeKey: 'key' }), caught: [repeat] },
    'gives a subject that PostgreSQL refuses': { parse: changed({ subject: 'a\0' }), caught: [reads, legal, mark] },
    'makes no event': { parse: () => [], caught: [reads, repeat, legal, mark, illegal] },
  }
}

function secretOf(key: string): string {
  return `whsec_${Buffer.from(key).toString('base64')}`
}

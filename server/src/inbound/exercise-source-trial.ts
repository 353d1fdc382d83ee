import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { readable } from './readable.ts'
import {
  Headers,
  type Incoming,
  type ParsedEvent,
  type RefusalCause,
  type SourceDefinition,
  type Verdict,
} from './source.ts'

/** What `exerciseSource` needs to know of a kind of source. */
export interface Exercise {
  /** Bodies as the provider sends them: paths inside the kind's folder. The first is the one that is tampered with. */
  accepts: string | readonly (string | Accepted)[]
  /** A right secret. */
  secret: string
  /** Another right secret: somebody else's key, and the other one of a rotation. */
  otherSecret: string
  /** The headers that the provider would send. */
  sign(message: Message): Record<string, string>
  /** What the provider puts behind the URL, for those that prove themselves there: the query without its `?`. */
  query?(message: Message): string
  /** What the source has for a secret to prove what this one signed, where the two differ: the public key of a private one. */
  heldFor?(secret: string): string
  /** As in `POST /sources {config}`. */
  config?: unknown
  /** Set for kinds that promise nothing about the body: what is no JSON makes an event without data. */
  takesAnyBody?: true
  proof: ProofShape
}

export interface Accepted {
  fixture: string
  /** The provider's name for the event, for those that send it in a header. */
  event?: string
  /** Headers that differ from what `sign` gives. */
  headers?: Record<string, string>
  /** What the event must be, besides what holds for all. */
  gives?: Partial<ParsedEvent>
}

/** How the kind proves itself, as far as a forger would care. */
export interface ProofShape {
  /** The headers without which nothing is proven; the first ends in the signature. */
  headers: readonly [string, ...string[]]
  encoding: 'hex' | 'base64'
  /** Other versions of the scheme, which must not count: what to replace in the signature's header, and with what. */
  foreign: readonly (readonly [from: string, to: string])[]
  /** For headers that hold several signatures: several values of it, written as one. */
  several?: { join(values: readonly string[]): string; unknown: readonly string[] }
  /** For schemes that sign a time: how far it may be away. */
  toleranceSeconds?: number
  /** For schemes that sign an id: its header. */
  idHeader?: string
}

export interface Message {
  body: Uint8Array
  secret: string
  nowMs: number
  id: string
  event?: string
  /** Where it is posted to, with the query. */
  url?: string
}

/** One thing that must hold. */
export interface Case {
  name: string
  run(trial: Trial): void
}

/** A kind of source on the bench. */
export interface Trial {
  definition: SourceDefinition
  exercise: Exercise
  proof: ProofShape
  accepted: readonly (Accepted & { body: Buffer })[]
  /** The body of the first fixture. */
  body: Buffer
  /** The header that ends in the signature. */
  header: string
  nowMs: number
  /** `nowMs` as senders write it. */
  seconds: string
  /** What the source has for a secret to prove what this one signed. */
  heldFor(secret: string): string
  /** A rightly signed request. */
  genuine(change?: Partial<Message>, headers?: Record<string, string>): Incoming
  judge(request: Incoming, terms?: Terms): Verdict
  /** The request is accepted. */
  accepts(request: Incoming, why: string, terms?: Terms): void
  /** The request is refused for that cause and no other, and the operator learns why without learning a secret. */
  refuses(request: Incoming, cause: RefusalCause, why: string, terms?: Terms): void
  /** The value of the signature's header. */
  valueOf(request: Incoming): string
  read(request: Incoming): ParsedEvent[]
}

/** The circumstances that differ from the usual ones. */
export interface Terms {
  /** What the source has for secrets. */
  secrets?: readonly string[]
  nowMs?: number
}

const nowMs = 1_769_000_000_000

/** Puts a kind of source on the bench. */
export function trialOf(definition: SourceDefinition, exercise: Exercise): Trial {
  const { proof, secret } = exercise
  const config = definition.config.parse(exercise.config ?? {})
  const accepted = fixturesOf(definition.kind, exercise.accepts)
  const [header] = proof.headers
  const body = accepted[0]?.body
  if (!body) throw new Error(`${definition.kind}: exerciseSource needs a fixture`)
  const trial: Trial = {
    definition,
    exercise,
    proof,
    accepted,
    body,
    header,
    nowMs,
    seconds: String(nowMs / 1000),
    heldFor: (signing) => exercise.heldFor?.(signing) ?? signing,
    genuine(change = {}, headers = {}) {
      const message = { secret, nowMs, id: 'msg_1', ...change, body: Buffer.from(change.body ?? body) }
      const query = exercise.query?.(message)
      const posted = requestOf(message.body, {}, query ? { url: `/in/key?${query}` } : {})
      const signed = exercise.sign({ ...message, url: posted.address })
      return { ...posted, headers: new Headers(Object.entries({ ...signed, ...headers })) }
    },
    judge: (request, terms = {}) =>
      definition.verify(request, {
        secrets: terms.secrets ?? [trial.heldFor(secret)],
        now: terms.nowMs ?? nowMs,
        config,
      }),
    accepts: (request, why, terms) => expect(trial.judge(request, terms), why).toEqual({ kind: 'verified' }),
    refuses(request, cause, why, terms = {}) {
      const verdict = trial.judge(request, terms)
      expect(verdict, why).toMatchObject({ kind: 'refused', cause })
      if (verdict.kind === 'refused') expectDiscreet(trial, request, verdict.detail, terms.secrets)
    },
    valueOf: (request) => request.headers.get(header) ?? '',
    read: (request) => definition.parse(readable(request), config),
  }
  return trial
}

function fixturesOf(kind: string, accepts: Exercise['accepts']): (Accepted & { body: Buffer })[] {
  return (typeof accepts === 'string' ? [accepts] : accepts).map((each) => {
    const accepted = typeof each === 'string' ? { fixture: each } : each
    return { ...accepted, body: readFileSync(new URL(`./sources/${kind}/${accepted.fixture}`, import.meta.url)) }
  })
}

function expectDiscreet(trial: Trial, request: Incoming, detail: string, held: readonly string[] | undefined): void {
  const { headers, encoding } = trial.proof
  const { secret: own, otherSecret } = trial.exercise
  const secrets = [own, otherSecret].filter((secret) => (held ?? [trial.heldFor(own)]).includes(trial.heldFor(secret)))
  const namesOne = headers.some((name) => detail.includes(`header ${name} `))
  expect(namesOne, `"${detail}" names none of ${headers.join(', ')}`).toBe(true)
  expect(detail.length).toBeLessThan(250)
  for (const secret of secrets.filter((each) => each.length > 10)) {
    const right = signatureIn(trial.valueOf(trial.genuine({ body: request.body, secret })), encoding).signature
    expect(detail, 'the detail gives the signature away').not.toContain(right)
    expect(detail, 'the detail gives the secret away').not.toContain(secret.replace('whsec_', ''))
  }
}

/** The signature at the end of a header's value, and what stands before it. */
export function signatureIn(value: string, encoding: 'hex' | 'base64'): { before: string; signature: string } {
  const signature = (encoding === 'hex' ? /[0-9a-f]+$/ : /[A-Za-z0-9+/]+=*$/).exec(value)?.[0] ?? ''
  return { before: value.slice(0, value.length - signature.length), signature }
}

/** A request to a source's own URL. */
export function requestOf(
  body: Uint8Array,
  headers: Headers | Readonly<Record<string, string>>,
  change: Partial<Incoming> = {},
): Incoming {
  const url = change.url ?? '/in/key'
  return {
    method: 'POST',
    url,
    address: `https://hooks.example${url}`,
    isAddressed: true,
    headers: headers instanceof Headers ? headers : new Headers(Object.entries(headers)),
    body: Buffer.from(body),
    ...change,
  }
}

/**
 * Any text, halves of surrogate pairs among it. fast-check's own `unit: 'binary'` sorts all of Unicode when it is made,
 * which takes a second of each test file.
 */
export const anyText: fc.Arbitrary<string> = fc.string({
  unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)),
  maxLength: 90,
})

/** The same request with another body. */
export function withBody(request: Incoming, body: Uint8Array | string): Incoming {
  return { ...request, body: Buffer.from(body as string) }
}

/** The same request with one header replaced. */
export function withHeader(request: Incoming, name: string, value: string): Incoming {
  return { ...request, headers: new Headers([...others(request, name), [name, value]]) }
}

/** The same request without one header. */
export function withoutHeader(request: Incoming, name: string): Incoming {
  return { ...request, headers: new Headers(others(request, name)) }
}

/** The same request with one header sent a second time. */
export function withSecond(request: Incoming, name: string, value: string): Incoming {
  return { ...request, headers: new Headers([...request.headers.raw, [name, value]]) }
}

/** The same request with a text replaced wherever a header that proves it holds that text. */
export function withReplaced(trial: Trial, request: Incoming, from: string, to: string): Incoming {
  const raw = request.headers.raw.map(([name, value]): [string, string] =>
    trial.proof.headers.includes(name) ? [name, value.replace(from, to)] : [name, value],
  )
  return { ...request, headers: new Headers(raw) }
}

function others(request: Incoming, name: string): (readonly [string, string])[] {
  return request.headers.raw.filter(([each]) => each.toLowerCase() !== name.toLowerCase())
}

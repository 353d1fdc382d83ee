import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { readable } from './readable.ts'
import { Headers, type Incoming, type ParsedEvent, type RefusalCause, type SourceDefinition } from './source.ts'

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
  /** As in `POST /sources {config}`. */
  config?: unknown
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
}

/** One thing that must hold. */
export interface Case {
  name: string
  run(trial: Trial): void
}

/** A kind of source on the bench. */
export class Trial {
  readonly definition: SourceDefinition
  readonly exercise: Exercise
  readonly proof: ProofShape
  readonly accepted: readonly (Accepted & { body: Buffer })[]
  readonly nowMs = 1_769_000_000_000
  readonly #config: unknown

  constructor(definition: SourceDefinition, exercise: Exercise) {
    this.definition = definition
    this.exercise = exercise
    this.proof = exercise.proof
    this.#config = definition.config.parse(exercise.config ?? {})
    const { accepts } = exercise
    this.accepted = (typeof accepts === 'string' ? [accepts] : accepts).map((each) => {
      const accepted = typeof each === 'string' ? { fixture: each } : each
      const file = new URL(`./sources/${definition.kind}/${accepted.fixture}`, import.meta.url)
      return { ...accepted, body: readFileSync(file) }
    })
  }

  /** The header that ends in the signature. */
  get header(): string {
    return this.proof.headers[0]
  }

  get seconds(): string {
    return String(Math.floor(this.nowMs / 1000))
  }

  /** The body of the first fixture. */
  get body(): Buffer {
    const [first] = this.accepted
    if (!first) throw new Error(`${this.definition.kind}: exerciseSource needs a fixture`)
    return first.body
  }

  /** A rightly signed request. */
  genuine(change: Partial<Message> = {}, headers: Record<string, string> = {}): Incoming {
    const body = Buffer.from(change.body ?? this.body)
    const { secret } = this.exercise
    const signed = this.exercise.sign({ secret, nowMs: this.nowMs, id: 'msg_1', ...change, body })
    return {
      method: 'POST',
      url: '/in/key',
      headers: new Headers(Object.entries({ ...signed, ...headers })),
      body,
    }
  }

  judge(request: Incoming, { secrets = [this.exercise.secret], nowMs = this.nowMs }: Terms = {}) {
    return this.definition.verify(request, { secrets, now: nowMs, config: this.#config })
  }

  read(request: Incoming): ParsedEvent[] {
    return this.definition.parse(readable(request), this.#config)
  }

  /** The request is accepted. */
  accepts(request: Incoming, why: string, terms: Terms = {}): void {
    expect(this.judge(request, terms), why).toEqual({ kind: 'verified' })
  }

  /** The request is refused for that cause and no other, and the operator learns why without learning a secret. */
  refuses(request: Incoming, cause: RefusalCause, why: string, terms: Terms = {}): void {
    const verdict = this.judge(request, terms)
    expect(verdict, why).toMatchObject({ kind: 'refused', cause })
    if (verdict.kind !== 'refused') return
    const { headers, encoding } = this.proof
    const names = [...headers, ...headers.map((name) => name.replace('webhook-', 'svix-'))]
    expect(
      names.some((name) => verdict.detail.includes(`header ${name} `)),
      `${why}: ${verdict.detail}`,
    ).toBe(true)
    expect(verdict.detail.length, why).toBeLessThan(250)
    const { secrets = [this.exercise.secret] } = terms
    for (const secret of secrets.filter((each) => each.length > 10)) {
      const right = signatureIn(this.valueOf(this.genuine({ body: request.body, secret })), encoding).signature
      expect(verdict.detail, `${why}: the detail gives the signature away`).not.toContain(right)
      expect(verdict.detail, `${why}: the detail gives the secret away`).not.toContain(secret.replace('whsec_', ''))
    }
  }

  /** The value of the signature's header. */
  valueOf(request: Incoming): string {
    return request.headers.get(this.header) ?? ''
  }
}

interface Terms {
  secrets?: readonly string[]
  nowMs?: number
}

/** The signature at the end of a header's value, and what stands before it. */
export function signatureIn(value: string, encoding: 'hex' | 'base64'): { before: string; signature: string } {
  const signature = (encoding === 'hex' ? /[0-9a-f]+$/ : /[A-Za-z0-9+/]+=*$/).exec(value)?.[0] ?? ''
  return { before: value.slice(0, value.length - signature.length), signature }
}

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

import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/eventually.ts'
import type { Log } from '../base/log.ts'
import { wayward } from './exercise-parser.ts'
import type { OpenSource } from './open-source.ts'
import { examineHere, type Finding } from './parse.ts'
import { createParsing, type Parsing, type ParsingLimits } from './parse-thread.ts'
import { Headers, type Incoming, type SourceDefinition } from './source.ts'
import github from './sources/github/source.ts'

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const entry = { file: fileOf('../boot.mjs'), data: { entry: fileOf('./exercise-parser.ts') } }
/** Every body goes to a thread, and the threads of bodies from 1000 bytes on are others. */
const limits: ParsingLimits = {
  threadBytes: 0,
  secondThreadBytes: 1000,
  waitMs: 10_000,
  parseMs: 10_000,
  heapMb: 128,
  idleMs: 10_000,
}

let lines: { event: string; error: unknown }[]
let parsing: Parsing
beforeEach(() => {
  lines = []
})
afterEach(() => parsing.close())

function open(over: Partial<ParsingLimits> = {}): Parsing {
  const keep: Log['error'] = (event, facts) =>
    void lines.push({ event, error: (facts as { error: Error }).error.message })
  const journal = { debug() {}, info: keep, warn: keep, error: keep }
  parsing = createParsing({ entry, journal, limits: { ...limits, ...over } })
  return parsing
}

const secret = 'It is a secret'
const real: OpenSource = {
  id: 'src_1',
  workspaceId: 'ws_1',
  customer: null,
  definition: github as SourceDefinition,
  secrets: ['an older secret', secret],
  config: {},
  routes: new Map(),
  endsAt: Number.POSITIVE_INFINITY,
  rateLimit: null,
}
const odd: OpenSource = { ...real, definition: wayward, secrets: ['good'] }

/** How long it took is another time each time. */
const untimed = ({ verdict, parsed: { tookMs: _, ...parsed } }: Finding) => ({ verdict, parsed })

const signed = (body: string | Buffer): Incoming => ({
  method: 'POST',
  address: 'https://hooks.example/in/key',
  isAddressed: true,
  url: '/in/key',
  headers: new Headers([
    ['X-GitHub-Event', 'push'],
    ['x-github-delivery', 'id-1'],
    ['x-hub-signature-256', `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`],
  ]),
  body: Buffer.from(body),
})
const asking = (body: string, proof = 'good'): Incoming => ({
  method: 'POST',
  address: 'https://hooks.example/in/key',
  isAddressed: true,
  url: '/in/key',
  headers: new Headers([['proof', proof]]),
  body: Buffer.from(body),
})

describe('on a thread of its own', () => {
  it('a request is found to be what it is found to be here', async () => {
    const { examine } = open()
    const good = signed('\u{FEFF}{"repository":{"full_name":"a/b"},"n":1.0,"n":12345678901234567890}')
    const others = [
      signed('{"a":'),
      signed(Buffer.from([0x22, 0xff])),
      signed(''),
      { ...good, body: Buffer.from('{}') },
    ]
    expect((await examine(good, real, 0)).parsed.events).toEqual([
      {
        dedupeKey: 'id-1',
        type: 'github.push',
        subject: 'a/b',
        data: '{"repository":{"full_name":"a/b"},"n":1.0,"n":12345678901234567890}',
      },
    ])
    for (const each of [good, ...others]) {
      expect(untimed(await examine(each, real, 0))).toEqual(untimed(await examineHere(each, real, 0)))
    }
    expect(lines).toEqual([])
  })

  it('a long text comes back as its bytes, to the letter', async () => {
    const text = `{"text":"${'Mährta 😀 '.repeat(200_000)}"}`
    const { parsed } = await open().examine(signed(text), real, 0)
    const [event] = parsed.events
    expect(event?.data).toBeInstanceOf(Uint8Array)
    expect(Buffer.from(event?.data as Uint8Array).toString() === text).toBe(true)
  })

  it('a body that was changed on the way is refused', async () => {
    const { examine } = open()
    const changed = { ...signed('{"amount":1}'), body: Buffer.from('{"amount":9}') }
    expect(await examine(changed, real, 0)).toMatchObject({
      verdict: { kind: 'refused', cause: 'SIGNATURE_MISMATCH' },
      parsed: { events: [] },
    })
  })

  it('a hundred at once are answered each for itself', async () => {
    const { examine } = open()
    const found = await Promise.all(Array.from({ length: 100 }, (_, i) => examine(signed(`{"n":${i}}`), real, 0)))
    expect(found.map(({ parsed }) => parsed.events[0]?.data)).toEqual(found.map((_, i) => `{"n":${i}}`))
  })

  it('a body that its parser cannot read is kept, with the reason', async () => {
    const { verdict, parsed } = await open().examine(asking('unparsable body'), odd, 0)
    expect(verdict).toEqual({ kind: 'verified' })
    expect(parsed).toMatchObject({ events: [], fault: { detail: 'the body is not to be read' } })
    expect(parsed.tookMs).toBeGreaterThan(0)
  })

  it('a parser that fails says where, and not in which words: they may be the body', async () => {
    const { parsed } = await open().examine(asking('faulty body'), odd, 0)
    expect(parsed.fault).toEqual({
      detail: 'the parser of wayward failed with TypeError',
      error: expect.objectContaining({ name: 'TypeError', message: expect.not.stringContaining('undefined') }),
    })
  })
})

describe('a small body', () => {
  it('is examined here', async () => {
    const { examine } = open({ threadBytes: 100 })
    // This thread knows a kind that the other one has never heard of.
    const unknown = { ...odd, definition: { ...wayward, kind: 'unknown' } }
    expect((await examine(asking('x'.repeat(99)), unknown, 0)).parsed.events).toHaveLength(1)
    const { parsed } = await examine(asking('x'.repeat(100)), unknown, 0)
    expect(parsed.fault?.detail).toContain('ended its thread: Error')
  })
})

describe('a parser that ends its thread', () => {
  it.each([
    ['dies', 'dying', 'ended its thread', 10_000],
    [
      'takes all memory',
      'hungry',
      'ended its thread: Worker terminated due to reaching memory limit: JS heap out of memory',
      10_000,
    ],
    ['takes longer than it may', 'slow', 'took longer than 500 ms', 500],
  ])(
    'because it %s leaves a request that is kept, and the next one has a new thread',
    async (_, deed, reason, parseMs) => {
      const { examine } = open({ parseMs })
      await examine(asking('first body'), odd, 0)
      const [bad, next] = await Promise.all([
        examine(asking(`${deed} body`), odd, 0),
        examine(asking('next body'), odd, 0),
      ])
      expect(bad).toEqual({
        verdict: { kind: 'verified' },
        parsed: {
          events: [],
          fault: { detail: `the parser of wayward ${reason}; the body is kept, and can be parsed again` },
        },
      })
      expect(next.parsed.events[0]?.data).toBe('"next body"')
      expect(lines).toEqual([{ event: 'parser.ended', error: reason }])
    },
  )

  it('before it has proven the request leaves the proof to this one', async () => {
    const { examine } = open()
    const { verdict, parsed } = await examine(asking('body', 'dying'), odd, 0)
    expect(verdict).toEqual({ kind: 'verified' })
    expect(parsed.fault?.detail).toContain('ended its thread')
    const forged = { ...odd, definition: { ...wayward, kind: 'unknown' } }
    expect(await examine(asking('body', 'forged'), forged, 0)).toMatchObject({
      verdict: { kind: 'refused' },
      parsed: { events: [] },
    })
  })

  it('at its start leaves a request that is kept', async () => {
    const none = { file: entry.file, data: { entry: fileOf('./no-such-file.ts') } }
    const { error } = { error: () => {} } satisfies Partial<Log>
    parsing = createParsing({ entry: none, journal: { debug: error, info: error, warn: error, error }, limits })
    for (let i = 0; i < 2; i++) {
      const { parsed } = await parsing.examine(asking('body'), odd, 0)
      expect(parsed.fault?.detail).toMatch(/^the parser of wayward could not be started: .*no-such-file/)
    }
  })
})

it('a thread that has had nothing to do for a while is ended, and started again', async () => {
  const { examine } = open({ idleMs: 5 })
  const numbers: (string | null | undefined)[] = []
  await eventually('a first one on a second thread', async () => {
    numbers.push((await examine(asking('body'), odd, 0)).parsed.events[0]?.dedupeKey ?? undefined)
    return numbers.length > 1 && numbers.at(-1) === '1 on this thread'
  })
  expect(lines).toEqual([])
})

it('a thread is used again', async () => {
  const { examine } = open()
  const found = [await examine(asking('body'), odd, 0), await examine(asking('body'), odd, 0)]
  expect(found.map(({ parsed }) => parsed.events[0]?.dedupeKey)).toEqual(['1 on this thread', '2 on this thread'])
})

describe('what waits', () => {
  it('waits for no larger one', async () => {
    const { examine } = open()
    const larger = examine(asking(`slow ${'x'.repeat(1000)}`), odd, 0)
    const outcome = await Promise.race([examine(asking('small body'), odd, 0), larger])
    expect(outcome.parsed.events[0]?.data).toBe('"small body"')
    await parsing.close()
    await expect(larger).rejects.toMatchObject({ code: 'OVERLOADED' })
  })

  it('too long is told to come back', async () => {
    const { examine } = open({ waitMs: 50, parseMs: 1500 })
    const first = examine(asking('slow body'), odd, 0)
    await expect(examine(asking('body'), odd, 0)).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 5 })
    expect((await first).parsed.fault?.detail).toContain('took longer than 1500 ms')
    expect((await eventually('the next one', () => examine(asking('body'), odd, 0))).parsed.events).toHaveLength(1)
  })

  it('when the server stops is told to come back', async () => {
    const { examine, close } = open()
    const told = Promise.allSettled(['slow body', 'body', 'body'].map((body) => examine(asking(body), odd, 0)))
    await close()
    await expect(examine(asking('body'), odd, 0)).rejects.toMatchObject({ code: 'OVERLOADED' })
    for (const each of await told) expect(each).toMatchObject({ reason: { code: 'OVERLOADED' } })
  })
})

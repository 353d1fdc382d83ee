import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { fakeClock } from '../base/clock.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { silentLog } from '../base/log.ts'
import { silentMeter } from '../base/meter.ts'
import { ownEvent } from '../events/own-event.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { fates, runThrough } from '../jobs/exercise-fates.ts'
import { startJob } from '../jobs/keep-job.ts'
import { makeSource } from '../storage/exercise/rows.ts'
import { createSource } from './keep-source.ts'
import { examineHere, parse } from './parse.ts'
import { receive } from './receive.ts'
import { reprocessing, reprocessKind, reprocessStep } from './reprocess.ts'
import { planReprocess } from './reprocess-plan.ts'
import { defineSource, Headers, type ParsedEvent, Unparsable } from './source.ts'

/** A word of a body: `a` is an event, `a=k` one with the key k. */
const word = fc
  .record({
    data: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'x'),
    key: fc.constantFrom(undefined, undefined, '1', '2', '3', '4'),
  })
  .map(({ data, key }) => (key === undefined ? data : `${data}=${key}`))
const bodies = fc.array(fc.array(word, { maxLength: 4 }), { minLength: 1, maxLength: 30 })

/** The parser before cannot read an x; the one after can, calls a b another name, makes two of a c and none of a d. */
const kindOf = (parser: 'before' | 'after') =>
  defineSource({
    kind: 'words',
    title: 'Words',
    limits: { bodyBytes: 1000 },
    config: z.strictObject({}),
    checkSecret: () => undefined,
    verify: () => ({ kind: 'verified' }),
    parse({ body }): ParsedEvent[] {
      const words = body
        .toString()
        .split(' ')
        .filter((each) => each !== '')
      if (parser === 'before' && words.some((each) => each.startsWith('x'))) throw new Unparsable('an x')
      return words.flatMap((each) => {
        const [data = '', key] = each.split('=')
        const event = { dedupeKey: key ?? null, type: 'words.word', subject: null, data: JSON.stringify(data) }
        if (parser === 'before' || !'bcd'.includes(data)) return [event]
        if (data === 'b') return [{ ...event, type: 'words.renamed' }]
        return data === 'c' ? [event, { ...event, dedupeKey: key === undefined ? null : `${key}+`, data: '"c+"' }] : []
      })
    },
  })

let storage: TestStorage
const clock = fakeClock()
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  storage = openTestStorage()
})
afterEach(async () => {
  vi.useRealTimers()
  await storage.close()
})

const pass = async () => {
  clock.advance(500)
  vi.advanceTimersByTime(500)
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A source of the old parser that has taken these requests. */
async function takeIn(texts: readonly string[]): Promise<string> {
  const source = makeSource(defaultWorkspaceId, { kind: 'words' })
  const news = ownEvent({
    workspaceId: source.workspaceId,
    customer: null,
    type: 'source.created',
    subject: source.id,
    data: {},
    now: 0,
  })
  await storage.commit(createSource, { source, news })
  const opened = {
    ...source,
    definition: kindOf('before'),
    secrets: [],
    endsAt: Number.POSITIVE_INFINITY,
    config: {},
    routes: new Map(),
  }
  for (const text of texts) {
    clock.advance(1)
    const body = Buffer.from(text)
    const incoming = { method: 'POST', url: '/in/x', address: '', isAddressed: true, headers: new Headers([]), body }
    const at = clock.now()
    const arrival = { requestId: newId('request', at), receivedAt: at, wallTime: at, senderAddress: '' }
    await receive(incoming, opened, arrival, {
      ...{ examine: examineHere, commit: storage.commit, clock, journal: silentLog, meter: silentMeter },
      ...{ dedupeSecret: Buffer.alloc(32), unknownRoutes: { note() {} }, quarantine: { keep: async () => {} } },
    })
  }
  return source.id
}

const needs = () => ({
  log: storage.reads.log,
  sources: storage.reads.sources,
  definitions: new Map([['words', kindOf('after')]]),
  reparse: async (...[incoming, source]: Parameters<typeof parse>) => parse(incoming, source),
  dedupeSecret: Buffer.alloc(32),
})

const start = (sourceId: string) =>
  storage.commit(startJob, {
    job: {
      id: newId('job', clock.now()),
      workspaceId: defaultWorkspaceId,
      kind: reprocessKind,
      args: { sourceId, before: new Date(clock.now() + 1).toISOString() },
      plan: { count: null, isAtLeast: false },
      perSecond: null,
    },
    now: clock.now(),
  })

/** Small steps, so that there are many of them. */
function kind() {
  const whole = reprocessing({ ...needs(), onAppended() {} })
  return {
    ...whole,
    step: (...[job, within]: Parameters<typeof whole.step>) => whole.step(job, { ...within, limit: 3 }),
  }
}

const run = async (sourceId: string, fated: Parameters<typeof runThrough>[0] = []) =>
  runThrough(fated, await start(sourceId), { storage, clock, kind: kind(), step: reprocessStep.name, pass })

/** Every request of a source with its record and its events, and which event each key leads to; ids left out. */
function contents(sourceId: string) {
  const requests = storage.sql('SELECT id, verdict, cause FROM requests WHERE source_id = ? ORDER BY id', sourceId)
  const events = storage.sql('SELECT id, request_id, type, data FROM events WHERE source_id = ? ORDER BY seq', sourceId)
  const keys = storage.sql(
    'SELECT key, event_id, request_id FROM dedupe_keys WHERE source_id = ? ORDER BY key',
    sourceId,
  )
  const requestAt = (id: unknown) => requests.findIndex((request) => request.id === id)
  return {
    requests: requests.map(({ verdict, cause }) => [verdict, cause]),
    events: events.map(({ request_id, type, data }) => [requestAt(request_id), type, data]),
    keys: keys.map(({ key, event_id, request_id }) => [
      key,
      events.findIndex(({ id }) => id === event_id),
      requestAt(request_id),
    ]),
  }
}

it('whatever fails, dies and is paused meanwhile, it comes to what one clean run comes to, and twice is once', async () => {
  await fc.assert(
    fc.asyncProperty(bodies, fates, async (words, fated) => {
      const texts = words.map((each) => each.join(' '))
      const [faulty, clean] = [await takeIn(texts), await takeIn(texts)]
      expect(contents(faulty)).toEqual(contents(clean))
      const [first, second] = [await run(faulty, fated), await run(clean)]
      expect(first.status).toBe('done')
      expect(first.counts).toEqual(second.counts)
      const after = contents(faulty)
      expect(after).toEqual(contents(clean))
      expect(after.requests.every(([, cause]) => cause !== 'UNPARSABLE')).toBe(true)
      const again = await run(faulty)
      expect(again.counts).toMatchObject({ appended: 0, mended: 0, unchanged: first.counts.looked })
      expect(contents(faulty)).toEqual(after)
    }),
    { numRuns: 15 },
  )
})

it.each([
  ['x=1 c=1 c', 'the key is that of another event beside it'],
  ['x c=1 c=1 c', 'the key is that of an event alike beside it'],
])('%s is made once, though %s', async (text) => {
  const sourceId = await takeIn([text])
  expect((await run(sourceId)).counts).toMatchObject({ mended: 1 })
  const after = contents(sourceId)
  expect((await run(sourceId)).counts).toMatchObject({ appended: 0, outdated: 0, unchanged: 1 })
  expect(contents(sourceId)).toEqual(after)
})

it('the plan says what the job then does, and changes nothing', async () => {
  const sourceId = await takeIn(['a=1', 'b=2', 'x', 'd', 'c', 'a=1 b', 'e'])
  const before = contents(sourceId)
  const filter = { sourceId }
  const plan = await planReprocess(defaultWorkspaceId, filter, { ...needs(), clock, commit: storage.commit })
  expect(contents(sourceId)).toEqual(before)
  expect(plan).toMatchObject({ count: 7, isAtLeast: false })
  const { looked, differing, requests } = plan.sample
  expect([looked, differing]).toEqual([7, 5])
  expect(requests.map(({ added, outdated, isMended }) => [added.length, outdated.length, isMended])).toEqual([
    [1, 1, false],
    [1, 0, true],
    [0, 1, false],
    [1, 0, false],
    [1, 1, false],
  ])
  const { counts } = await run(sourceId)
  expect(counts).toMatchObject({ looked: 7, appended: 4, outdated: 3, mended: 1, unparsable: 0 })
})

it('the plan does not count as changed what could not be read before and cannot be now', async () => {
  const sourceId = await takeIn(['a', 'x'])
  const today = { ...needs(), definitions: new Map([['words', kindOf('before')]]) }
  const { sample } = await planReprocess(defaultWorkspaceId, { sourceId }, { ...today, clock, commit: storage.commit })
  expect(sample).toMatchObject({ looked: 2, differing: 0, unparsable: 1, requests: [] })
})

it('passes over what has no body, no source, or nobody’s proof, and counts it', async () => {
  const sourceId = await takeIn(['x', 'x', 'x'])
  const [first, second] = storage.sql('SELECT id FROM requests WHERE source_id = ? ORDER BY id', sourceId)
  storage.sql('UPDATE requests SET body = NULL WHERE id = ? RETURNING id', String(first?.id))
  storage.sql("UPDATE requests SET verdict = 'quarantined' WHERE id = ? RETURNING id", String(second?.id))
  expect((await run(sourceId)).counts).toMatchObject({ looked: 3, mended: 1, withoutBody: 1, quarantined: 1 })
  storage.sql('DELETE FROM sources WHERE id = ? RETURNING id', sourceId)
  expect((await run(sourceId)).counts).toMatchObject({ looked: 3, withoutSource: 1, appended: 0 })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, StoreUnavailable } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import { silentLog } from '../base/log.ts'
import { silentMeter } from '../base/meter.ts'
import { publishEvent } from '../events/append.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { makeEvent } from '../storage/exercise/rows.ts'
import { testReader } from './exercise-reader.ts'
import { createStreams, type StreamsNeeds, type Subscription } from './subscribe.ts'

const workspaceId = newId('workspace', 0)
const t0 = 1_800_000_000_000

let storage: TestStorage
let opened: ReturnType<typeof createStreams>[]
beforeEach(() => {
  storage = openTestStorage()
  opened = []
})
afterEach(async () => {
  for (const streams of opened) streams.retreat()
  await storage.close()
})

function start(more: Partial<StreamsNeeds> = {}) {
  const streams = createStreams({
    log: storage.reads.log,
    settledUpTo: async () => Number.MAX_SAFE_INTEGER,
    show: ({ id, type }) => JSON.stringify({ id, type }),
    cursorAt: (workspace, place) => `${workspace}/${place}`,
    limits: { total: 100, perKey: 100 },
    journal: silentLog,
    meter: silentMeter,
    ...more,
  })
  opened.push(streams)
  const read = async (wanted: Partial<Subscription> = {}, reader = testReader()) => {
    const stream = await streams.open({
      workspaceId,
      credentialId: 'cred_1',
      holder: 'cred_1',
      wanted: {},
      after: undefined,
      isRevealed: false,
      recheck: async () => {},
      ...wanted,
    })
    stream.serve(reader.out)
    return reader
  }
  return { streams, read }
}

async function publish(type = 'test.made', more: Partial<Parameters<typeof makeEvent>[0]> = {}): Promise<string> {
  const event = makeEvent({ workspaceId, type, at: t0, ...more })
  await storage.commit(publishEvent, event)
  return event.id
}

/** Many at once, in the order of the log. */
async function publishMany(count: number, type?: string): Promise<string[]> {
  await Promise.all(Array.from({ length: count }, () => publish(type)))
  return storage.sql('SELECT id FROM events ORDER BY seq').map(({ id }) => String(id))
}

const placeIn = (cursor: string) => Number(cursor.split('/')[1])
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 5 })

describe('a stream', () => {
  it('begins now, and sends what comes in the order of the log', async () => {
    const { streams, read } = start()
    await publish()
    const reader = await read()
    expect(reader.text()).toBe(`retry: 1000\nid: ${workspaceId}/1\n\n`)
    const ids = [await publish(), await publish()]
    streams.wake()
    await eventually(() => expect(reader.events()).toEqual(ids))
    expect(reader.messages().at(-1)).toEqual({
      id: `${workspaceId}/3`,
      event: 'event',
      data: JSON.stringify({ id: ids[1], type: 'test.made' }),
    })
  })

  it('begins after a cursor, and goes over to what comes without a gap or a repeat', async () => {
    const { streams, read } = start()
    const ids = await publishMany(450)
    let isOver = false
    const writing = (async () => {
      while (!isOver) {
        ids.push(...(await Promise.all([publish(), publish(), publish()])))
        streams.wake()
      }
    })()
    const readers = []
    for (const after of [0, 1, 199, 200, 201, 449, undefined, 17, 450, undefined, 300]) {
      readers.push({ after, reader: await read({ after }) })
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    isOver = true
    await writing
    const all = storage.sql('SELECT id FROM events ORDER BY seq').map(({ id }) => id)
    expect(new Set(all)).toEqual(new Set(ids))
    for (const { after, reader } of readers) {
      const from = after ?? placeIn(reader.messages()[0]?.id ?? '')
      await eventually(() => expect(reader.events()).toHaveLength(all.length - from))
      expect(reader.events()).toEqual(all.slice(from))
    }
  })

  it('resumes by the cursor of its last message, on another process too', async () => {
    const one = start()
    const first = await one.read()
    const seen = [await publish(), await publish()]
    await eventually(() => expect(first.events()).toEqual(seen))
    one.streams.retreat()
    expect(first.messages().at(-1)).toMatchObject({ event: 'end', data: '{"reason":"stopping"}' })
    const missed = [await publish(), await publish()]
    const second = await start().read({ after: placeIn(first.cursor()) })
    await eventually(() => expect(second.events()).toEqual(missed))
  })

  it('holds only what is wanted', async () => {
    const { read } = start()
    const sourceId = newId('source', t0)
    const pushes = await read({ wanted: { types: ['github.push', 'stripe.*'] } })
    const ofSource = await read({ wanted: { sourceId } })
    const late = await read({ wanted: { customer: 'acme' }, after: 0 })
    const ids = {
      push: await publish('github.push'),
      pushed: await publish('github.pushed'),
      paid: await publish('stripe.invoice.paid', { sourceId }),
      stripe: await publish('stripe'),
      acme: await publish('a', { customer: 'acme' }),
    }
    await eventually(() => expect(late.events()).toEqual([ids.acme]))
    expect(pushes.events()).toEqual([ids.push, ids.paid])
    expect(ofSource.events()).toEqual([ids.paid])
  })

  it('holds nothing of another workspace, behind its cursor and ahead of it', async () => {
    const { read } = start()
    await publish()
    const stranger = await read({ workspaceId: 'ws_other', after: 0 })
    await publish()
    const theirs = await publish('theirs', { workspaceId: 'ws_other' })
    await eventually(() => expect(stranger.events()).toEqual([theirs]))
    expect(stranger.text()).not.toContain(workspaceId)
  })

  it('reads no further than the log is settled', async () => {
    let settled = 2
    const { read } = start({ settledUpTo: async () => settled })
    const ids = [await publish(), await publish(), await publish()]
    const reader = await read({ after: 0 })
    await eventually(() => expect(reader.events()).toEqual(ids.slice(0, 2)))
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(reader.events()).toEqual(ids.slice(0, 2))
    settled = 3
    await eventually(() => expect(reader.events()).toEqual(ids))
  })

  it('goes on when the database is back', async () => {
    let isGone = false
    const log: StreamsNeeds['log'] = {
      ...storage.reads.log,
      headsOfAll: (...args) =>
        isGone ? Promise.reject(new StoreUnavailable('gone')) : storage.reads.log.headsOfAll(...args),
    }
    const { read } = start({ log })
    const reader = await read()
    isGone = true
    const id = await publish()
    await new Promise((resolve) => setTimeout(resolve, 300))
    isGone = false
    await eventually(() => expect(reader.events()).toEqual([id]))
  })

  it('says that it is there, with a cursor behind what it does not want', async () => {
    const { read } = start({ heartbeatMs: 20 })
    const reader = await read({ wanted: { types: ['never'] } })
    await publish()
    await eventually(() => expect(placeIn(reader.cursor())).toBe(1))
    expect(reader.text()).toContain(': still here\n')
    expect(reader.events()).toEqual([])
  })

  it('ends when its key is not in force any more, and not when the database cannot say', async () => {
    const { read } = start({ recheckMs: 10 })
    const kept = await read({ recheck: () => Promise.reject(new StoreUnavailable('gone')) })
    const refused = await read({ recheck: () => Promise.reject(new Problem('UNAUTHENTICATED', '')) })
    await eventually(() => expect(refused.isClosed()).toBe(true))
    expect(refused.messages().at(-1)).toMatchObject({ event: 'end', data: '{"reason":"refused"}' })
    expect(kept.isClosed()).toBe(false)
  })
})

describe('many streams', () => {
  it('share one reading of the log', async () => {
    let reads = 0
    const log: StreamsNeeds['log'] = {
      ...storage.reads.log,
      headsOfAll(...args) {
        reads++
        return storage.reads.log.headsOfAll(...args)
      },
    }
    const { streams, read } = start({ log })
    const readers = await Promise.all(Array.from({ length: 50 }, () => read()))
    const before = reads
    const ids: string[] = []
    for (let n = 0; n < 20; n++) {
      ids.push(await publish())
      streams.wake()
    }
    for (const reader of readers) await eventually(() => expect(reader.events()).toEqual(ids))
    expect(reads - before).toBeLessThan(25)
  })

  it('are let go one by one when a reader does not keep up, and resume where they were', async () => {
    const { streams, read } = start({ show: ({ id }) => JSON.stringify({ id, long: 'x'.repeat(50_000) }) })
    const [quick, stuck] = [await read(), await read({}, testReader({ isStuck: true }))]
    const ids: string[] = []
    for (let n = 0; n < 60; n++) {
      ids.push(await publish())
      streams.wake()
      expect(stuck.out.writableLength).toBeLessThan(1024 * 1024 + 500 * 51_000)
    }
    await eventually(() => expect(quick.events()).toEqual(ids))
    await eventually(() => expect(stuck.isClosed()).toBe(true))
    const again = await read({ after: placeIn(stuck.cursor()) })
    await eventually(() => expect([...stuck.events(), ...again.events()]).toEqual(ids))
  })

  it('wait in their backfill for a reader who takes his time', async () => {
    const { read } = start({ show: ({ id }) => JSON.stringify({ id, long: 'x'.repeat(1000) }) })
    const ids = await publishMany(900)
    const slow = await read({ after: 0 }, testReader({ isStuck: true }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(slow.out.writableLength).toBeLessThan(300_000)
    slow.goOn()
    await eventually(() => expect(slow.events()).toEqual(ids))
  })

  it('are bounded for each key and for the process, and make room when they go', async () => {
    const { read } = start({ limits: { total: 3, perKey: 2 } })
    const first = await read()
    await read()
    await expect(read()).rejects.toMatchObject({ code: 'TOO_MANY_STREAMS', retryAfterSeconds: 5 })
    await read({ holder: 'cred_2' })
    await expect(read({ holder: 'cred_3' })).rejects.toMatchObject({ code: 'OVERLOADED' })
    first.out.destroy()
    await eventually(() => expect(first.isClosed()).toBe(true))
    await read()
  })

  it('end when the process is about to stop, and no new one begins', async () => {
    const { streams, read } = start()
    const readers = [await read(), await read()]
    streams.retreat()
    for (const reader of readers) await eventually(() => expect(reader.isClosed()).toBe(true))
    await expect(read()).rejects.toMatchObject({ code: 'OVERLOADED' })
  })
})

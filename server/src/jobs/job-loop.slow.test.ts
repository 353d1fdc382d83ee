import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { silentLog } from '../base/log.ts'
import { silentMeter } from '../base/meter.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { cancelTold } from '../outbound/replay/record.ts'
import { fates, runThrough } from './exercise-fates.ts'
import { counting, countJob, countStep } from './exercise-jobs.ts'
import type { Job, NewJob } from './job.ts'
import { type JobLoop, startJobLoop } from './job-loop.ts'
import { pauseJob, resumeJob, startJob } from './keep-job.ts'
import { beat } from './process.ts'

let storage: TestStorage
let clock: ReturnType<typeof fakeClock>
let loops: JobLoop[]
let lines: unknown[]
const journal = {
  ...silentLog,
  error: (event: string, facts?: { error?: unknown }) => lines.push([event, String(facts?.error)]),
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  storage = openTestStorage([countStep])
  clock = fakeClock()
  loops = []
  lines = []
})
afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.stop()))
  vi.useRealTimers()
  await storage.close()
})

/** A process that runs jobs; its database may fail. */
async function open({
  id = newId('process', 0),
  before = undefined as Parameters<typeof counting>[0],
  commit = storage.commit,
} = {}) {
  await storage.commit(beat, { processId: id, roles: ['follow'], silent: [], now: 0 })
  const { jobs } = storage.reads
  const loop = startJobLoop({ kinds: [counting(before)], jobs, commit, owner: id, clock, journal, meter: silentMeter })
  loops.push(loop)
  return { id, loop }
}

const start = (rows: number, more: Partial<NewJob> = {}) =>
  storage.commit(startJob, { job: countJob(more.workspaceId ?? defaultWorkspaceId, rows, more), now: clock.now() })
const read = async ({ workspaceId, id }: Pick<Job, 'workspaceId' | 'id'>) => {
  const job = await storage.reads.jobs.read(workspaceId, id)
  if (!job) throw new Error(`job ${id} is gone`)
  return job
}
const which = ({ workspaceId, id }: Job) => ({ workspaceId, id, now: clock.now() })
const counted = ({ id }: Pick<Job, 'id'>) =>
  storage
    .sql(`SELECT data FROM events WHERE type = 'counted' AND subject LIKE ? ORDER BY seq`, `${id} %`)
    .map(({ data }) => Number(data))
const upTo = (rows: number) => Array.from({ length: rows }, (_, i) => i + 1)

/** Lets everything happen that needs no time. */
const turn = async () => {
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve))
}
const pass = async (ms: number, stepMs = 50) => {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(stepMs)
    vi.advanceTimersByTime(stepMs)
    await turn()
  }
}
const ended = async (job: Job, mostMs = 60_000) => {
  for (let ms = 0; ms < mostMs && (await read(job)).status === 'running'; ms += 500) await pass(500, 250)
  return read(job)
}

describe('a job', () => {
  it('is found, done to its last row, and each row once', async () => {
    await open()
    const job = await start(1234)
    expect(await ended(job)).toMatchObject({ status: 'done', cursor: '1234', counts: { looked: 1234, even: 617 } })
    expect(counted(job)).toEqual(upTo(1234))
  })

  it('begins at once when its process is woken', async () => {
    const { loop } = await open()
    await turn()
    const job = await start(10)
    loop.wake()
    await turn()
    expect((await read(job)).status).toBe('done')
  })

  it('goes on where it stood after it was paused, also by another process, and not while it is', async () => {
    await open()
    const job = await start(1000, { perSecond: 100 })
    await pass(2000)
    const paused = await storage.commit(pauseJob, which(job))
    expect(paused.counts.looked).toBeGreaterThan(100)
    await pass(3000)
    expect(await read(job)).toEqual(paused)
    await storage.commit(resumeJob, which(job))
    await pass(1000)
    expect((await read(job)).counts.looked).toBeGreaterThan(paused.counts.looked)
    expect((await ended(job)).status).toBe('done')
    expect(counted(job)).toEqual(upTo(1000))
  })

  it('that is cancelled does no other row', async () => {
    await open()
    const job = await start(1000, { perSecond: 100 })
    await pass(1000)
    const cancelled = await storage.commit(cancelTold, which(job))
    await pass(3000)
    expect(await read(job)).toEqual(cancelled)
    expect(counted(job)).toEqual(upTo(cancelled.counts.looked))
  })

  it('of a kind that this release does not know is left alone', async () => {
    await open()
    const job = await start(10, { kind: 'of-a-newer-release' })
    await pass(3000)
    expect(await read(job)).toEqual(job)
  })
})

describe('a rate', () => {
  it.each([1, 500])('of %i a second is held over time', async (perSecond) => {
    await open()
    const seconds = 10
    const job = await start(1_000_000, { perSecond })
    await pass(1000)
    const before = (await read(job)).counts.looked
    await pass(seconds * 1000)
    const rate = ((await read(job)).counts.looked - before) / seconds
    expect(Math.abs(rate / perSecond - 1)).toBeLessThanOrEqual(0.05)
  })
})

describe('many jobs', () => {
  it('take turns, so that a small one does not wait for a large one', async () => {
    const order: string[] = []
    const large = await start(20_000)
    const small = await start(600)
    await open({ before: (id) => void order.push(id) })
    expect((await ended(small)).status).toBe('done')
    // From the small one's first step to its last the large one had about as many.
    const during = order.slice(order.indexOf(small.id), order.lastIndexOf(small.id) + 1)
    expect(during.filter((id) => id === large.id).length).toBeLessThanOrEqual(5)
  })

  it('of one workspace take no turns away from another', async () => {
    const order: string[] = []
    await open({ before: (id) => void order.push(id) })
    const workspaceId = newId('workspace', 1)
    const many = await Promise.all(upTo(12).map(() => start(2000, { workspaceId })))
    const single = await start(2000)
    expect((await ended(single)).status).toBe('done')
    const others = order.slice(order.indexOf(single.id), order.lastIndexOf(single.id)).filter((id) => id !== single.id)
    // Four steps are under way at once, so up to three of theirs beside each of its ten; in a plain round it were 108.
    expect(others.length).toBeLessThanOrEqual(40)
    for (const job of many) expect((await ended(job)).status).toBe('done')
  })

  it('a hundred are done, each whole', async () => {
    await open()
    const jobs = await Promise.all(upTo(100).map((n) => start(n)))
    for (const [i, job] of jobs.entries()) {
      expect((await ended(job)).status).toBe('done')
      expect(counted(job)).toEqual(upTo(i + 1))
    }
  })

  it('one that hangs does not hold up the others', async () => {
    const stuck = { id: '', release: () => {} }
    await open({
      before: (id) => (id === stuck.id ? new Promise((resolve) => (stuck.release = resolve)) : undefined),
    })
    const hanging = countJob(defaultWorkspaceId, 10)
    stuck.id = hanging.id
    await storage.commit(startJob, { job: hanging, now: clock.now() })
    const other = await start(3000)
    expect((await ended(other)).status).toBe('done')
    expect((await read(hanging)).status).toBe('running')
    stuck.id = ''
    stuck.release()
    await turn()
    expect((await read(hanging)).status).toBe('done')
  })
})

describe('a step that fails', () => {
  it('is tried again, later and later, and then the job fails with what it was, and can be resumed', async () => {
    let isBroken = true
    await open({
      before: (_, row) => {
        if (isBroken && row >= 400) throw new TypeError('row 401 is not to be read')
      },
    })
    const job = await start(1000)
    await pass(1000)
    expect(lines.length).toBeGreaterThan(0)
    await pass(10_000)
    expect((await read(job)).status).toBe('running')
    await pass(30_000)
    expect(await read(job)).toMatchObject({
      status: 'failed',
      error: 'TypeError: row 401 is not to be read',
      counts: { looked: 400 },
    })
    expect(lines).toHaveLength(6)
    isBroken = false
    await storage.commit(resumeJob, which(job))
    expect((await ended(job)).status).toBe('done')
    expect(counted(job)).toEqual(upTo(1000))
  })

  it('that fails now and then ends well', async () => {
    let n = 0
    await open({
      before: () => {
        if (n++ % 2 === 0) throw new Error('now and then')
      },
    })
    const job = await start(3000)
    expect((await ended(job)).status).toBe('done')
    expect(counted(job)).toEqual(upTo(3000))
  })

  it('while the database is away is nobody’s fault', async () => {
    let isAway = false
    const commit: Commit = (command, args) =>
      isAway ? Promise.reject(new StoreUnavailable('gone')) : storage.commit(command, args)
    await open({ commit })
    const job = await start(1000, { perSecond: 100 })
    await pass(1000)
    isAway = true
    await pass(120_000, 500)
    expect((await read(job)).status).toBe('running')
    expect(lines).toEqual([])
    isAway = false
    expect((await ended(job)).status).toBe('done')
    expect(counted(job)).toEqual(upTo(1000))
  })
})

it('whatever fails, dies, is paused and taken over between two steps, each row is done once', async () => {
  await fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 1500 }), async (fated, rows) => {
      const job = await start(rows)
      const needs = { storage, clock, kind: counting(), step: countStep.name, pass: () => pass(500, 500) }
      const ended = await runThrough(fated, job, needs)
      expect(ended).toMatchObject({ status: 'done', cursor: String(rows), counts: { looked: rows } })
      expect(counted(job)).toEqual(upTo(rows))
    }),
    { numRuns: 12 },
  )
})

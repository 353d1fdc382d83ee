import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { countJob, countStep } from '../../jobs/exercise-jobs.ts'
import type { Job, NewJob } from '../../jobs/job.ts'
import { failJob, mostOfCustomer, pauseJob, resumeJob, startJob, takeJob, trimJobs } from '../../jobs/keep-job.ts'
import { beat, leave } from '../../jobs/process.ts'
import { cancelTold } from '../../outbound/replay/record.ts'
import type { Bench } from './opened.ts'
import { beatOf, dayMs, t0 } from './rows.ts'

/** Jobs: each one's place moves with its work, by one process at a time, and not at all once somebody has stopped it. */
export function exerciseJobs(at: Bench): void {
  describe('jobs', () => {
    const now = t0
    const process = async () => {
      const id = newId('process', now)
      await at.storage.commit(beat, beatOf(id))
      return id
    }
    const start = async (more: Partial<NewJob> = {}, workspaceId?: string) =>
      at.storage.commit(startJob, { job: countJob(workspaceId ?? (await at.workspace()), 10, more), now })
    const take = async (job: Pick<Job, 'id'>, owner?: string) =>
      at.storage.commit(takeJob, { id: job.id, owner: owner ?? (await process()) })
    const taken = async (job: Pick<Job, 'id'>) => {
      const own = await take(job)
      if (!own) throw new Error('the job is to be had')
      return own
    }
    const step = (job: Job, rows: readonly number[], more: { isDone?: boolean; fails?: boolean } = {}) =>
      at.storage.commit(countStep, { job, now: now + 5, work: { rows, isDone: false, ...more } })
    const counted = async ({ id }: Pick<Job, 'id'>) => {
      const rows = await at.sql(
        `SELECT data FROM events WHERE type = 'counted' AND subject LIKE ? ORDER BY seq`,
        `${id} %`,
      )
      return rows.map(({ data }) => Number(data))
    }
    const read = (job: Job) => at.storage.reads.jobs.read(job.workspaceId, job.id)
    const which = ({ workspaceId, id }: Job) => ({ workspaceId, id, now: now + 9 })

    it('keeps a job as it was started, for its workspace alone', async () => {
      const job = await start({
        args: { rows: 3, text: 'a\0b "ü"' },
        perSecond: 7,
        plan: { count: null, isAtLeast: true },
      })
      expect(job).toMatchObject({ status: 'running', cursor: null, counts: { looked: 0 }, error: null, endedAt: null })
      expect(job).toMatchObject({ createdAt: now, updatedAt: now, resumedAt: now, resumedLooked: 0 })
      expect(await read(job)).toEqual(job)
      expect(await at.storage.reads.jobs.read(await at.workspace(), job.id)).toBeUndefined()
      for (const decide of [pauseJob, resumeJob, cancelTold]) {
        const elsewhere = { ...which(job), workspaceId: await at.workspace() }
        await expect(at.storage.commit(decide, elsewhere)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      }
      expect(await read(job)).toEqual(job)
    })

    it('has at most twenty unfinished ones of a customer, paused ones too, and any number of nobody’s', async () => {
      const workspaceId = await at.workspace()
      const startOf = (customer: string | null) => start({ customer }, workspaceId)
      const [first] = await Promise.all(Array.from({ length: mostOfCustomer }, () => startOf('acme')))
      if (!first) throw new Error('there is a job')
      await at.storage.commit(pauseJob, which(first))
      await expect(startOf('acme')).rejects.toMatchObject({ code: 'CONFLICT' })
      for (const other of ['bravo', null]) expect((await startOf(other)).status).toBe('running')
      await at.storage.commit(cancelTold, which(first))
      expect((await startOf('acme')).customer).toBe('acme')
      for (let i = 0; i < mostOfCustomer; i++) await startOf(null)
    })

    it('lists them newest first, by kind and status, page by page', async () => {
      const workspaceId = await at.workspace()
      const jobs: Job[] = []
      for (const kind of ['count', 'other', 'count', 'count'])
        jobs.unshift(await start({ kind, id: newId('job', now + jobs.length) }, workspaceId))
      const { list } = at.storage.reads.jobs
      const ids = async (...[filter, page]: [Parameters<typeof list>[1], Parameters<typeof list>[2]]) =>
        (await list(workspaceId, filter, page)).map(({ id }) => id)
      const all = jobs.map(({ id }) => id)
      expect(await ids({}, { after: null, limit: 10 })).toEqual(all)
      expect(await ids({}, { after: null, limit: 2 })).toEqual(all.slice(0, 2))
      expect(await ids({}, { after: all[1] ?? '', limit: 2 })).toEqual(all.slice(2))
      expect(await ids({ kind: 'other' }, { after: null, limit: 10 })).toEqual([all[2]])
      const [first] = jobs
      if (first) await at.storage.commit(pauseJob, which(first))
      expect(await ids({ status: 'paused' }, { after: null, limit: 10 })).toEqual(all.slice(0, 1))
      expect(await ids({ status: 'running', kind: 'count' }, { after: null, limit: 10 })).toEqual([all[1], all[3]])
      expect(await list(await at.workspace(), {}, { after: null, limit: 10 })).toEqual([])
    })

    it('has one owner of many that ask at once, until that one is dead', async () => {
      const job = await start()
      const owners = await Promise.all(Array.from({ length: 8 }, process))
      const answers = await Promise.all(owners.map((owner) => take(job, owner)))
      expect(answers.filter((each) => each !== null)).toHaveLength(1)
      const owner = owners[answers.findIndex((each) => each !== null)] ?? ''
      expect(await take(job, owner)).toMatchObject({ generation: 1 })
      const heir = await process()
      expect(await take(job, heir)).toBeNull()
      await at.storage.commit(leave, { processId: owner })
      expect(await take(job, heir)).toMatchObject({ generation: 2 })
    })

    it('tells a process what it owns or could take, of the kinds that it knows', async () => {
      const kinds = [`kind ${newId('job', now)}`]
      const [kind = ''] = kinds
      const [own, free, taken, paused] = [
        await start({ kind }),
        await start({ kind }),
        await start({ kind }),
        await start({ kind }),
      ]
      await start({ kind: `${kind} of a newer release` })
      const [one, two] = [await process(), await process()]
      await take(own, one)
      await take(taken, two)
      await at.storage.commit(pauseJob, which(paused))
      const workable = async (owner: string, limit = 10) =>
        (await at.storage.reads.jobs.workable(owner, kinds, limit)).map(({ id }) => id)
      expect((await workable(one)).sort()).toEqual([own.id, free.id].sort())
      expect((await workable(two)).sort()).toEqual([taken.id, free.id].sort())
      expect(await at.storage.reads.jobs.workable(one, [], 10)).toEqual([])
      // The one that has moved last comes last.
      const held = await take(own, one)
      if (held) await step(held, [1])
      expect(await workable(one)).toEqual([free.id, own.id])
      expect(await workable(one, 1)).toEqual([free.id])
    })

    it('moves with its work, and ends with its last row', async () => {
      const job = await taken(await start())
      const first = await step(job, [1, 2, 3])
      expect(first?.more).toEqual([1, 2, 3])
      expect(first?.job).toMatchObject({
        cursor: '3',
        counts: { looked: 3, even: 1 },
        status: 'running',
        updatedAt: now + 5,
      })
      if (!first) return
      expect(await read(job)).toEqual(first.job)
      const last = await step(first.job, [4], { isDone: true })
      expect(last?.job).toMatchObject({ cursor: '4', counts: { looked: 4, even: 2 }, status: 'done', endedAt: now + 5 })
      expect(await read(job)).toEqual(last?.job)
      expect(await counted(job)).toEqual([1, 2, 3, 4])
      if (last) expect(await step(last.job, [5])).toBeNull()
      expect(await counted(job)).toEqual([1, 2, 3, 4])
    })

    it('keeps nothing of a step that fails, and nothing of one that was kept already', async () => {
      const job = await taken(await start())
      await expect(step(job, [1, 2], { fails: true })).rejects.toThrow('after the rows were written')
      await expect(step(job, [])).rejects.toThrow('moved nothing')
      expect(await read(job)).toEqual(job)
      expect(await counted(job)).toEqual([])
      // Two processes, or a second try after an answer that was lost.
      const both = await Promise.all([step(job, [1, 2]), step(job, [1, 2])])
      expect(both.filter((each) => each === null)).toHaveLength(1)
      expect(await counted(job)).toEqual([1, 2])
      expect((await read(job))?.counts.looked).toBe(2)
    })

    it('keeps nothing of a step of one who has lost it', async () => {
      const job = await start()
      const [one, two] = [await process(), await process()]
      const before = await take(job, one)
      await at.storage.commit(leave, { processId: one })
      const after = await take(job, two)
      if (!before || !after) throw new Error('both had it')
      expect(await step(before, [1])).toBeNull()
      expect(await at.storage.commit(failJob, { job: before, error: 'x', now })).toBeNull()
      expect(await counted(job)).toEqual([])
      expect((await step(after, [1]))?.job.cursor).toBe('1')
    })

    it('can be paused and resumed from where it stands, and is measured from there', async () => {
      const job = await taken(await start())
      await step(job, [1, 2])
      const paused = await at.storage.commit(pauseJob, which(job))
      expect(paused).toMatchObject({ status: 'paused', cursor: '2', endedAt: null })
      expect(await at.storage.commit(pauseJob, which(job))).toEqual(paused)
      expect(await step({ ...job, cursor: '2' }, [3])).toBeNull()
      expect(await take(job)).toBeNull()
      const resumed = await at.storage.commit(resumeJob, which(job))
      expect(resumed).toMatchObject({ status: 'running', cursor: '2', resumedAt: now + 9, resumedLooked: 2 })
      expect(await read(job)).toEqual(resumed)
      expect(await at.storage.commit(resumeJob, which(job))).toEqual(resumed)
      // Its owner before the pause lives, and has to take it anew all the same.
      expect(await step({ ...job, cursor: '2' }, [3])).toBeNull()
      expect((await step(await taken(job), [3]))?.job.cursor).toBe('3')
      expect(await counted(job)).toEqual([1, 2, 3])
    })

    it('fails with what it could not get past, and can be resumed', async () => {
      const job = await taken(await start())
      const failed = await at.storage.commit(failJob, { job, error: `Error: ${'x'.repeat(5000)}`, now: now + 1 })
      expect(failed).toMatchObject({ status: 'failed', endedAt: now + 1 })
      expect(failed?.error).toHaveLength(2000)
      expect(await at.storage.commit(resumeJob, which(job))).toMatchObject({
        status: 'running',
        error: null,
        endedAt: null,
      })
    })

    it('is cancelled for good, and not once it is done', async () => {
      const jobs = [await taken(await start()), await taken(await start()), await taken(await start())] as const
      await at.storage.commit(pauseJob, which(jobs[1]))
      await at.storage.commit(failJob, { job: jobs[2], error: 'x', now })
      for (const job of jobs) {
        expect(await at.storage.commit(cancelTold, which(job))).toMatchObject({ status: 'cancelled', endedAt: now + 9 })
        expect(await at.storage.commit(cancelTold, which(job))).toMatchObject({ status: 'cancelled' })
        expect(await step(job, [1])).toBeNull()
        for (const decide of [pauseJob, resumeJob])
          await expect(at.storage.commit(decide, which(job))).rejects.toMatchObject({ code: 'JOB_ENDED' })
      }
      const done = await taken(await start())
      await step(done, [1], { isDone: true })
      for (const [decide, word] of [
        [pauseJob, 'paused'],
        [resumeJob, 'resumed'],
        [cancelTold, 'cancelled'],
      ] as const) {
        const fault = { code: 'JOB_ENDED', message: expect.stringContaining(`cannot be ${word} any more`) }
        await expect(at.storage.commit(decide, which(done))).rejects.toMatchObject(fault)
      }
    })

    it('does all of a step or nothing of it, whoever stops it meanwhile', async () => {
      for (let i = 0; i < 10; i++) {
        const job = await taken(await start())
        const decide = i % 2 === 0 ? pauseJob : cancelTold
        const [kept] = await Promise.all([step(job, [1, 2, 3]), at.storage.commit(decide, which(job))])
        expect(await counted(job)).toEqual(kept ? [1, 2, 3] : [])
        expect(await read(job)).toMatchObject({
          cursor: kept ? '3' : null,
          status: decide === pauseJob ? 'paused' : 'cancelled',
        })
      }
    })

    it('is whose key has started it, and does not push out what others have', async () => {
      const workspaceId = await at.workspace()
      const own = await start({ id: newId('job', now) }, workspaceId)
      const ofAcme = [0, 1].map((i) => ({ id: newId('job', now + 1 + i), customer: 'acme' }))
      for (const job of ofAcme) expect(await start(job, workspaceId)).toMatchObject({ customer: 'acme' })
      expect(own.customer).toBeNull()
      const ids = async (filter: { customer?: string }) =>
        (await at.storage.reads.jobs.list(workspaceId, filter, { after: null, limit: 10 })).map(({ id }) => id)
      const newestFirst = ofAcme.map(({ id }) => id).reverse()
      expect(await ids({ customer: 'acme' })).toEqual(newestFirst)
      expect(await ids({ customer: 'bravo' })).toEqual([])
      expect(await ids({})).toEqual([...newestFirst, own.id])
      for (const id of [...newestFirst, own.id]) await at.storage.commit(cancelTold, { workspaceId, id, now })
      await at.inside.jobs.keepNewest({ workspaceId, customer: 'acme' }, 1)
      expect(await ids({})).toEqual([newestFirst[0], own.id])
      await at.inside.jobs.keepNewest({ workspaceId, customer: null }, 0)
      expect(await ids({})).toEqual([newestFirst[0]])
    })

    it('is forgotten a month after its end, and of a workspace only the newest are kept', async () => {
      const workspaceId = await at.workspace()
      const jobs: Job[] = []
      for (let i = 0; i < 4; i++) {
        const job = await start({ id: newId('job', now + i) }, workspaceId)
        jobs.push(job)
        if (i < 3) await at.storage.commit(cancelTold, { ...which(job), now: now + i * dayMs })
      }
      const left = async () =>
        (await at.storage.reads.jobs.list(workspaceId, {}, { after: null, limit: 10 })).map(({ id }) =>
          jobs.findIndex((job) => job.id === id),
        )
      await at.storage.commit(trimJobs, { now: now + 30 * dayMs })
      expect(await left()).toEqual([3, 2, 1, 0])
      await at.storage.commit(trimJobs, { now: now + 30 * dayMs + 1 })
      expect(await left()).toEqual([3, 2, 1])
      await at.inside.jobs.keepNewest({ workspaceId, customer: null }, 1)
      expect(await left()).toEqual([3, 2])
      await at.storage.commit(trimJobs, { now: now + 300 * dayMs })
      expect(await left()).toEqual([3])
    })
  })
}

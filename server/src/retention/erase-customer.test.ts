import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { newId } from '../base/id.ts'
import { appendRequest } from '../events/append.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import type { Job } from '../jobs/job.ts'
import { startJob, takeJob } from '../jobs/keep-job.ts'
import { beat } from '../jobs/process.ts'
import { makeRequest } from '../storage/exercise/rows.ts'
import { eraseCustomerKind, erasingCustomers } from './erase-customer.ts'

const clock = fakeClock()

/** Events of two customers and of none, each saying whose it is. */
async function fill(storage: TestStorage, workspaceId: string, owners: readonly (string | null)[]): Promise<void> {
  const sourceId = newId('source', clock.now())
  for (const [n, customer] of owners.entries()) {
    const said = { data: JSON.stringify({ said: `words of ${customer} ${n}` }), at: clock.now() }
    const request = makeRequest({ workspaceId, sourceId, keys: [`key of ${customer} ${n}`], ...said, body: said.data })
    const events = request.events.map((event) => ({ ...event, customer, subject: `subject of ${customer}` }))
    await storage.commit(appendRequest, { ...request, events })
  }
}

async function startErasing(storage: TestStorage, workspaceId: string, customer: string): Promise<string> {
  const job = {
    ...{ id: newId('job', clock.now()), workspaceId, kind: eraseCustomerKind, args: { customer } },
    ...{ plan: { count: null, isAtLeast: false }, perSecond: null },
  }
  await storage.commit(startJob, { job, now: clock.now() })
  return job.id
}

/** Takes the job for a process of its own, as after a crash; answers it as it is when it is done. */
async function take(storage: TestStorage, workspaceId: string, id: string): Promise<Job> {
  const owner = newId('process', clock.now())
  await storage.commit(beat, { processId: owner, roles: ['follow'], silent: [], now: clock.now() })
  const job = await storage.commit(takeJob, { id, owner })
  storage.sql('DELETE FROM processes WHERE id = ? RETURNING id', owner)
  const known = job ?? (await storage.reads.jobs.read(workspaceId, id))
  if (!known) throw new Error('there is a job')
  return known
}

describe('erasing a customer', () => {
  it('comes to the same however often it is killed: their words are gone, and nobody else’s', async () => {
    const storage = openTestStorage()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('acme', 'other', null), { minLength: 1, maxLength: 60 }),
        fc.array(fc.constantFrom('before', 'after', 'none'), { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (owners, kills, limit) => {
          const workspaceId = newId('workspace', clock.now())
          await fill(storage, workspaceId, owners)
          const id = await startErasing(storage, workspaceId, 'acme')
          const kind = erasingCustomers({ reads: storage.reads.erasure, onEnded: () => {} })
          let job = await take(storage, workspaceId, id)
          for (let steps = 0; job.status !== 'done'; steps++) {
            if (steps > 200) throw new Error('it never ends')
            const kill = kills[steps] ?? 'none'
            // Killed before the commit is answered, or while nothing was kept yet.
            const commit: TestStorage['commit'] = async (command, args) => {
              if (kill === 'before') throw new Error('killed')
              const kept = await storage.commit(command, args)
              if (kill === 'after') throw new Error('killed')
              return kept
            }
            const next = await kind.step(job, { limit, now: clock.now(), commit }).catch(() => null)
            job = next ?? (await take(storage, workspaceId, id))
          }
          const theirs = owners.filter((each) => each === 'acme').length
          expect(job.counts).toMatchObject(theirs > 0 ? { events: theirs, requests: theirs, keys: theirs } : {})
          const left = storage.sql(
            `SELECT customer, count(data) AS data, count(subject) AS subject, count(*) AS n FROM events
             WHERE workspace_id = ? GROUP BY customer`,
            workspaceId,
          )
          for (const { customer, data, subject, n } of left) {
            expect([data, subject]).toEqual(customer === 'acme' ? [0, 0] : [n, n])
          }
          const [bodies] = storage.sql(
            'SELECT count(body) AS kept, count(*) AS n FROM requests WHERE workspace_id = ?',
            workspaceId,
          )
          expect(bodies).toEqual({ kept: owners.length - theirs, n: owners.length })
        },
      ),
      { numRuns: 12 },
    )
    const [keys] = storage.sql("SELECT count(*) AS n FROM dedupe_keys WHERE key LIKE 'key of acme%'")
    expect(keys).toEqual({ n: 0 })
    await storage.close()
  })

  it('tells which lanes must not send what they have in hand', async () => {
    const storage = openTestStorage()
    const workspaceId = newId('workspace', clock.now())
    await fill(storage, workspaceId, ['acme'])
    const [event] = storage.sql('SELECT id, seq FROM events')
    storage.sql(
      `INSERT INTO deliveries (id, workspace_id, endpoint_id, event_id, event_seq, event_type, status, due_at, created_at)
       VALUES ('dlv_1', ?, 'ep_1', ?, ?, 'test.made', 0, 0, 0) RETURNING id`,
      workspaceId,
      String(event?.id),
      Number(event?.seq),
    )
    const ended: string[] = []
    const id = await startErasing(storage, workspaceId, 'acme')
    const kind = erasingCustomers({ reads: storage.reads.erasure, onEnded: (ids) => ended.push(...ids) })
    const job = await take(storage, workspaceId, id)
    await kind.step(job, { limit: 100, now: clock.now(), commit: storage.commit })
    expect(ended).toEqual(['ep_1'])
    expect(storage.sql('SELECT cause FROM deliveries')).toEqual([{ cause: 'ERASED' }])
    await storage.close()
  })
})

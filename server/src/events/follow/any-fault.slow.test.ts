import fc from 'fast-check'
import { expect, it } from 'vitest'
import { defaultWorkspaceId } from '../../base/id.ts'
import { openTestStorage } from '../../exercise-storage.ts'
import { beat, leave } from '../../jobs/process.ts'
import type { Stores } from '../../storage/stores.ts'
import { publishEvent } from '../append.ts'
import { eventOf } from '../exercise-log.ts'
import { advanceCommand } from './follow.ts'
import type { Follower } from './follower.ts'
import { retryWindowMs } from './parked.ts'
import { rerunCommand } from './rerun.ts'
import { retryCommand } from './retry.ts'

/** How often each event, by its type, fails before it is handled. */
let faults = new Map<string, number>()
let now = 0
let order = 0

/** Keeps when each event was handled, in an order that all share; an event that is handled twice is a fault. */
const recorder: Follower<Stores> = {
  name: 'recorder',
  readsData: false,
  async run(tx, events) {
    for (const { type } of events) {
      const left = faults.get(type) ?? 0
      if (left > 0) {
        faults.set(type, left - 1)
        throw new Error(`${left} more times`)
      }
      const mark = `${order++} ${now}`
      if ((await tx.keyring.keep(type, mark)) !== mark) throw new Error(`${type} is handled twice`)
    }
    return { lanes: [], made: events.length, requests: [] }
  },
}

const advance = advanceCommand<Stores>([recorder])
const retry = retryCommand<Stores>([recorder])
const rerun = rerunCommand<Stores>([recorder])

const always = 1_000_000
const anEvent = fc.record({
  subject: fc.constantFrom('a', 'b', 'c', null),
  faults: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }) },
    fc.constant(always),
  ),
})
/** What happens in turn: some events come, a batch is moved, time passes, another process takes over. */
const aStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('come' as const), events: fc.array(anEvent, { maxLength: 6 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('move' as const), limit: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('retry' as const), limit: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(500, 4_000, 30_000, 200_000, 700_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take over' as const) }) },
)

/** The longest that anything due waits for its turn in these tests. */
const stepMs = 1_000

it('whatever fails, however often and in whichever order: a subject’s events keep their order and wait ten minutes at most, the others never wait, and after the fix all have been handled once', async () => {
  const storage = openTestStorage([advance, retry, rerun])
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { minLength: 5, maxLength: 40 }), async (steps) => {
      run++
      faults = new Map()
      const came: { type: string; subject: string | null; faults: number; id: string }[] = []
      let owner = `proc_${run}_0`
      let owners = 0
      const begin = () => storage.commit(beat, { processId: owner, roles: ['follow'], silent: [], now })
      await begin()
      const move = (limit = 100) =>
        storage.commit(advance, { follower: 'recorder', owner, upTo: Number.MAX_SAFE_INTEGER, limit, now })
      const tryDue = (limit = 100) => storage.commit(retry, { follower: 'recorder', owner, now, limit })
      const handled = () =>
        new Map(
          storage
            .sql('SELECT name, sealed FROM keyring')
            .map(({ name, sealed }) => [String(name), String(sealed).split(' ').map(Number) as [number, number]]),
        )
      const come = async (events: readonly { subject: string | null; faults: number }[]) => {
        for (const { subject, faults: times } of events) {
          const type = `t${run}.${came.length}`
          faults.set(type, times)
          const { id } = await storage.commit(publishEvent, eventOf({ type, subject }))
          came.push({ type, subject, faults: times, id })
        }
      }
      for (const step of steps) {
        if (step.kind === 'come') await come(step.events)
        if (step.kind === 'move') await move(step.limit)
        if (step.kind === 'retry') await tryDue(step.limit)
        if (step.kind === 'pass') now += step.ms
        if (step.kind === 'take over') {
          await storage.commit(leave, { processId: owner })
          owner = `proc_${run}_${++owners}`
          await begin()
        }
      }
      // Now every second has its turn, until nothing is on its way.
      const arrived = new Map<string, number>()
      for (let isBusy = true; isBusy; now += stepMs) {
        while ((await move()).read > 0);
        for (const { type } of came) if (!arrived.has(type)) arrived.set(type, now)
        let tried = await tryDue()
        while (tried.nextDue !== null && tried.nextDue <= now) tried = await tryDue()
        isBusy = tried.nextDue !== null
      }
      const before = handled()
      const rows = storage.sql('SELECT * FROM parked WHERE event_type LIKE ?', `t${run}.%`)
      const parked = new Set(rows.map(({ event_type }) => String(event_type)))
      expect(rows.every(({ state }) => state === 'parked')).toBe(true)
      for (const { type, subject, faults: times } of came) {
        expect([type, before.has(type)]).toEqual([type, !parked.has(type)])
        if (times === always) expect(parked.has(type)).toBe(true)
        const at = before.get(type)?.[1] ?? 0
        expect(at).toBeLessThanOrEqual((arrived.get(type) ?? 0) + retryWindowMs + stepMs)
        if (times === 0 && subject === null) expect(at).toBeLessThanOrEqual(arrived.get(type) ?? 0)
      }
      for (const subject of ['a', 'b', 'c']) {
        const own = came.filter((each) => each.subject === subject && before.has(each.type))
        const marks = own.map(({ type }) => before.get(type)?.[0] ?? 0)
        expect(marks).toEqual([...marks].sort((a, b) => a - b))
        // Where nothing of a subject fails, nothing of it waits.
        if (came.every((each) => each.subject !== subject || each.faults === 0)) {
          for (const { type } of own) expect(before.get(type)?.[1]).toBeLessThanOrEqual(arrived.get(type) ?? 0)
        }
      }
      // The fix: everything that is parked is run again, twice.
      faults = new Map()
      const eventIds = came.filter(({ type }) => parked.has(type)).map(({ id }) => id)
      const call = {
        workspaceId: defaultWorkspaceId,
        follower: 'recorder',
        eventIds,
        now,
        settings: undefined,
        isDry: false,
      }
      const { outcomes } = await storage.commit(rerun, call)
      expect(outcomes.every(({ outcome }) => outcome === 'handled')).toBe(true)
      expect((await storage.commit(rerun, call)).outcomes.every(({ outcome }) => outcome === 'already')).toBe(true)
      const after = handled()
      expect(came.every(({ type }) => after.has(type))).toBe(true)
      await storage.commit(leave, { processId: owner })
      storage.sql('DELETE FROM parked RETURNING seq')
    }),
    { numRuns: 12 },
  )
  await storage.close()
}, 120_000)

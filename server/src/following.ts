import { accounts } from './accounts/follow-accounts.ts'
import { advance, rerunParked, retryFollowed } from './commands.ts'
import type { Config } from './config.ts'
import type { Core } from './core.ts'
import { factReaderProcess } from './entries.ts'
import type { Failure } from './events/follow/aside.ts'
import { createFactReader } from './events/follow/fact-process.ts'
import { type FollowLoop, startFollowing } from './events/follow/follow-loop.ts'
import type { Stirred } from './events/follow/follower.ts'
import type { FollowLoopNeeds, Readers } from './events/follow/loop-needs.ts'
import type { FactReader } from './events/follow/reading.ts'
import type { Outcome, ParkedKey } from './events/follow/rerun.ts'
import { rerunAll } from './events/follow/rerun-all.ts'
import type { SourceReads } from './inbound/source-store.ts'
import type { FreshWork } from './outbound/delivery/delivery-store.ts'
import { type FanOutSettings, fanOut } from './outbound/fan-out/fan-out.ts'

/** The followers of a process, and who reads for them. */
export interface Following {
  /** Keeps every follower moving that no other process moves. */
  start(): readonly FollowLoop[]
  /** How events are read that are handled again, with what is set for their follower. */
  reading: { reader: FactReader; limitMs: number; settings(follower: string): unknown }
  /** Runs events again that their followers could not handle. */
  rerun(workspaceId: string, keys: readonly ParkedKey[], isDry: boolean): Promise<readonly Outcome[]>
  close(): Promise<void>
}

interface Heard {
  noteLanes(endpointIds: readonly string[]): void
  /** Deliveries were made in these lanes, some with all that sending them needs. */
  noteMade(endpointIds: readonly string[], fresh: readonly FreshWork[]): void
  /** How much of what is made could be sent here at once, of each lane. */
  handsOver(): number
  noteEvents(): void
}

/** How long a new event may be read while others wait for it. */
const firstMs = 250

/** How often the events that stand parked are counted, and up to how many. */
const countMs = 15_000
const mostCounted = 10_000

/** Between two looks of accounts at the log; most of what is in there is nothing to it. */
const accountsRestMs = 50

export function openFollowing(config: Config, core: Core, heard: Heard): Following {
  const readers: Readers = {
    first: createFactReader(factReaderProcess),
    firstMs,
    careful: createFactReader(factReaderProcess),
    carefulMs: config.handlerMs,
  }
  let counting: NodeJS.Timeout | undefined
  const settings = (follower: string) => (follower === accounts.name ? { tiers: config.stripeTiers } : undefined)
  const reading = { reader: readers.careful, limitMs: readers.carefulMs, settings }
  return {
    reading,
    start() {
      counting = setInterval(() => void countParked(core), countMs)
      return [startFanOut(core, readers, heard), startAccounts(core, () => settings(accounts.name), readers, heard)]
    },
    async rerun(workspaceId, keys, isDry) {
      const { commit, clock } = core
      const needs = { ...reading, command: rerunParked, commit, clock }
      const { outcomes, lanes, made } = await rerunAll({ workspaceId, keys, isDry }, needs)
      heard.noteLanes(lanes)
      if (made > 0) heard.noteEvents()
      return outcomes
    },
    async close() {
      clearInterval(counting)
      await Promise.all([readers.first.close(), readers.careful.close()])
    },
  }
}

async function countParked({ storage, meter }: Core): Promise<void> {
  const count = await storage.reads.followers.countParked(mostCounted).catch(() => undefined) // the next time
  if (count !== undefined) meter.set('trunkline_parked', count)
}

function startFanOut(core: Core, readers: Readers, { noteMade, handsOver, noteEvents }: Heard): FollowLoop {
  const { meter, journal } = core
  const { name: follower } = fanOut
  const settings = (): FanOutSettings => ({ handsOver: handsOver() })
  return follow(core, { follower, readers, settings }, noteEvents, ({ made, read: events, lanes, requests, fresh }) => {
    if (made > 0) {
      meter.add('trunkline_fanned_out_total', made)
      journal.info('fanned-out', { follower, events, deliveries: made, lanes: lanes.length, requests })
    }
    noteMade(lanes, (fresh ?? []) as readonly FreshWork[])
  })
}

function startAccounts(core: Core, settings: () => unknown, readers: Readers, { noteEvents }: Heard): FollowLoop {
  const { meter, journal } = core
  const { name: follower } = accounts
  const needs = { follower, settings, readers, restMs: accountsRestMs }
  return follow(core, needs, noteEvents, ({ made, requests, passedOver }) => {
    if (passedOver) meter.add('trunkline_passed_over_total', passedOver.length, { follower })
    if (made === 0) return
    meter.add('trunkline_derived_events_total', made, { follower })
    journal.info('events.derived', { follower, events: made, requests })
    noteEvents()
  })
}

function follow(
  core: Core,
  needs: Pick<FollowLoopNeeds, 'follower' | 'settings' | 'restMs' | 'readers'>,
  noteEvents: () => void,
  onStirred: (stirred: Stirred & { read: number }) => void,
): FollowLoop {
  const { commit, storage, journal, clock, processId } = core
  const kinds = rememberKinds(storage.reads.sources)
  // One batch after the other, so that the lines of an event come in their order.
  let telling = Promise.resolve()
  const tellAll = (failures: readonly Failure[]) => {
    telling = telling.then(async () => {
      for (const failure of failures) tell(core, needs.follower, failure, await kinds(failure.sourceId))
    })
  }
  return startFollowing({
    ...needs,
    advance,
    retry: retryFollowed,
    commit,
    settledUpTo: storage.settledUpTo,
    owner: processId,
    clock,
    journal,
    onStirred,
    onFailed(failures) {
      tellAll(failures)
      // What is parked for good is news, and so an event of its own.
      if (failures.some(({ nextTryAt }) => nextTryAt === undefined)) noteEvents()
    },
  })
}

const mostKinds = 1000

/** The kinds of sources, which never change; undefined for one that is gone, or while the database is. */
function rememberKinds(sources: Pick<SourceReads, 'byId'>) {
  const known = new Map<string, string>()
  return async (id: string | null): Promise<string | undefined> => {
    if (id === null) return undefined
    const kind = known.get(id) ?? (await sources.byId(id).catch(() => undefined))?.kind
    if (known.size >= mostKinds) known.clear()
    if (kind !== undefined) known.set(id, kind)
    return kind
  }
}

/** Says that an event could not be handled, without what is in it: the API shows its error to who may read it. */
function tell({ journal, meter }: Core, follower: string, failure: Failure, kind: string | undefined): void {
  const { eventId, sourceId: source, type, subject, attempt, cause, nextTryAt, released } = failure
  const facts = { follower, eventId, source, kind, type, subject, attempt, cause }
  meter.add('trunkline_handling_failures_total', 1, { follower, cause })
  if (nextTryAt !== undefined) journal.warn('event.failed', facts)
  else {
    meter.add('trunkline_parked_total', 1, { follower })
    journal.error('event.parked', { ...facts, released: released ?? 0 })
  }
}

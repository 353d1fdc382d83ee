import { type Kysely, sql } from 'kysely'
import { together } from '../base/together.ts'
import type { NewEvent } from '../events/event.ts'
import type { LogStore } from '../events/log-store.ts'
import type { Reparsed, Reparsing } from '../events/reparse.ts'
import type { RequestEvents } from '../events/request.ts'
import { heldOf, repeatedIn } from './duplicate.ts'
import type { heldEvents } from './held.ts'
import { alikeWithKeys, type Former, type Matched, match } from './reparse-match.ts'
import { spanOf } from './request-scan.ts'
import type { Tables } from './tables.ts'

/** Who has a key. */
interface Owner {
  eventId: string
  requestId: string
}

/** What the engines do in ways of their own. */
export interface ReparseNeeds {
  /** On PostgreSQL several processes write at once: rows are locked before they are judged. */
  locks: boolean
  held: Pick<ReturnType<typeof heldEvents>, 'of' | 'replace'>
  /** Makes the events' keys theirs, or answers who has them, all of one group at once: two groups must not deadlock. */
  claim(requests: readonly RequestEvents[], windowMs: number): Promise<readonly (readonly (Owner | undefined)[])[]>
  /** Appends to the log, in this order. */
  insert(events: readonly NewEvent[]): Promise<void>
}

/** A request that is read again, beside what its record and its rows say. */
interface Case {
  request: Reparsed
  cause: string | null
  isHeld: boolean
  matched: Matched
  events: readonly NewEvent[]
}

/** What is kept of a case. */
interface Ruling {
  /** Of today's events those that are made now. */
  fresh: readonly NewEvent[]
  repeated: number
  /** The request whose events it repeats, when it makes none because of that. */
  repeatOf: string | null
  /** How many of them, and of those that it had, wait until its source is resumed. */
  waiting: number
  /** Keys that go from one event of the request to another. */
  moves: readonly { event: NewEvent; from: string; to: string }[]
}

/** Makes the events of stored requests what today's parser makes of them; see `LogStore.reparse`. */
export function reparsing(db: Kysely<Tables>, needs: ReparseNeeds): LogStore['reparse'] {
  return async (requests, windowMs) => {
    if (requests.length === 0) return []
    const sorted = [...requests].sort((a, b) => (a.id < b.id ? -1 : 1))
    const cases = await openCases(db, needs, sorted)
    const free = cases.filter(({ isHeld }) => !isHeld)
    const owners = await needs.claim(free.map(claimsOf), windowMs)
    const rulings = new Map(free.map((each, i) => [each.request.id, rule(each, owners[i] ?? [])]))
    for (const each of cases) if (each.isHeld) rulings.set(each.request.id, await hold(db, needs, each))
    for (const { event, from, to } of [...rulings.values()].flatMap(({ moves }) => moves)) {
      await moveKey(db, event, from, to)
    }
    await needs.insert(cases.flatMap(({ request, isHeld }) => (isHeld ? [] : (rulings.get(request.id)?.fresh ?? []))))
    await together(cases.map((each) => record(db, each, rulings.get(each.request.id))))
    return requests.map((request) =>
      tell(
        request,
        cases.find((each) => each.request === request),
        rulings.get(request.id),
      ),
    )
  }
}

/**
 * Reads what there is, and keeps it from changing. Sources first and requests behind them, as who releases what a source
 * holds locks them. A request whose body has been taken away meanwhile is left alone, and one that cannot be read.
 */
async function openCases(
  db: Kysely<Tables>,
  { locks, held }: ReparseNeeds,
  requests: readonly Reparsed[],
): Promise<Case[]> {
  const sourceIds = [...new Set(requests.map(({ sourceId }) => sourceId))].sort()
  const holding = db
    .selectFrom('sources')
    .select('id')
    .where('id', 'in', sourceIds)
    .where('holding', '>', 0)
    .orderBy('id')
  const isHolding = new Set((await (locks ? holding.forShare() : holding).execute()).map(({ id }) => id))
  const ids = requests.map(({ id }) => id)
  const { from, to } = spanOf(ids)
  const records = db
    .selectFrom('requests')
    .select(['id', 'cause', sql<number>`CASE WHEN body IS NULL THEN 0 ELSE 1 END`.as('has_body')])
    .where('id', 'in', ids)
    .where('received_at', '>=', from)
    .where('received_at', '<', to)
    .orderBy('id')
  const rows = new Map((await (locks ? records.forNoKeyUpdate() : records).execute()).map((row) => [row.id, row]))
  const formers = await formersOf(db, ids)
  const waiting = isHolding.size > 0 ? await held.of(sourceIds, ids) : new Map<string, readonly NewEvent[]>()
  const cases: Case[] = []
  for (const request of requests) {
    const { id, events } = request
    const row = rows.get(id)
    if (row?.has_body !== 1 || events === null) continue
    const keptBy = await keepersOf(db, request, alikeWithKeys(events))
    const matched = match(events, formers.get(id) ?? [], waiting.get(id) ?? [], keptBy)
    cases.push({ request, cause: row.cause, isHeld: isHolding.has(request.sourceId), matched, events })
  }
  return cases
}

/** Which events have the keys of these. */
async function keepersOf(
  db: Kysely<Tables>,
  request: Reparsed,
  events: readonly NewEvent[],
): Promise<ReadonlyMap<NewEvent, string>> {
  const owners = await ownersOf(db, request, events)
  const keepers = new Map<NewEvent, string>()
  for (const event of events) {
    const owner = owners.get(event.dedupe?.key ?? '')
    if (owner) keepers.set(event, owner.eventId)
  }
  return keepers
}

/** The events that the requests have in the log, in its order. */
async function formersOf(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, Former[]>> {
  const { from, to } = spanOf(ids)
  const rows = await db
    .selectFrom('events')
    .select(['id', 'request_id', 'workspace_id', 'customer', 'type', 'subject', 'order_key', 'data', 'data_bytes'])
    .where('request_id', 'in', ids)
    .where('received_at', '>=', from)
    .where('received_at', '<', to)
    .orderBy('seq')
    .execute()
  const formers = new Map<string, Former[]>()
  for (const { request_id, workspace_id, order_key, data_bytes, ...row } of rows) {
    const id = request_id ?? ''
    const former = {
      ...row,
      workspaceId: workspace_id,
      orderKey: order_key,
      isErased: row.data === null && data_bytes > 0,
    }
    const known = formers.get(id)
    if (known) known.push(former)
    else formers.set(id, [former])
  }
  return formers
}

/** Every event asks for its key, those that the request has already on behalf of their rows. */
function claimsOf({ request, events, matched }: Case): RequestEvents {
  const { id, sourceId, receivedAt } = request
  const claims = events.map((event, i) => ({ ...event, id: matched.formers[i]?.id ?? event.id }))
  return { id, sourceId, receivedAt, body: null, events: claims }
}

/** What becomes of each of today's events, once it is known who has its key. */
function rule({ request, events, matched }: Case, owners: readonly (Owner | undefined)[]): Ruling {
  const superseded = new Set(matched.outdated.map(({ id }) => id))
  const fresh: NewEvent[] = []
  const moves: Ruling['moves'][number][] = []
  const others: string[] = []
  for (const [i, event] of events.entries()) {
    const former = matched.formers[i]
    const owner = owners[i]
    // Its own event of before, which today's parser does not make: the new one is its revision.
    const isRevision = owner !== undefined && owner.requestId === request.id && superseded.delete(owner.eventId)
    if (isRevision) moves.push({ event, from: owner.eventId, to: former?.id ?? event.id })
    if (former) continue
    if (owner === undefined || isRevision) fresh.push(event)
    else others.push(owner.requestId)
  }
  const isRepeat = fresh.length === 0 && matched.formers.every((each) => !each) && matched.outdated.length === 0
  return {
    fresh,
    repeated: others.length,
    repeatOf: (isRepeat && others.find((id) => id !== request.id)) || null,
    waiting: 0,
    moves,
  }
}

/**
 * What a paused source's request waits with: all of today's events that are not in the log. They claim no keys now; those
 * of its own events that they take the place of are given up, so that they can claim them when they are released.
 */
async function hold(db: Kysely<Tables>, { held }: ReparseNeeds, { request, events, matched }: Case): Promise<Ruling> {
  const keysInLog = new Set(events.flatMap((event, i) => (matched.formers[i] ? (event.dedupe?.key ?? []) : [])))
  const open = events.filter((event, i) => !matched.formers[i] && !keysInLog.has(event.dedupe?.key ?? ''))
  const owners = await ownersOf(db, request, open)
  const others = open.filter((event) => {
    const owner = owners.get(event.dedupe?.key ?? '')
    return owner !== undefined && owner.requestId !== request.id
  })
  const waiting = open.filter((event) => !others.includes(event)).map((event) => matched.waiting.get(event) ?? event)
  const fresh = waiting.filter((event) => events.includes(event))
  if (fresh.length > 0 || waiting.length !== matched.waitingBefore) {
    await held.replace(request, waiting)
    await giveUpKeys(
      db,
      request,
      waiting,
      matched.outdated.map(({ id }) => id),
    )
  }
  return { fresh, repeated: others.length, repeatOf: null, waiting: waiting.length, moves: [] }
}

/** Who has the keys of these events, by key. */
async function ownersOf(
  db: Kysely<Tables>,
  request: Reparsed,
  events: readonly NewEvent[],
): Promise<Map<string, Owner>> {
  const hashes = events.flatMap(({ dedupe }) => (dedupe ? [dedupe.hash] : []))
  if (hashes.length === 0) return new Map()
  const rows = await db
    .selectFrom('dedupe_keys')
    .select(['key', 'event_id', 'request_id'])
    .where('hash', 'in', hashes as unknown as bigint[])
    .where('source_id', '=', request.sourceId)
    .where('expires_at', '>', request.receivedAt)
    .execute()
  return new Map(rows.map((row) => [row.key, { eventId: row.event_id, requestId: row.request_id }]))
}

async function giveUpKeys(
  db: Kysely<Tables>,
  { id, sourceId }: Reparsed,
  events: readonly NewEvent[],
  of: readonly string[],
): Promise<void> {
  const hashes = events.flatMap(({ dedupe }) => (dedupe ? [dedupe.hash] : []))
  if (hashes.length === 0 || of.length === 0) return
  await db
    .deleteFrom('dedupe_keys')
    .where('hash', 'in', hashes as unknown as bigint[])
    .where('source_id', '=', sourceId)
    .where('request_id', '=', id)
    .where('event_id', 'in', of)
    .execute()
}

async function moveKey(db: Kysely<Tables>, { dedupe }: NewEvent, from: string, to: string): Promise<void> {
  if (!dedupe) return
  await db
    .updateTable('dedupe_keys')
    .set({ event_id: to })
    .where('hash', '=', dedupe.hash as unknown as bigint)
    .where('event_id', '=', from)
    .execute()
}

/** Causes that say what parsing came to; others say what became of the request before, and stay. */
const causesOfParsing: readonly (string | null)[] = [null, 'UNPARSABLE', 'SHARED']

/** Says in the record what it comes to now, if that is something else. */
async function record(db: Kysely<Tables>, each: Case, ruling: Ruling | undefined): Promise<void> {
  const { request, cause, isHeld } = each
  if (!ruling || !(causesOfParsing.includes(cause) || (isHeld && cause === 'HELD'))) return
  const now = recordOf(each, ruling)
  if (now.cause === cause) return
  await db
    .updateTable('requests')
    .set(now)
    .where('id', '=', request.id)
    .where('received_at', '=', request.receivedAt)
    .execute()
}

function recordOf({ request, cause }: Case, { waiting, repeatOf }: Ruling) {
  const parsed = { cause: request.cause, detail: request.detail }
  if (waiting > 0) return heldOf(parsed)
  return repeatOf !== null && cause === 'UNPARSABLE' ? renamed(repeatedIn(repeatOf, false)) : parsed
}

const renamed = ({ repeatOf, ...rest }: ReturnType<typeof repeatedIn>) => ({ ...rest, repeat_of: repeatOf })

function tell(request: Reparsed, found: Case | undefined, ruling: Ruling | undefined): Reparsing {
  const mark = ({ type, subject, customer }: Former | NewEvent) => ({ type, subject, customer })
  const isUnreadable = request.events === null
  return {
    requestId: request.id,
    added: (ruling?.fresh ?? []).map(mark),
    isHeld: (found?.isHeld ?? false) && (ruling?.fresh.length ?? 0) > 0,
    outdated: (found?.matched.outdated ?? []).map(mark),
    repeated: ruling?.repeated ?? 0,
    isMended: found?.cause === 'UNPARSABLE',
    isUnreadable,
    isGone: !isUnreadable && !found,
  }
}

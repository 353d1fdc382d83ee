import type { NewEvent } from '../../events/event.ts'
import type { RequestEvents } from '../../events/request.ts'
import { isSameKey } from '../retention/erased-key.ts'
import { storableText } from '../rows.ts'
import { integers, texts } from './arrays.ts'
import type { Session } from './session.ts'

/** Who has a key already. */
export interface Known {
  hash: string
  n: number
  sourceId: string
  key: string
  eventId: string
  requestId: string
  expiresAt: number
  /** The one who has it, when it came in the same group: its rows are not in the tables yet. */
  inGroup: { request: RequestEvents; event: NewEvent } | undefined
}

/** An event that asks for its key: for place `n` among the keys that share its hash. */
interface Claim {
  request: RequestEvents
  event: NewEvent
  hash: string
  key: string
  n: number
  /** Where its answer goes. */
  answer(known: Known): void
}

/**
 * Makes each event's key its own, or answers who has it: for each request, for each of its events, undefined when the
 * event is the first of its key. A key that was claimed longer ago than the window is free again.
 *
 * Every round asks for all keys in one statement, the first event of each key on behalf of those behind it. There is a
 * second round only when two keys share a hash.
 */
export async function claimKeys(
  session: Session,
  requests: readonly RequestEvents[],
  windowMs: number,
): Promise<(Known | undefined)[][]> {
  const known = requests.map(({ events }) => events.map((): Known | undefined => undefined))
  let open = requests.flatMap((request, i) =>
    request.events.flatMap((event, k) => claimOf(request, event, known[i], k)),
  )
  while (open.length > 0) {
    const slots = bySlot(open)
    const holders = await takeSlots(
      session,
      slots.map(({ first }) => first),
      windowMs,
    )
    open = []
    for (const [i, { first, others }] of slots.entries()) {
      const holder = holders[i]
      // Asking locks the row, also one that is somebody else's, so it cannot have gone.
      if (!holder) throw new Error(`dedupe key of event ${first.event.id} is neither new nor known`)
      for (const claim of holder.inGroup ? others : [first, ...others]) {
        if (holder.sourceId !== claim.request.sourceId || !isSameKey(holder.key, claim.key))
          open.push({ ...claim, n: claim.n + 1 })
        else if (holder.expiresAt > claim.request.receivedAt) claim.answer(holder)
        else open.push(claim)
      }
    }
  }
  return known
}

function claimOf(
  request: RequestEvents,
  event: NewEvent,
  answers: (Known | undefined)[] | undefined,
  k: number,
): Claim[] {
  if (!event.dedupe || !answers) return []
  const answer = (known: Known) => {
    answers[k] = known
  }
  return [{ request, event, hash: event.dedupe.hash, key: storableText(event.dedupe.key), n: 0, answer }]
}

/** Who asks for the same place, the first one apart. */
function bySlot(claims: readonly Claim[]): { first: Claim; others: Claim[] }[] {
  const slots = new Map<string, { first: Claim; others: Claim[] }>()
  for (const claim of claims) {
    const slot = slots.get(`${claim.hash}:${claim.n}`)
    if (slot) slot.others.push(claim)
    else slots.set(`${claim.hash}:${claim.n}`, { first: claim, others: [] })
  }
  return [...slots.values()]
}

/** Gives each claim its place if that is free, and answers for each who has it now. */
async function takeSlots({ ask }: Session, claims: readonly Claim[], windowMs: number): Promise<(Known | undefined)[]> {
  const taken = await insertKeys(ask, claims, windowMs)
  const holders = claims.map((claim) => (taken.has(claim.event.id) ? ownerOf(claim, windowMs) : undefined))
  const missing = claims.flatMap((claim, i) => (holders[i] ? [] : [{ claim, i }]))
  if (missing.length === 0) return holders
  const { rows } = await ask<Omit<Known, 'inGroup'> & { at: number }>(
    {
      name: 'known-keys',
      text: `SELECT asked.at - 1 AS at, asked.hash, known.n, known.source_id AS "sourceId", known.key,
          known.event_id AS "eventId", known.request_id AS "requestId", known.expires_at AS "expiresAt"
        FROM unnest($1::text[], $2::int8[]) WITH ORDINALITY AS asked (hash, n, at)
        JOIN dedupe_keys AS known ON known.hash = asked.hash::bigint AND known.n = asked.n`,
    },
    [texts(missing.map(({ claim }) => claim.hash)), integers(missing.map(({ claim }) => claim.n))],
  )
  for (const { at, ...row } of rows) {
    const asked = missing[at]
    if (asked) holders[asked.i] = { ...row, inGroup: undefined }
  }
  return holders
}

/** The ids of the events that got their place. Sorted, because two groups that lock in different orders deadlock. */
async function insertKeys(ask: Session['ask'], claims: readonly Claim[], windowMs: number): Promise<Set<string>> {
  const { rows } = await ask<{ event_id: string }>(
    {
      name: 'claim-keys',
      text: `INSERT INTO dedupe_keys AS known (hash, n, source_id, key, event_id, request_id, expires_at)
        SELECT hash::bigint, n, source_id, key, event_id, request_id, received_at + $7
        FROM unnest($1::text[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $8::int8[])
          AS new (hash, n, source_id, key, event_id, request_id, received_at)
        ORDER BY 1, 2
        ON CONFLICT (hash, n) DO UPDATE SET key = excluded.key, event_id = excluded.event_id, request_id = excluded.request_id,
          expires_at = excluded.expires_at, repeats = 0, repeated_at = NULL
        WHERE known.source_id = excluded.source_id AND (known.key = excluded.key
            OR known.key = 'erased:' || encode(sha256(convert_to(excluded.key, 'UTF8')), 'hex'))
          AND known.expires_at <= excluded.expires_at - $7
        RETURNING event_id`,
    },
    [
      texts(claims.map((claim) => claim.hash)),
      integers(claims.map((claim) => claim.n)),
      texts(claims.map((claim) => claim.request.sourceId)),
      texts(claims.map((claim) => claim.key)),
      texts(claims.map((claim) => claim.event.id)),
      texts(claims.map((claim) => claim.request.id)),
      windowMs,
      integers(claims.map((claim) => claim.request.receivedAt)),
    ],
  )
  return new Set(rows.map((row) => row.event_id))
}

function ownerOf({ request, event, hash, key, n }: Claim, windowMs: number): Known {
  return {
    hash,
    n,
    sourceId: request.sourceId,
    key,
    eventId: event.id,
    requestId: request.id,
    expiresAt: request.receivedAt + windowMs,
    inGroup: { request, event },
  }
}

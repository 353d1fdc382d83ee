import type { NewEvent } from '../../events/event.ts'
import type { RequestEvents } from '../../events/request.ts'
import { dayOf } from '../days.ts'
import { fullLength, timesText } from '../repeat-times.ts'
import { byteArrays, integers, texts } from './arrays.ts'
import { chunks } from './chunks.ts'
import type { Known } from './dedupe.ts'
import type { Session } from './session.ts'

/** A request of which every event is known, and for each who was first. */
export interface Repeat {
  request: RequestEvents
  first: readonly Known[]
}

/** Counts repeats; answers for each whether its bytes are others than the first one's. */
export async function noteRepeats(session: Session, repeats: readonly Repeat[]): Promise<boolean[]> {
  await countRepeats(session, repeats)
  const differs = repeats.map(() => false)
  const toRead: Comparison[] = []
  for (const [i, { request, first }] of repeats.entries()) {
    for (const [k, event] of request.events.entries()) {
      const known = first[k]
      if (!known) continue
      if (known.inGroup) differs[i] ||= isOther(request, event, known.inGroup)
      else toRead.push({ i, known, data: event.data, body: event.data === null ? request.body : null })
    }
  }
  for await (const i of differing(session, toRead)) differs[i] = true
  return differs
}

async function countRepeats({ ask }: Session, repeats: readonly Repeat[]): Promise<void> {
  const counts = new Map<string, { known: Known; times: number[] }>()
  for (const { request, first } of repeats) {
    for (const known of first) {
      const id = `${known.hash}:${known.n}`
      const key = counts.get(id) ?? { known, times: [] }
      key.times.unshift(request.receivedAt)
      counts.set(id, key)
    }
  }
  const rows = [...counts.values()]
  await ask(
    {
      name: 'count-repeats',
      // The first time and the list begin anew with the first repeat of a window.
      text: `UPDATE dedupe_keys SET repeats = repeats + more.count, repeated_at = more.last_at,
          first_repeated_at = CASE repeats WHEN 0 THEN more.first_at ELSE first_repeated_at END,
          repeat_times = left(more.times || CASE repeats WHEN 0 THEN '' ELSE coalesce(',' || repeat_times, '') END,
            ${fullLength})
        FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::text[])
          AS more (hash, n, count, first_at, last_at, times)
        WHERE dedupe_keys.hash = more.hash::bigint AND dedupe_keys.n = more.n`,
    },
    [
      texts(rows.map((row) => row.known.hash)),
      integers(rows.map((row) => row.known.n)),
      integers(rows.map(({ times }) => times.length)),
      integers(rows.map(({ times }) => times.at(-1) ?? 0)),
      integers(rows.map(({ times }) => times[0] ?? 0)),
      texts(rows.map(({ times }) => timesText(times))),
    ],
  )
}

/** Compares with one that came in the same group. */
function isOther(request: RequestEvents, event: NewEvent, first: { request: RequestEvents; event: NewEvent }): boolean {
  if (event.data !== null) return first.event.data !== null && !isSameText(first.event.data, event.data)
  if (request.body === null || first.request.body === null) return false
  return Buffer.compare(request.body, first.request.body) !== 0
}

/** Two texts, either of which may be given as bytes. */
function isSameText(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0
}

/** What is compared with what is stored: the JSON text of an event, or the bytes of a request that is not JSON. */
interface Comparison {
  i: number
  known: Known
  data: NewEvent['data']
  body: Uint8Array | null
}

/** Those that differ. What has been erased since cannot differ. */
async function* differing({ ask }: Session, all: readonly Comparison[]): AsyncGenerator<number> {
  for (const part of chunks(all, ({ data, body }) => data?.length ?? body?.byteLength ?? 0)) {
    const eventDays = part.map(({ known }) => dayOf('event', known.eventId))
    const requestDays = part.map(({ known }) => dayOf('request', known.requestId))
    const { rows } = await ask<{ at: number }>(
      `SELECT sent.at - 1 AS at
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY
         AS sent (event_id, request_id, data, body, at)
       LEFT JOIN events ON sent.data IS NOT NULL AND events.id = sent.event_id
         AND events.received_at >= $5 AND events.received_at < $6
       LEFT JOIN requests ON sent.data IS NULL AND requests.id = sent.request_id
         AND requests.received_at >= $7 AND requests.received_at < $8
       WHERE events.data <> sent.data OR requests.body <> sent.body`,
      [
        texts(part.map(({ known }) => known.eventId)),
        texts(part.map(({ known }) => known.requestId)),
        texts(part.map(({ data }) => data)),
        byteArrays(part.map(({ body }) => body)),
        Math.min(...eventDays.map((day) => day.from)),
        Math.max(...eventDays.map((day) => day.to)),
        Math.min(...requestDays.map((day) => day.from)),
        Math.max(...requestDays.map((day) => day.to)),
      ],
    )
    for (const { at } of rows) {
      const differs = part[at]
      if (differs) yield differs.i
    }
  }
}

import { newId } from '../../base/id.ts'
import { appendRequest } from '../../events/append.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { createEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { claimLanes } from '../../outbound/lane/claim.ts'
import { advance } from './commands.ts'
import type { Opened } from './opened.ts'
import { dayMs, makeEndpoint, makeRequest, makeSettle, news, type RequestShape, t0 } from './rows.ts'

/** What a database holds as text: every value of every row of every table. */
export async function textOf({ storage, sql }: Pick<Opened, 'storage' | 'sql'>): Promise<string> {
  const tables = await sql(
    storage.engine === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  )
  const texts: string[] = []
  for (const { name } of tables) {
    // The hashes of keys pass what a number can be, and say nothing.
    const columns = name === 'dedupe_keys' ? 'source_id, key, event_id, request_id' : '*'
    for (const row of await sql(`SELECT ${columns} FROM ${String(name)}`)) {
      for (const value of Object.values(row))
        texts.push(value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value))
    }
  }
  return texts.join('\n')
}

/** The words that stand in for what somebody said, in every place where it can be kept. */
export const words = ['body', 'header', 'query', 'subject', 'order', 'key', 'answer', 'detail'] as const

/** Words that occur nowhere else, made at run time. */
export function makeWords(): Record<(typeof words)[number], string> {
  return Object.fromEntries(words.map((name) => [name, `${name}-${newId('event', t0).slice(-16)}-planted`])) as Record<
    (typeof words)[number],
    string
  >
}

export interface Planted {
  workspaceId: string
  sourceId: string
  endpointId: string
  /** Its words are everywhere, and one delivery of it has been answered. */
  eventId: string
  requestId: string
  said: Record<(typeof words)[number], string>
  shape: RequestShape
}

/** Stores a request whose words are in its body, headers, URL, event, key, and in the answer of a receiver; `size` pads it. */
export async function plant(
  { storage, sql }: Pick<Opened, 'storage' | 'sql'>,
  { customer = null, at = t0, size = 0 }: { customer?: string | null; at?: number; size?: number } = {},
): Promise<Planted> {
  const workspaceId = newId('workspace', 0)
  await sql('INSERT INTO workspaces (id, name, created_at) VALUES (?, ?, 0)', workspaceId, 'tenant')
  const said = makeWords()
  const sourceId = newId('source', at)
  const endpoint = makeEndpoint(workspaceId, { eventTypes: ['test.made'] })
  await storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpoint.id) })
  const shape: RequestShape = {
    workspaceId,
    sourceId,
    at,
    keys: [said.key],
    headers: [['X-Said', said.header]],
    body: JSON.stringify({ text: said.body, more: 'x'.repeat(size) }),
  }
  const request = makeRequest(shape)
  const { requestId, eventIds } = await storage.commit(appendRequest, {
    ...request,
    url: `/in/key?said=${said.query}`,
    detail: said.detail,
    events: request.events.map((event) => ({ ...event, customer, subject: said.subject, orderKey: said.order })),
  })
  await follow(storage, at)
  await deliver(storage, endpoint.id, at, said.answer)
  return { workspaceId, sourceId, endpointId: endpoint.id, eventId: eventIds[0] ?? '', requestId, said, shape }
}

/** Moves every follower to the end of the log. */
export async function follow(storage: Opened['storage'], now: number): Promise<void> {
  const owner = newId('process', now)
  const upTo = await storage.settledUpTo()
  for (const follower of ['fan-out', 'accounts']) {
    for (let read = 1; read > 0; ) {
      const moved = await storage.commit(advance, { follower, owner, upTo, limit: 10_000, now })
      read = moved.isElsewhere ? 0 : moved.read
    }
  }
}

/** Attempts what is due in a lane once; every attempt fails and is answered with these words. */
export async function deliver(storage: Opened['storage'], endpointId: string, now: number, answer: string) {
  const { taken } = await storage.commit(claimLanes, {
    owner: newId('process', now),
    now: now + dayMs,
    lanes: [{ endpointId, limit: 100, inHand: [] }],
    giveBack: [],
    seek: { limit: 0, dueBefore: 0 },
    maxDataBytes: 1000,
  })
  for (const { due, generation = 0 } of taken) {
    for (const delivery of due) {
      const attempt = {
        startedAt: now,
        status: 500,
        responseBody: answer,
        responseHeaders: [['X-Said', answer]] as const,
      }
      await storage.commit(
        settleAttempt,
        makeSettle(endpointId, generation, delivery, { status: 'pending', dueAt: now + 1000, attempt }),
      )
    }
  }
  return taken
}

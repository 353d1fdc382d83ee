import { setTimeout as sleep } from 'node:timers/promises'
import type { Ask, Session } from './session.ts'

/** The advisory lock of whoever appends events. The class is "trkl" in ASCII. */
const lock = { classId: 0x74726b6c, objectId: 1 } as const

/** Whoever still holds the lock after this long is stuck, and the server will end it. Nobody waits that long. */
const patienceMs = 2000
const firstPauseMs = 1
const longestPauseMs = 4

/**
 * Says that this transaction is about to append events. To be called before it takes its first number of the sequence;
 * it never waits, because nobody takes this lock alone.
 */
export function beginAppending(session: Session): void {
  session.tell({
    name: 'begin-appending',
    text: `SELECT pg_advisory_xact_lock_shared(${lock.classId}, ${lock.objectId})`,
  })
}

/**
 * Answers up to which place the log is settled: every number up to it is committed or never will be. A number that was
 * taken earlier can be committed later, so a reader that went by the highest one would pass over some.
 *
 * The last number handed out is noted first, then who is appending. Whoever has one of those numbers and has not ended
 * is among them, having taken the lock before the number. When they have ended, all is settled. Transactions are told
 * apart by their virtual ids: under load one connection appends all the time, and its process would be waited for in
 * vain. Each question is a statement of its own, because each must see what is true then; they are asked in this order on
 * one connection.
 */
export function watermark(together: Together): () => Promise<number> {
  let settled = 0
  return async () => {
    let [last, remaining] = await together((ask) => Promise.all([lastNumber(ask), appendersOf(ask)]))
    // Nothing was appended since the last time: then nobody can be in the middle of it either.
    if (last === settled) return settled
    const deadline = performance.now() + patienceMs
    for (let pause = firstPauseMs; remaining.length > 0; pause = Math.min(pause * 2, longestPauseMs)) {
      if (performance.now() > deadline) return Math.min(settled, last)
      await sleep(pause)
      const among = remaining
      remaining = await together((ask) => appendersOf(ask, among))
    }
    settled = last
    return settled
  }
}

/** Asks several things, one after the other, on one connection. */
type Together = <Result>(work: (ask: Ask) => Promise<Result>) => Promise<Result>

/** The last number that the sequence has given out, whether or not it was committed. */
async function lastNumber(ask: Ask): Promise<number> {
  const { rows } = await ask<{ last: number }>({
    name: 'last-number',
    // A new sequence says 1 without having given it out.
    text: 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM events_seq',
  })
  return rows[0]?.last ?? 0
}

/** The transactions that are appending now, or those of them that have not ended. */
async function appendersOf(ask: Ask, among?: readonly string[]): Promise<string[]> {
  const { rows } = await ask<{ id: string }>(
    {
      name: 'appenders',
      text: `SELECT virtualtransaction AS id FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND classid = ${lock.classId} AND objid = ${lock.objectId} AND objsubid = 2 AND granted
          AND ($1::text[] IS NULL OR virtualtransaction = ANY ($1))`,
    },
    [among ?? null],
  )
  return rows.map((row) => row.id)
}

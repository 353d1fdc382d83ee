import { appendFileSync } from 'node:fs'

/** What a round of the proof reports. Counts are left out where a round has none of that kind. */
export interface RoundRecord {
  round: string
  seed: number
  /** What was done to the servers, how often, and what else is worth knowing. */
  did: string
  events?: number
  deliveries?: number
  attempts?: number
  /** Deliveries that arrived once more than is recorded: all were in flight when something was struck. */
  duplicates?: number
  /** The longest time from a strike, or from the return of what was taken, until every endpoint was sent to again. */
  recoveredMs?: number
  invariants?: number
  seconds: number
}

/** Hands a record in: one line in the file that `npm run prove` reads, and one on the terminal. */
export function keepRecord(record: RoundRecord): void {
  const line = JSON.stringify(record)
  console.log(line)
  const file = process.env.TRUNKLINE_PROOF_FILE
  if (file !== undefined) appendFileSync(file, `${line}\n`)
}

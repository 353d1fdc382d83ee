import type { SweepName } from '../../retention/keep.ts'
import type { SweepState, Swept } from '../../retention/retention-store.ts'
import { type Rows, type Standing, sweptElsewhere, type Walked } from './sweep-walk.ts'

/**
 * Takes a turn from where the last one ended. The row of the sweep is locked until the commit, so one process at a time is
 * at it and a process that dies leaves what was before; who finds it locked does not wait.
 */
export async function turnOf(
  rows: Rows,
  call: { sweep: string; now: number },
  { lock, take }: { lock: '' | ' FOR UPDATE SKIP LOCKED'; take(standing: Standing): Promise<Walked> },
): Promise<Swept> {
  await rows.run(
    `INSERT INTO sweeps (name, place, removed, last_removed, total) VALUES (?, '', 0, 0, 0) ON CONFLICT (name) DO NOTHING`,
    [call.sweep],
  )
  const [known] = await rows.all<{ place: string; kept_from: string | null; removed: number }>(
    `SELECT place, kept_from, removed FROM sweeps WHERE name = ?${lock}`,
    [call.sweep],
  )
  if (!known) return sweptElsewhere
  const standing = { place: known.place, keptFrom: known.kept_from, removed: known.removed }
  const { removed, isDone, standing: next } = await take(standing)
  await rows.run(
    isDone
      ? `UPDATE sweeps SET place = ?, kept_from = ?, removed = 0, last_removed = ?, total = total + ?, ran_at = ?, swept_at = ?
         WHERE name = ?`
      : `UPDATE sweeps SET place = ?, kept_from = ?, removed = ?, total = total + ?, ran_at = ? WHERE name = ?`,
    [next.place, next.keptFrom, next.removed, removed, call.now, ...(isDone ? [call.now] : []), call.sweep],
  )
  return { removed, isDone, isElsewhere: false }
}

/** How every sweep that has had a turn stands. */
export async function sweepStates(rows: Rows): Promise<readonly SweepState[]> {
  const all = await rows.all<{
    name: string
    ran_at: number | null
    swept_at: number | null
    last_removed: number
    total: number
  }>('SELECT name, ran_at, swept_at, last_removed, total FROM sweeps ORDER BY name', [])
  return all.map((row) => ({
    name: row.name as SweepName,
    ranAt: row.ran_at,
    sweptAt: row.swept_at,
    lastRemoved: row.last_removed,
    total: row.total,
  }))
}

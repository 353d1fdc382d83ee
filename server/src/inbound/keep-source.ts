import { command } from '../base/command.ts'
import { Problem } from '../base/errors.ts'
import type { NewEvent } from '../events/event.ts'
import type { LogStore } from '../events/log-store.ts'
import type { Source, SourceChanges, SourceStore } from './source-store.ts'

export type SourceTx = { sources: SourceStore; log: LogStore }

/** Creates a source. */
export const createSource = command<SourceTx, { source: Source; news: NewEvent }, Source>(
  'create-source',
  async (tx, { source, news }) => {
    await tx.sources.insert(source)
    await tx.log.appendEvents([news])
    return source
  },
)

export interface SourceUpdate {
  workspaceId: string
  id: string
  changes: SourceChanges
  now: number
  news: NewEvent
}

/** Changes a source. */
export const updateSource = command<SourceTx, SourceUpdate, Source>(
  'update-source',
  async (tx, { workspaceId, id, changes, now, news }) => {
    const updated = await tx.sources.update(workspaceId, id, changes, now)
    if (!updated) throw noSource(id)
    await tx.log.appendEvents([news])
    return updated
  },
)

/** Deletes a source. What it received stays in the log. */
export const deleteSource = command<SourceTx, { workspaceId: string; id: string; news: NewEvent }, null>(
  'delete-source',
  async (tx, { workspaceId, id, news }) => {
    const known = await tx.sources.read(workspaceId, id)
    if (!known || !(await tx.sources.remove(workspaceId, id))) throw noSource(id)
    await tx.log.appendEvents([{ ...news, customer: known.customer }])
    return null
  },
)

export function noSource(id: string): Problem {
  return new Problem('NOT_FOUND', `there is no source "${id}"`)
}

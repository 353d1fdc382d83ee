import { type Filter, openFilter } from '../../events/filter-expression.ts'
import type { EndpointStore, Target } from '../endpoint/endpoint-store.ts'

/** A target with its filter ready. */
export interface OpenTarget extends Target {
  opened: Filter | null
}

/** A target whose filter looks into the data of events. */
export type FilteringTarget = OpenTarget & { filter: string; opened: Filter }

/** The targets of a workspace. */
export interface Targets {
  all: readonly OpenTarget[]
  /** Those among them whose answer depends on the event's data. */
  filtering: readonly FilteringTarget[]
}

/** The targets of each workspace as of a version: read anew only after one of its endpoints has changed. */
const known = new WeakMap<EndpointStore, Map<string, Targets & { version: number }>>()
const workspacesKept = 1000

export async function targetsOf(endpoints: EndpointStore, workspaceId: string): Promise<Targets> {
  const workspaces = known.get(endpoints) ?? new Map<string, Targets & { version: number }>()
  known.set(endpoints, workspaces)
  const version = await endpoints.targetsVersion(workspaceId)
  const before = workspaces.get(workspaceId)
  if (before?.version === version) return before
  const all = (await endpoints.targets(workspaceId)).map(
    (target): OpenTarget => ({ ...target, opened: target.filter === null ? null : openFilter(target.filter) }),
  )
  const targets = { version, all, filtering: all.filter(looksIntoData) }
  if (workspaces.size >= workspacesKept) workspaces.clear()
  workspaces.set(workspaceId, targets)
  return targets
}

/** The same, as they were when they were last read: mostly without a look at the database. */
export async function lastTargetsOf(endpoints: EndpointStore, workspaceId: string): Promise<Targets> {
  return known.get(endpoints)?.get(workspaceId) ?? (await targetsOf(endpoints, workspaceId))
}

const looksIntoData = (target: OpenTarget): target is FilteringTarget => target.opened?.readsData ?? false

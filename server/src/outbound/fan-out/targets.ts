import { type Filter, openFilter } from '../../events/filter-expression.ts'
import type { EndpointStore, Target } from '../endpoint/endpoint-store.ts'
import { asksFor } from './match.ts'

/** A target with its filter ready. */
export interface OpenTarget extends Target {
  opened: Filter | null
}

/** A target whose filter looks into the data of events. */
export type FilteringTarget = OpenTarget & { filter: string; opened: Filter }

/** The targets of a workspace. */
export interface Targets {
  /**
   * Those that ask for a type of event of a customer, or of none: looked for once, because there may be thousands of others.
   */
  of(customer: string | null, type: string): readonly OpenTarget[]
  /** Whether the answer of any of them depends on the event's data. */
  areFiltering: boolean
}

/** The targets of each workspace as of a version: read anew only after one of its endpoints has changed. */
const known = new WeakMap<EndpointStore, Map<string, Targets & { version: number }>>()
const workspacesKept = 1000
/** Types of events, of each customer that has targets. */
const typesKept = 10_000

export async function targetsOf(endpoints: EndpointStore, workspaceId: string): Promise<Targets> {
  const workspaces = known.get(endpoints) ?? new Map<string, Targets & { version: number }>()
  known.set(endpoints, workspaces)
  const version = await endpoints.targetsVersion(workspaceId)
  const before = workspaces.get(workspaceId)
  if (before?.version === version) return before
  const all = (await endpoints.targets(workspaceId)).map(
    (target): OpenTarget => ({ ...target, opened: target.filter === null ? null : openFilter(target.filter) }),
  )
  const targets = { version, ...sorted(all) }
  if (workspaces.size >= workspacesKept) workspaces.clear()
  workspaces.set(workspaceId, targets)
  return targets
}

/** The same, as they were when they were last read: mostly without a look at the database. */
export async function lastTargetsOf(endpoints: EndpointStore, workspaceId: string): Promise<Targets> {
  return known.get(endpoints)?.get(workspaceId) ?? (await targetsOf(endpoints, workspaceId))
}

export const looksIntoData = (target: OpenTarget): target is FilteringTarget => target.opened?.readsData ?? false

function sorted(all: readonly OpenTarget[]): Targets {
  const shared = all.filter(({ customer }) => customer === null)
  const byCustomer = new Map<string | null, OpenTarget[]>()
  for (const target of all) {
    if (target.customer === null) continue
    const own = byCustomer.get(target.customer)
    if (own) own.push(target)
    else byCustomer.set(target.customer, [target])
  }
  const asking = new Map<string, readonly OpenTarget[]>()
  return {
    of(customer, type) {
      const own = byCustomer.get(customer)
      const name = own ? `${type} ${customer}` : type
      const known = asking.get(name)
      if (known) return known
      const found = [...shared, ...(own ?? [])].filter((target) => asksFor(target, type))
      if (asking.size >= typesKept) asking.clear()
      asking.set(name, found)
      return found
    },
    areFiltering: all.some(looksIntoData),
  }
}

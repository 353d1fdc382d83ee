import { type Kysely, sql } from 'kysely'
import { systemClock } from '../base/clock.ts'
import { lowestId, timeOfId } from '../base/id.ts'
import type { LookedPage, Page } from '../base/page.ts'
import { together } from '../base/together.ts'
import type { DerivedState } from '../outbound/delivery/delivery-state.ts'
import type { DeliveryFilter, DeliveryReads } from '../outbound/delivery/delivery-store.ts'
import { columns, type DeliveryColumns, goesToEndpointOf, isHeld, stateNumber, toDelivery } from './delivery-rows.ts'
import { lookBack, mergePages, usualBounds } from './look-back.ts'
import { typeRange } from './rows.ts'
import type { Tables } from './tables.ts'

/** A row, and whether its endpoint is the one's whose endpoints are asked for. */
type Row = DeliveryColumns & { is_theirs: unknown }

/** Of so many endpoints each is looked through by itself. */
const fewEndpoints = 20
/** So few that are unfinished are all looked at. */
const fewUnfinished = 2000

const position = ({ id }: Row): string => id
const madeAt = ({ id }: Row): number => timeOfId('delivery', id) ?? 0

/**
 * A workspace's deliveries, newest first. They are found along one index; the rest of what is asked for is looked at in the rows,
 * in bounded steps. What is unfinished is found by its own index where it is little, as it mostly is beside millions that
 * have ended.
 */
export function deliveryList(db: Kysely<Tables>): Pick<DeliveryReads, 'list'> {
  async function list(workspaceId: string, filter: DeliveryFilter, page: Page): Promise<LookedPage<Row>> {
    const { endpointsOf, endpointId } = filter
    // What is somebody else's is like what does not exist, and is not looked through.
    if (endpointId !== undefined && !(await isOwn(db, workspaceId, endpointId, endpointsOf)))
      return { rows: [], next: null }
    if (endpointsOf === undefined || endpointId !== undefined) return listOf(db, workspaceId, filter, page)
    // What goes to a few endpoints is found by each one's index: among everybody's it could be one row of a million.
    const few = await endpointIds(db, workspaceId, endpointsOf, fewEndpoints + 1)
    if (few.length > fewEndpoints) return listOf(db, workspaceId, filter, page)
    const most = Math.floor(fewUnfinished / Math.max(1, few.length))
    const pages = await together(few.map((id) => listOf(db, workspaceId, { ...filter, endpointId: id }, page, most)))
    return mergePages(pages, { position, madeAt }, page.limit)
  }
  return {
    async list(workspaceId, filter, page) {
      const { rows, next } = await list(workspaceId, filter, page)
      return { rows: rows.map(toDelivery), next }
    },
  }
}

async function listOf(
  db: Kysely<Tables>,
  workspaceId: string,
  filter: DeliveryFilter,
  page: Page,
  mostUnfinished = fewUnfinished,
): Promise<LookedPage<Row>> {
  const begin = systemClock.elapsed()
  const fits = matcher(workspaceId, filter)
  const few = await fewOf(db, filter, mostUnfinished)
  const rows = few?.sort((a, b) => (a.id < b.id ? 1 : -1))
  return lookBack(
    {
      rows: async (after, limit) =>
        rows
          ? rows.filter(({ id }) => after === null || id < after).slice(0, limit)
          : inOrder(db, workspaceId, filter, after).limit(limit).execute(),
      position,
      madeAt,
      ...(isNarrowed(filter) ? { fits } : {}),
    },
    page,
    { ...usualBounds, begin },
  )
}

/** Those of an event, or those that are unfinished, whatever their workspaces: undefined where there may be many. */
async function fewOf(db: Kysely<Tables>, filter: DeliveryFilter, most: number): Promise<Row[] | undefined> {
  const { eventId, endpointId, endpointsOf } = filter
  const all = () => select(db, endpointsOf)
  if (eventId !== undefined) {
    const ofEvent = all().where('event_id', '=', eventId)
    return (endpointId === undefined ? ofEvent : ofEvent.where('endpoint_id', '=', endpointId)).execute()
  }
  const found = new Map<string, Row>()
  for (const status of unfinishedIn(filter)) {
    // Written out, and in its order: this is the index of what is pending, or of what waits.
    let query = all()
      .where(sql<boolean>`status = ${sql.lit(status)}`)
      .orderBy('endpoint_id')
    if (status === 0) query = query.orderBy('due_at')
    if (endpointId !== undefined) query = query.where('endpoint_id', '=', endpointId)
    for (const row of await query.limit(most + 1).execute()) found.set(row.id, row)
    if (found.size > most) return undefined
  }
  return unfinishedIn(filter).length > 0 ? [...found.values()] : undefined
}

/**
 * How what is asked for is stored, where it is unfinished. What waits comes first: it becomes pending, and would be missed by
 * who asks for it after what is pending.
 */
function unfinishedIn({ status, state }: DeliveryFilter): number[] {
  if (state?.is === 'unfinished') return [stateNumber('waiting'), stateNumber('pending')]
  if (state !== undefined || status === 'pending') return [stateNumber('pending')]
  return status === 'waiting' ? [stateNumber('waiting')] : []
}

/** The rows of one index, newest first. Ids tell when they were made, so times are bounds of the index. */
function inOrder(db: Kysely<Tables>, workspaceId: string, filter: DeliveryFilter, after: string | null) {
  const { endpointId, customer, status, from, to, endpointsOf } = filter
  let query = select(db, endpointsOf).orderBy('id', 'desc')
  if (endpointId !== undefined) query = query.where('endpoint_id', '=', endpointId)
  else {
    query = query.where('workspace_id', '=', workspaceId)
    // Not where one customer asks: how far others' failed ones go back is none of its business.
    if (customer !== undefined) query = query.where('customer', '=', customer)
    // Written out: the index of failed ones is used for exactly this condition.
    else if (status === 'failed') query = query.where(sql<boolean>`status = 3`)
  }
  if (from !== undefined) query = query.where('id', '>=', lowestId('delivery', from))
  if (to !== undefined) query = query.where('id', '<', lowestId('delivery', to))
  return after === null ? query : query.where('id', '<', after)
}

/** Whether more is asked for than the index tells. */
function isNarrowed({ from, to, ...filter }: DeliveryFilter): boolean {
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined)
  const [only] = asked
  if (asked.length !== 1 || only === undefined) return asked.length > 0
  const [name, value] = only
  return !(name === 'endpointId' || name === 'customer' || (name === 'status' && value === 'failed'))
}

function matcher(workspaceId: string, filter: DeliveryFilter): (row: Row) => boolean {
  const { endpointId, customer, eventType, status, state, cause, from, to, endpointsOf } = filter
  const range = eventType === undefined ? undefined : typeRange(eventType)
  const isType = (type: string) => (range ? type >= range.from && type < range.below : type === eventType)
  return (row) => {
    if (row.workspace_id !== workspaceId) return false
    if (endpointId !== undefined && row.endpoint_id !== endpointId) return false
    if (endpointsOf !== undefined && !row.is_theirs) return false
    if (customer !== undefined && row.customer !== customer) return false
    if (eventType !== undefined && !isType(row.event_type)) return false
    if (status !== undefined && row.status !== stateNumber(status)) return false
    if (cause !== undefined && row.cause !== cause) return false
    if ((from !== undefined && madeAt(row) < from) || (to !== undefined && madeAt(row) >= to)) return false
    if (state === undefined) return true
    return isInState(row, state)
  }
}

/** The same as `stateOf` tells, of a row. */
function isInState({ status, due_at, attempts, is_held }: Row, { is, now }: DerivedState): boolean {
  if (is === 'unfinished') return status < 2
  const isSent = is_held === 1 && due_at <= now
  if (status !== 0 || isSent) return status === 0 && is === 'sending'
  return is === (attempts > 0 ? 'retrying' : 'pending')
}

const select = (db: Kysely<Tables>, endpointsOf: string | undefined) =>
  db
    .selectFrom('deliveries')
    .select(columns)
    .select(isHeld)
    .select((eb) =>
      endpointsOf === undefined
        ? sql<unknown>`NULL`.as('is_theirs')
        : goesToEndpointOf(eb, endpointsOf).as('is_theirs'),
    )

/** Whether the deliveries of an endpoint are the workspace's, and go to a customer where one is named. All of one do, or none. */
async function isOwn(
  db: Kysely<Tables>,
  workspaceId: string,
  endpointId: string,
  endpointsOf: string | undefined,
): Promise<boolean> {
  const query = select(db, endpointsOf).where('endpoint_id', '=', endpointId).orderBy('id', 'desc').limit(1)
  const row = await query.executeTakeFirst()
  return row?.workspace_id === workspaceId && (endpointsOf === undefined || Boolean(row.is_theirs))
}

/** The endpoints of a customer, deleted ones too, at most `limit`. */
async function endpointIds(db: Kysely<Tables>, workspaceId: string, customer: string, limit: number) {
  const rows = await db
    .selectFrom('endpoints')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('customer', '=', customer)
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

import { Problem } from '../base/errors.ts'
import type { Context } from './operation.ts'

type Reads = Context['reads']

/**
 * The store as a key that is bound to a customer sees it: what is not that customer's is not there. What is not named here
 * cannot be read by such a key at all, so that a read that is added later is closed until somebody decides.
 */
export function boundReads(customer: string, reads: Reads): Reads {
  const { credentials, log, endpoints, deliveries, customers, statistics, accounts, lanes, jobs, followers } = reads
  const own = <Row extends { customer: string | null }>(row: Row | undefined): Row | undefined =>
    row?.customer === customer ? row : undefined
  const ours = <Row extends { customer: string | null }>(rows: readonly Row[]): readonly Row[] =>
    rows.filter((row) => row.customer === customer)
  /** Refuses what is not about an endpoint of the customer's, which gets nothing but the customer's events. */
  const checkOwn = async (workspaceId: string, endpointId: string | undefined): Promise<void> => {
    if (endpointId === undefined || !own(await endpoints.read(workspaceId, endpointId))) refuse()
  }
  const readDelivery = (workspaceId: string, id: string) => deliveries.read(workspaceId, id, customer)
  return {
    ...closed(reads),
    credentials: only<Reads['credentials']>({
      read: async (workspaceId, id) => own(await credentials.read(workspaceId, id)),
      list: (workspaceId, filter, page) => credentials.list(workspaceId, { ...filter, customer }, page),
    }),
    log: only<Reads['log']>({
      readEvent: async (workspaceId, id) => own(await log.readEvent(workspaceId, id)),
      listEvents: (workspaceId, filter, page) => log.listEvents(workspaceId, { ...filter, customer }, page),
      // A request's bytes may tell of others too, even where only one event was made of it.
      readBody: async () => undefined,
      scanEvents: (workspaceId, span, after, limit) => log.scanEvents(workspaceId, { ...span, customer }, after, limit),
      eventsAt: async (seqs, withData) => ours(await log.eventsAt(seqs, withData)),
      placeBefore: (ms) => log.placeBefore(ms),
      // A key holds the API key's id, which is its own alone.
      publishedUnder: (key, now) => log.publishedUnder(key, now),
    }),
    endpoints: only<Reads['endpoints']>({
      read: async (workspaceId, id) => own(await endpoints.read(workspaceId, id)),
      list: (workspaceId, filter, page) => endpoints.list(workspaceId, { ...filter, customer }, page),
    }),
    // A customer's event may go to endpoints of the operator, whose answers are none of the customer's business.
    deliveries: only<Reads['deliveries']>({
      read: readDelivery,
      list: (workspaceId, filter, page) =>
        deliveries.list(workspaceId, { ...filter, customer, endpointsOf: customer }, page),
      attempts: async (workspaceId, id) =>
        (await readDelivery(workspaceId, id)) ? deliveries.attempts(workspaceId, id) : [],
      blockedKeys: async (workspaceId, endpointId, page, countTo) =>
        own(await endpoints.read(workspaceId, endpointId))
          ? deliveries.blockedKeys(workspaceId, endpointId, page, countTo)
          : [],
      async scan(workspaceId, span, after, limit) {
        await checkOwn(workspaceId, span.endpointId)
        return deliveries.scan(workspaceId, { ...span, customer }, after, limit)
      },
      async ofEvents(workspaceId, endpointId, eventIds) {
        await checkOwn(workspaceId, endpointId)
        return deliveries.ofEvents(workspaceId, endpointId, eventIds)
      },
      // A time, of an endpoint that `ofEvents` was asked about.
      cleanedUpTo: (endpointId) => deliveries.cleanedUpTo(endpointId),
    }),
    jobs: only<Reads['jobs']>({
      read: async (workspaceId, id) => own(await jobs.read(workspaceId, id)),
      list: (workspaceId, filter, page) => jobs.list(workspaceId, { ...filter, customer }, page),
    }),
    // A place in the log tells nothing of what is there.
    followers: only<Reads['followers']>({ placeOf: (follower) => followers.placeOf(follower) }),
    customers: only<Reads['customers']>({
      async list(workspaceId, { after, limit }, countedTo) {
        const found = limit > 0 && (after === null || after < customer)
        const one = found ? await customers.read(workspaceId, customer, countedTo) : undefined
        return one ? [one] : []
      },
    }),
    statistics: only<Reads['statistics']>({
      async deliveries(workspaceId, of, span, most) {
        await checkOwn(workspaceId, of.endpointId)
        return statistics.deliveries(workspaceId, { ...of, customer }, span, most)
      },
    }),
    // Of an endpoint that was read before.
    lanes: only<Reads['lanes']>({ read: (workspaceId, endpointId) => lanes.read(workspaceId, endpointId) }),
    accounts: only<Reads['accounts']>({
      subscriptions: async (workspaceId, ids) => ours(await accounts.subscriptions(workspaceId, ids)),
      payments: async (workspaceId, ids) => ours(await accounts.payments(workspaceId, ids)),
      users: async (workspaceId, ids) => ours(await accounts.users(workspaceId, ids)),
      listSubscriptions: (workspaceId, filter, page) =>
        accounts.listSubscriptions(workspaceId, { ...filter, customer }, page),
      listPayments: (workspaceId, filter, page) => accounts.listPayments(workspaceId, { ...filter, customer }, page),
      listUsers: (workspaceId, filter, page) => accounts.listUsers(workspaceId, { ...filter, customer }, page),
    }),
  }
}

/** Every store with none of its methods. */
function closed(reads: Reads): Reads {
  return Object.fromEntries(Object.keys(reads).map((name) => [name, only({})])) as unknown as Reads
}

/** A store of which only these methods can be called. */
function only<Store extends object>(open: Partial<Store>): Store {
  return new Proxy(open, {
    get: (methods, name) => Reflect.get(methods, name) ?? refuse,
  }) as Store
}

function refuse(): never {
  throw new Problem('KEY_BOUND', 'this reads what is not one customer’s alone, and the key is bound to one')
}

import { z } from 'zod'
import { maskValue } from '../../base/personal.ts'
import { noEndpoint } from '../../outbound/endpoint/endpoint.ts'
import type { BlockedKey } from '../../outbound/order/order.ts'
import { causeShape } from '../deliveries/shape.ts'
import { pageOf, pageQuery, shownTime } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedPage, revealQuery } from '../reveal.ts'
import { endpointId } from './shape.ts'

/** Deliveries behind a blocked one are counted no further. */
const mostCounted = 1000

const blockedKeyShape = z
  .object({
    orderKey: z.string().meta({ description: 'The key; empty where the whole endpoint is in one order.' }),
    deliveryId: z.string().meta({ description: 'What is in the way: retry it, or skip it.' }),
    eventId: z.string(),
    eventType: z.string(),
    cause: causeShape.nullable(),
    attempts: z.number(),
    blockedAt: z.string(),
    waiting: z.number().meta({ description: `How many wait behind it; ${mostCounted} means that many or more.` }),
  })
  .meta({ id: 'BlockedKey' })

export default operation({
  name: 'listBlockedKeys',
  method: 'GET',
  path: '/endpoints/:id/blocked-keys',
  scope: 'deliveries.read',
  summary: 'List the deliveries that failed for good and hold up their key, oldest first',
  bound: 'narrowed',
  params: endpointId,
  query: z.strictObject({ ...pageQuery, ...revealQuery }),
  output: pageOf(blockedKeyShape),
  async run(context, { params, query }) {
    const { reads, workspaceId } = context
    if (!(await reads.endpoints.read(workspaceId, params.id))) throw noEndpoint(params.id)
    return readMaskedPage(
      context,
      `blocked-keys of ${params.id}`,
      query,
      (page) => reads.deliveries.blockedKeys(workspaceId, params.id, page, mostCounted),
      (each) => each.deliveryId,
      show,
      (shown) => ({ ...shown, orderKey: maskValue(shown.orderKey) }),
    )
  },
})

const show = (each: BlockedKey): z.input<typeof blockedKeyShape> => ({
  ...each,
  blockedAt: shownTime(each.blockedAt),
})

import { senders } from '@trunkline/senders'
import { z } from 'zod'
import { isEventType } from '../../events/event.ts'
import { playedType, testType } from '../../outbound/endpoint/trial-type.ts'
import { catalogueOf } from '../event-types/catalogue.ts'
import { sampleOf } from '../event-types/sample.ts'
import { type Context, operation } from '../operation.ts'
import { endpointId } from './shape.ts'
import { trialShape, tryOut } from './trial.ts'

export default operation({
  name: 'testEndpoint',
  method: 'POST',
  path: '/endpoints/:id/test',
  scope: 'endpoints.write',
  summary: 'Send a test event, or an example of a type, to this endpoint alone, as a delivery like any other',
  bound: 'endpoint',
  params: endpointId,
  body: z.strictObject({
    eventType: z.string().max(150).refine(isEventType, 'must be an event type').optional().meta({
      description:
        'The type that the receiver is told, with the example of the catalogue. In the log it is `trunkline.test.<type>`. Left out: `trunkline.test`.',
      example: 'invoice.paid',
    }),
  }),
  status: 202,
  output: trialShape,
  async run(context, { params: { id }, body: { eventType } }) {
    const plain = JSON.stringify({ isTest: true, endpointId: id })
    if (eventType === undefined) return tryOut(id, { type: testType, data: plain }, context)
    const data = (await exampleOf(eventType, context)) ?? plain
    return tryOut(id, { type: playedType(eventType), data }, context)
  },
})

/** Data as the catalogue shows it. Never that of a real event: it may be somebody else's. */
async function exampleOf(
  type: string,
  { reads, workspaceId, definitions, actor }: Context,
): Promise<string | undefined> {
  // What the workspace has registered is not for a customer's key to read.
  const registered = actor.customer === null ? await reads.eventTypes.read(workspaceId, type) : undefined
  if (registered && registered.example !== null) return registered.example
  const kinds = catalogueOf(definitions).get(type)?.kinds ?? []
  return sampleOf(type, kinds, { senders, definitions })?.data ?? undefined
}

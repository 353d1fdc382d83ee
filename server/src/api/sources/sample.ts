import { randomUUID } from 'node:crypto'
import {
  editsOf,
  idFor,
  requestOf,
  type Sample,
  type Sender,
  type Signing,
  sampleOf,
  senders,
  UnfitEdit,
} from '@trunkline/senders'
import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { maskText } from '../../base/personal.ts'
import { noSource } from '../../inbound/keep-source.ts'
import { type OpenSource, openRoutes, openSource } from '../../inbound/open-source.ts'
import { Headers, type Incoming } from '../../inbound/source.ts'
import { operation } from '../operation.ts'
import { definitionOf, showSource, sourceId } from './shape.ts'

export default operation({
  name: 'sampleSource',
  method: 'POST',
  path: '/sources/:id/sample',
  scope: 'sources.write',
  summary: 'Send a rightly signed sample through a source, as its provider would',
  params: sourceId,
  body: z.strictObject({
    event: z.string().max(200).optional().meta({
      description: 'One of the `sampleEvents` of its kind; the most usual one when left out.',
      example: 'push',
    }),
    set: z
      .record(z.string().max(500), z.unknown())
      .optional()
      .meta({
        description: 'Changes of the body before it is signed: paths and what is to stand there.',
        example: { 'data.object.amount': 4900 },
      }),
  }),
  output: z.object({
    event: z.string().meta({ description: 'The provider’s name of the event.' }),
    requestId: z.string().meta({ description: 'The record of the request; its sender address is `sample`.' }),
    eventIds: z.array(z.string()),
  }),
  async run(context, { params, body }) {
    const known = await context.reads.sources.read(context.workspaceId, params.id)
    if (!known) throw noSource(params.id)
    if (!known.isEnabled) throw new Problem('CONFLICT', `source "${known.id}" is disabled, so it receives nothing`)
    const now = context.clock.now()
    const routes = await openRoutes(context.reads.sources, known)
    const source = openSource(known, definitionOf(context, known.kind), { seal: context.seal, now, routes })
    const { url: address } = showSource(known, context)
    const { event, incoming } = sign(source, address, now, body)
    const arrival = { requestId: context.requestId, receivedAt: now, wallTime: now, senderAddress: 'sample' }
    const answer = await context.receive(incoming, source, arrival)
    if (answer.kind === 'refused') throw impossible(source, 'it was refused')
    context.stir.events()
    return { event, requestId: answer.receipt.requestId, eventIds: [...answer.receipt.eventIds] }
  },
})

interface Wish {
  event?: string | undefined
  set?: Record<string, unknown> | undefined
}

/** The request as the provider would make it, once it is sure that the source takes it: a failed one leaves no record. */
function sign(source: OpenSource, address: string, nowMs: number, wish: Wish): { event: string; incoming: Incoming } {
  const { definition, secrets, config } = source
  const sender = senders.find((each) => each.kind === definition.kind)
  if (!sender) throw impossible(source, 'there are no samples of its kind')
  if (sender.publicKey)
    throw impossible(source, `it has only the public key; the private one never leaves ${definition.title}`)
  if (wish.event !== undefined && !sender.events.includes(wish.event)) throw noSuchEvent(sender)
  const signing: Signing = { secret: secrets[0] ?? '', nowMs, id: idFor(sender.kind, randomUUID()), url: address }
  const sample = changed(sender, signing, wish)
  const { limits, title } = definition
  if (sample.body.length > limits.bodyBytes)
    throw new Problem(
      'TOO_LARGE',
      `a ${title} source takes ${limits.bodyBytes} bytes, and the sample has become larger`,
    )
  const incoming = incomingOf(sender, sample, signing, address)
  const verdict = definition.verify(incoming, { secrets, now: nowMs, config })
  if (verdict.kind === 'refused') throw impossible(source, `with its settings it refuses one: ${verdict.detail}`)
  return { event: sample.event, incoming }
}

function changed(sender: Sender, signing: Signing, { event, set = {} }: Wish): Sample {
  try {
    return sampleOf(sender, { ...signing, edits: editsOf(set), ...(event === undefined ? {} : { event }) })
  } catch (error) {
    if (!(error instanceof UnfitEdit)) throw error
    // It names a path, which the caller wrote.
    const message = maskText(error.message).slice(0, 200)
    throw new Problem('INVALID_INPUT', `/set: ${message}`, { errors: [{ at: '/set', message }] })
  }
}

function incomingOf(sender: Sender, sample: Sample, signing: Signing, address: string): Incoming {
  const { method, headers, body, query } = requestOf(sender, sample, signing)
  const search = query === '' ? '' : `?${query}`
  return {
    method,
    url: `${new URL(address).pathname}${search}`,
    address: `${address}${search}`,
    isAddressed: true,
    headers: new Headers(Object.entries(headers)),
    body: Buffer.from(body),
  }
}

function noSuchEvent({ title, events }: Sender): Problem {
  const message = `must be one of ${events.join(', ')}`
  return new Problem('INVALID_INPUT', `/event: ${title} has no such sample: ${message}`, {
    errors: [{ at: '/event', message }],
  })
}

function impossible({ id, definition }: OpenSource, why: string): Problem {
  return new Problem('SAMPLE_IMPOSSIBLE', `no ${definition.title} sample can be sent through source "${id}": ${why}`)
}

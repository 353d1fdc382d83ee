import { Problem } from '../base/errors.ts'
import { noJob } from '../jobs/keep-job.ts'
import { noEndpoint } from '../outbound/endpoint/endpoint.ts'
import { boundReads } from './bound-reads.ts'
import { checkNamed } from './customer.ts'
import type { Context, Input, Operation } from './operation.ts'

/** Refuses an operation that is not for keys of one customer: it is about the whole workspace. */
export function checkBound({ name, bound }: Operation, customer: string | null): void {
  if (customer !== null && bound === undefined)
    throw new Problem('KEY_BOUND', `${name} is not for a key that is bound to a customer: it is about all of them`)
}

/**
 * What an operation works with when its caller's key is bound to a customer: reads and streams that hold nothing of
 * anybody else's. A thing that the path names and that is changed without being read is looked for first; whose it is
 * never changes, so it is the customer's still when the command runs.
 */
export async function boundContext<Own extends Pick<Context, 'actor' | 'workspaceId' | 'reads' | 'streams'>>(
  context: Own,
  { bound }: Operation,
  input: Pick<Input<unknown, unknown, unknown>, 'params' | 'query' | 'body'>,
): Promise<Own> {
  const { customer } = context.actor
  if (customer === null) return context
  checkNamed(context.actor, namedIn(input.query) ?? namedIn(input.body))
  const reads = boundReads(customer, context.reads)
  const { id = '' } = (input.params ?? {}) as { id?: string }
  if (bound === 'endpoint' && !(await reads.endpoints.read(context.workspaceId, id))) throw noEndpoint(id)
  if (bound === 'delivery' && !(await reads.deliveries.read(context.workspaceId, id))) throw noDelivery(id)
  if (bound === 'job' && !(await reads.jobs.read(context.workspaceId, id))) throw noJob(id)
  return {
    ...context,
    reads,
    streams: {
      open: (stream) => context.streams.open({ ...stream, wanted: { ...stream.wanted, customer } }),
    },
  }
}

function namedIn(part: unknown): string | undefined {
  const { customer } = (typeof part === 'object' && part !== null ? part : {}) as { customer?: unknown }
  return typeof customer === 'string' ? customer : undefined
}

const noDelivery = (id: string): Problem => new Problem('NOT_FOUND', `there is no delivery "${id}"`)

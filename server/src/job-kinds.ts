import type { Core } from './core.ts'
import type { JobKind } from './jobs/step.ts'
import { erasingCustomers } from './retention/erase-customer.ts'

/** What a job has to tell the rest of its process. */
export interface JobNews {
  /** What waits to be sent to this endpoint is to be looked at again. */
  noteEndpoint(endpointId: string): void
}

/** Every kind of job, with what its steps need. */
export function jobKinds({ storage }: Core, { noteEndpoint }: JobNews): readonly JobKind[] {
  const noteEndpoints = (endpointIds: readonly string[]) => endpointIds.forEach(noteEndpoint)
  return [erasingCustomers({ reads: storage.reads.erasure, onEnded: noteEndpoints })]
}

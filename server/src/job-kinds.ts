import type { Core } from './core.ts'
import type { JobKind } from './jobs/step.ts'

/** Every kind of job, with what its steps need. */
export function jobKinds(_core: Core): readonly JobKind[] {
  return []
}

import type { Request } from '@trunkline/sdk'

/** A request with what its verdict means and, of a refused one, what was found out when it was opened. */
export interface ExplainedRequest extends Request {
  explanation?: { meaning: string; nextStep: string }
  findings?: { cause: string; detail: string }[]
  /** When it was accepted after it had been refused. */
  acceptedAt?: string | null
}

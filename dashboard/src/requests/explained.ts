import type { Request } from '@trunkline/sdk'

/** A request with what its verdict means and, of a refused one, what was found out when it was opened. */
export type ExplainedRequest = Request & {
  explanation?: { meaning: string; nextStep: string }
  findings?: readonly { cause: string; detail: string }[]
  /** When it was accepted after it had been refused. */
  acceptedAt?: string | null
}

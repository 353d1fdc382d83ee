import type { Delivery, Endpoint } from '@trunkline/sdk'
import { actionButton } from '../parts/action.ts'

/** Asks for another attempt; throws with the reason when it is refused. */
export type Retry = (delivery: Delivery) => Promise<void>

/** A button that asks for another attempt, with the reason beside it when that is refused. */
export function retryButton(delivery: Delivery, retry: Retry): HTMLElement {
  const label = delivery.status === 'success' ? 'Send again' : 'Retry'
  return actionButton({ label, name: `${label} ${delivery.eventType}`, run: () => retry(delivery) })
}

/** Nothing is left to send. */
const gone: readonly (string | null)[] = ['ERASED', 'EVENT_GONE']

/** A disabled endpoint gets nothing, however often it is asked for; and what was erased cannot be sent again. */
export function canRetry({ cause }: Pick<Delivery, 'cause'>, endpoint: Endpoint | undefined): boolean {
  return endpoint?.status !== 'disabled' && !gone.includes(cause)
}

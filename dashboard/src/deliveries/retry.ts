import type { Delivery, Endpoint } from '@trunkline/sdk'
import { element } from '../parts/element.ts'

/** Asks for another attempt; answers why not when it is refused. */
export type Retry = (delivery: Delivery) => Promise<string | undefined>

/** A button that asks for another attempt, with the reason beside it when that is refused. */
export function retryButton(delivery: Delivery, retry: Retry): HTMLElement {
  const label = delivery.status === 'success' ? 'Send again' : 'Retry'
  const fault = element('span', { class: 'failure', role: 'alert' })
  const button = element('button', { type: 'button', 'aria-label': `${label} ${delivery.eventType}` }, label)
  button.addEventListener('click', async () => {
    // While the question is under way it cannot be asked twice.
    button.disabled = true
    fault.textContent = (await retry(delivery)) ?? ''
    button.disabled = false
  })
  return element('span', { class: 'retry' }, button, fault)
}

/** A disabled endpoint gets nothing, however often it is asked for. */
export function canRetry(endpoint: Endpoint | undefined): boolean {
  return endpoint?.status !== 'disabled'
}

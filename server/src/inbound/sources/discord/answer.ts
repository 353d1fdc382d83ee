import { jsonOrNone } from '../../payload/json-or-none.ts'
import { type Answer, ownValue, type Readable } from '../../source.ts'
import { askingOf } from './asking.ts'

/**
 * What Discord wants to hear. A ping is answered in the way of its API, a webhook event with 204 and no body; an interaction
 * that heard anything but one of the known answers would be shown as failed to its user.
 * https://docs.discord.com/developers/interactions/receiving-and-responding#responding-to-an-interaction
 * https://docs.discord.com/developers/events/webhook-events#responding-to-events
 */
export function answer(request: Readable): Answer | undefined {
  const value = jsonOrNone(request)?.value
  switch (askingOf(value)) {
    case 'interaction-ping':
      return { contentType: 'application/json', body: '{"type":1}' }
    case 'webhook-ping':
    case 'webhook-event':
      // Discord refuses a 204 without a content type, although there is nothing in it.
      return { status: 204, contentType: 'application/json', body: '' }
    case 'interaction':
      return { contentType: 'application/json', body: later(ownValue(value, 'type')) }
    default:
      return undefined
  }
}

/** The answer that puts the real one off: whoever receives the delivery gives it, within fifteen minutes. */
function later(type: unknown): string {
  switch (type) {
    case 3:
      return '{"type":6}' // the message stays as it is
    case 4:
      return '{"type":8,"data":{"choices":[]}}' // choices cannot be put off
    default:
      return '{"type":5}' // its user sees that the app is thinking
  }
}

import { ownValue } from '../../source.ts'

/** What a request of Discord's asks for. Interactions and webhook events number their types apart from each other. */
export type Asking = 'interaction-ping' | 'webhook-ping' | 'webhook-event' | 'interaction' | undefined

/**
 * The types of interaction by their number, named as Discord does, without the ping.
 * https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-type
 */
export const interactionTypes: ReadonlyMap<number, string> = new Map([
  [2, 'application_command'],
  [3, 'message_component'],
  [4, 'application_command_autocomplete'],
  [5, 'modal_submit'],
])

/**
 * What a body asks for: 0 is a webhook's ping; 1 is a webhook's event if there is one inside, and an interaction's ping if
 * not; what comes after is an interaction.
 */
export function askingOf(value: unknown): Asking {
  const type = ownValue(value, 'type')
  if (type === 0) return 'webhook-ping'
  if (type === 1) return ownValue(value, 'event') === undefined ? 'interaction-ping' : 'webhook-event'
  return typeof type === 'number' && interactionTypes.has(type) ? 'interaction' : undefined
}

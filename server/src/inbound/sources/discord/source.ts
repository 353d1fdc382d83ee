import { z } from 'zod'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { dedupeKey, defineSource, eventType, ownText, ownValue, type ParsedEvent, subjectOf } from '../../source.ts'
import { answer } from './answer.ts'
import { askingOf, interactionTypes } from './asking.ts'
import { publicKeyFault, verify } from './proof.ts'

/** https://docs.discord.com/developers/interactions/overview and https://docs.discord.com/developers/events/webhook-events */
export default defineSource({
  kind: 'discord',
  title: 'Discord',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    toleranceSeconds: toleranceSeconds.default(300),
  }),
  checkSecret: publicKeyFault,
  verify,
  parse: ({ body, json }) => {
    const { text, value } = json()
    switch (askingOf(value)) {
      case 'interaction-ping':
      case 'webhook-ping':
        return []
      case 'webhook-event':
        return [webhookEvent(value, text, body)]
      default:
        return [interaction(value, text, body)]
    }
  },
  answer,
  eventTypes: [
    { type: 'discord.application_command', description: 'Somebody used one of the app’s commands.' },
    { type: 'discord.message_component', description: 'Somebody used a button or a menu.' },
    {
      type: 'discord.application_command_autocomplete',
      description: 'Somebody is typing a command’s option that the app completes.',
    },
    { type: 'discord.modal_submit', description: 'Somebody sent a modal off.' },
    { type: 'discord.application_authorized', description: 'The app was added to a server or an account.' },
    { type: 'discord.application_deauthorized', description: 'A user removed the app from their account.' },
    { type: 'discord.entitlement_create', description: 'Somebody bought or was given one of the app’s products.' },
    { type: 'discord.lobby_message_create', description: 'A message was written in a lobby.' },
    { type: 'discord.game_direct_message_create', description: 'A direct message was written during a game.' },
  ],
})

function interaction(value: unknown, data: string, body: Buffer): ParsedEvent {
  const type = ownValue(value, 'type')
  return {
    dedupeKey: dedupeKey(ownText(value, 'id'), body),
    type: eventType('discord', typeof type === 'number' ? interactionTypes.get(type) : undefined),
    subject: subjectOf(ownText(value, 'channel_id') ?? ownText(value, 'guild_id')),
    data,
  }
}

/** Webhook events have no id. The time to the microsecond is in the body, so the body's hash tells them apart. */
function webhookEvent(value: unknown, data: string, body: Buffer): ParsedEvent {
  const event = ownValue(value, 'event')
  return {
    dedupeKey: dedupeKey(undefined, body),
    type: eventType('discord', ownText(event, 'type')?.toLowerCase()),
    subject: subjectOf(whereOf(ownValue(event, 'data'))),
    data,
  }
}

// Where it happened, or to whom.
function whereOf(data: unknown): string | undefined {
  return (
    ownText(ownValue(data, 'guild'), 'id') ??
    ownText(data, 'guild_id') ??
    ownText(data, 'channel_id') ??
    ownText(ownValue(data, 'user'), 'id') ??
    ownText(data, 'user_id')
  )
}

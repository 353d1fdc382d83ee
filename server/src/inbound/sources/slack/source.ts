import { z } from 'zod'
import { formPayload } from '../../payload/form-payload.ts'
import { hmacTemplate } from '../../signature/hmac-template.ts'
import { secretFault } from '../../signature/secret.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { dedupeKey, defineSource, eventType, ownText, ownValue, type ParsedEvent, subjectOf } from '../../source.ts'
import { answer } from './answer.ts'
import { commandOf, isCertificateCheck, isForm } from './command.ts'

/** https://api.slack.com/docs/verifying-requests-from-slack */
const scheme = {
  header: 'x-slack-signature',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: 'v0=',
  signed: 'v0:{timestamp}:{body}',
  timestampHeader: 'x-slack-request-timestamp',
  timestampUnit: 'seconds',
} as const

/** https://api.slack.com/apis/http and https://api.slack.com/interactivity/handling */
export default defineSource({
  kind: 'slack',
  title: 'Slack',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    toleranceSeconds: toleranceSeconds.default(300),
  }),
  checkSecret,
  // Slack's SDK for Node forgives any time in the future; this does not.
  verify: (request, proof) => hmacTemplate({ ...scheme, ...proof.config })(request, proof),
  // https://api.slack.com/robots
  usual: { userAgent: 'Slackbot', contentTypes: ['application/json', 'application/x-www-form-urlencoded'] },
  parse: ({ body, json }) => {
    const payload = formPayload(body)
    if (payload) {
      const { text, value } = json(payload)
      return [interactionOf(value, text, body)]
    }
    if (isForm(body)) return isCertificateCheck(body) ? [] : [commandOf(body)]
    const { text, value } = json()
    return ownText(value, 'type') === 'url_verification' ? [] : [eventOf(value, text, body)]
  },
  answer,
  eventTypes: [
    { type: 'slack.app_mention', description: 'Somebody mentioned the app in a channel.' },
    { type: 'slack.message', description: 'A message was posted, changed or deleted where the app can read.' },
    { type: 'slack.reaction_added', description: 'Somebody reacted to a message.' },
    { type: 'slack.member_joined_channel', description: 'Somebody joined a channel.' },
    { type: 'slack.channel_created', description: 'A channel was created.' },
    { type: 'slack.team_join', description: 'Somebody joined the workspace.' },
    { type: 'slack.app_home_opened', description: 'Somebody opened the app’s home.' },
    { type: 'slack.app_uninstalled', description: 'The app was removed from a workspace.' },
    { type: 'slack.app_rate_limited', description: 'Slack holds events back, because there were too many.' },
    { type: 'slack.command', description: 'Somebody used a slash command; the data is none, the body is a form.' },
    { type: 'slack.interaction', description: 'Somebody used a button, a menu, a shortcut or a modal.' },
  ],
})

function checkSecret(secret: string): string | undefined {
  if (/^xox[a-z]-|^xapp-/.test(secret)) {
    return 'the secret is a token; the signing secret stands on the app’s page Basic Information, under App Credentials'
  }
  return secretFault(secret, 16)
}

function eventOf(value: unknown, data: string, body: Buffer): ParsedEvent {
  const event = ownValue(value, 'event')
  return {
    dedupeKey: dedupeKey(ownText(value, 'event_id'), body),
    // What is no event callback, such as app_rate_limited, has its type outside.
    type: eventType('slack', ownText(event, 'type') ?? ownText(value, 'type')),
    subject: subjectOf(channelOf(event) ?? ownText(value, 'team_id')),
    data,
  }
}

function interactionOf(value: unknown, data: string, body: Buffer): ParsedEvent {
  const idOf = (name: string) => ownText(ownValue(value, name), 'id')
  return {
    // Slack repeats no interaction and gives it no id; its trigger makes each body another.
    dedupeKey: dedupeKey(undefined, body),
    type: 'slack.interaction',
    subject: subjectOf(idOf('channel') ?? idOf('team')),
    data,
  }
}

// Most events name the channel, some hold it whole, and a reaction names the one of the message that it is for.
function channelOf(event: unknown): string | undefined {
  return (
    ownText(event, 'channel') ??
    ownText(ownValue(event, 'channel'), 'id') ??
    ownText(ownValue(event, 'item'), 'channel')
  )
}

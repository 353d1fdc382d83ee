import { createHmac } from 'node:crypto'
import { byteSamples, formBytes, jsonBytes, type Sender } from './sender.ts'

/**
 * Slack signs `v0:<seconds>:<body>`. Events are JSON; commands and interactions are forms, an interaction's JSON being the
 * field `payload` of one.
 * https://api.slack.com/docs/verifying-requests-from-slack
 */
export const slack: Sender = {
  kind: 'slack',
  title: 'Slack',
  greetings: ['url_verification'],
  ...byteSamples('Slack', {
    app_mention: ({ id, nowMs }) =>
      jsonBytes(
        callback(id, nowMs, {
          type: 'app_mention',
          user: 'U0MARTA',
          text: '<@U0PEARBOT> how are the pears?',
          channel: 'C0GARDEN',
        }),
      ),
    message: ({ id, nowMs }) =>
      jsonBytes(
        callback(id, nowMs, {
          type: 'message',
          channel_type: 'im',
          user: 'U0MARTA',
          text: 'Water the seedlings twice a day',
          channel: 'D0MARTA',
        }),
      ),
    reaction_added: ({ id, nowMs }) =>
      jsonBytes(
        callback(id, nowMs, {
          type: 'reaction_added',
          user: 'U0MARTA',
          reaction: 'pear',
          item_user: 'U0JONAS',
          item: { type: 'message', channel: 'C0GARDEN', ts: timeOf(nowMs) },
        }),
      ),
    command: ({ id }) => formBytes(command(id)),
    interaction: ({ id, nowMs }) => formBytes({ payload: JSON.stringify(interaction(id, nowMs)) }),
    url_verification: ({ id }) => jsonBytes({ token: 'sample', challenge: id, type: 'url_verification' }),
  }),
  sign: ({ body, secret, nowMs }) => {
    const seconds = Math.floor(nowMs / 1000)
    const signature = createHmac('sha256', secret).update(`v0:${seconds}:`).update(body).digest('hex')
    return {
      'content-type': body[0] === brace ? 'application/json' : 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': `v0=${signature}`,
    }
  },
}

const brace = 0x7b

function callback(id: string, nowMs: number, event: Record<string, unknown>): unknown {
  return {
    token: 'sample',
    team_id: 'T0ORCHARD',
    api_app_id: 'A0PEARS',
    event: { ...event, ts: timeOf(nowMs), event_ts: timeOf(nowMs) },
    type: 'event_callback',
    event_id: id,
    event_time: Math.floor(nowMs / 1000),
    is_ext_shared_channel: false,
  }
}

function command(id: string): Record<string, string> {
  return {
    token: 'sample',
    team_id: 'T0ORCHARD',
    team_domain: 'orchard',
    channel_id: 'C0GARDEN',
    channel_name: 'garden',
    user_id: 'U0MARTA',
    user_name: 'marta-k',
    command: '/weather',
    text: 'Görlitz',
    api_app_id: 'A0PEARS',
    response_url: 'https://slack.example/commands/T0ORCHARD/1/sample',
    trigger_id: id,
  }
}

function interaction(id: string, nowMs: number): unknown {
  return {
    type: 'block_actions',
    team: { id: 'T0ORCHARD', domain: 'orchard' },
    user: { id: 'U0MARTA', username: 'marta-k' },
    channel: { id: 'C0GARDEN', name: 'garden' },
    trigger_id: id,
    response_url: 'https://slack.example/actions/T0ORCHARD/1/sample',
    actions: [{ action_id: 'water', type: 'button', value: 'bed-7', action_ts: timeOf(nowMs) }],
  }
}

/** As Slack numbers messages: seconds, and six digits to tell those of one second apart. */
function timeOf(nowMs: number): string {
  return `${Math.floor(nowMs / 1000)}.000200`
}

import { jsonOrNone } from '../../payload/json-or-none.ts'
import { type Answer, ownText, ownValue, type Readable } from '../../source.ts'
import { isForm } from './command.ts'

/** A question for the URL is small; a larger body is an event, and need not be read a second time. */
const largestQuestionBytes = 4096

/**
 * What Slack wants to hear beside a 2xx: the challenge when it asks whose the URL is, and nothing at all to a command or
 * an interaction, whose user would otherwise be shown what we say.
 * https://api.slack.com/events/url_verification
 */
export function answer(request: Readable): Answer | undefined {
  if (isForm(request.body)) return plain('')
  if (request.body.length > largestQuestionBytes) return undefined
  const value = jsonOrNone(request)?.value
  const challenge = ownText(value, 'challenge')
  return ownValue(value, 'type') === 'url_verification' && challenge !== undefined ? plain(challenge) : undefined
}

function plain(body: string): Answer {
  return { contentType: 'text/plain; charset=utf-8', body, headers: { 'x-content-type-options': 'nosniff' } }
}

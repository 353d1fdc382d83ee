import type { Attempt, DeliveryWithAttempts } from '@trunkline/sdk'
import { apiOptions, withApi } from './api.ts'
import { command } from './command.ts'
import { jsonText, moment, printable, printableLines, words } from './text.ts'

/** Shows one delivery and every attempt at it. */
export const delivery = command({
  name: 'delivery',
  operands: ['<id>'],
  summary: 'show a delivery with every attempt: what was answered, and why it failed',
  options: apiOptions,
  run: (values, [id = ''], terminal) =>
    withApi(values, terminal, async (api) => {
      const found = await api.deliveries.read(id)
      if (values.json) return terminal.say(jsonText(found))
      for (const line of [...summary(found), ...found.history.flatMap(attemptLines)]) terminal.say(line)
    }),
})

function summary(each: DeliveryWithAttempts): string[] {
  const facts: [string, string | null][] = [
    ['delivery', each.id],
    ['event', `${each.eventType}  ${each.eventId}`],
    ['endpoint', each.endpointId],
    ['status', each.cause === null ? each.status : `${each.status}: ${words(each.cause)}`],
    ['created', moment(each.createdAt)],
    ['next attempt', each.nextAttemptAt && moment(each.nextAttemptAt)],
    ['ended', each.endedAt && moment(each.endedAt)],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(14)}${printable(value)}`]))
}

function attemptLines(attempt: Attempt): string[] {
  const answered = attempt.status === null ? 'no answer' : String(attempt.status)
  const body = attempt.responseBody === '' ? [] : printableLines(attempt.responseBody)
  return [
    '',
    `attempt ${attempt.number}  ${moment(attempt.startedAt)}  ${answered}  ${Math.round(attempt.timing.totalMs)} ms`,
    ...[attempt.explanation, attempt.detail, attempt.advice].flatMap((text) =>
      text === null ? [] : [`  ${printable(text)}`],
    ),
    ...body.map((line) => `  | ${line}`),
    ...(attempt.isTruncated ? ['  | … the rest was not kept'] : []),
  ]
}

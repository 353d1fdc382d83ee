import type { Delivery } from '@trunkline/sdk'
import { apiOptions, withApi } from './api.ts'
import { command } from './command.ts'
import { lookedTo, lookFor } from './looked.ts'
import { Misuse, wholeNumber } from './options.ts'
import { jsonText, moment, printable, table, words } from './text.ts'

const statuses = ['pending', 'waiting', 'sending', 'retrying', 'success', 'failed', 'unfinished'] as const

/** Lists deliveries, newest first. */
export const deliveries = command({
  name: 'deliveries',
  summary: 'list deliveries, newest first, with the cause of each failure',
  options: {
    endpoint: { value: '<id>', help: 'only those to this endpoint' },
    status: { value: '<status>', help: `only those that are ${statuses.join(', ')}` },
    limit: { value: '<n>', help: 'how many at most, 1 to 100; 20 when left out' },
    cursor: { value: '<cursor>', help: 'the next page, as the page before names it' },
    ...apiOptions,
  },
  async run(values, _, terminal) {
    const status = statuses.find((each) => each === values.status)
    if (values.status !== undefined && status === undefined)
      throw new Misuse(`--status must be one of ${statuses.join(', ')}`)
    const query = {
      limit: wholeNumber(values.limit, '--limit', 20, 1, 100),
      ...(values.endpoint === undefined ? {} : { endpoint: values.endpoint }),
      ...(status === undefined ? {} : { status }),
      ...(values.cursor === undefined ? {} : { cursor: values.cursor }),
    }
    return withApi(values, terminal, async (api) => {
      const page = await lookFor(api.deliveries.list, query)
      if (values.json) return terminal.say(jsonText(page))
      if (page.data.length > 0) for (const line of table(head, page.data.map(row))) terminal.say(line)
      else if (page.nextCursor === null) terminal.say('There are no such deliveries.')
      if (page.nextCursor !== null) terminal.say(lookedTo(page))
    })
  },
})

const head = ['CREATED', 'ID', 'TYPE', 'ENDPOINT', 'STATUS', 'ATTEMPTS', 'NEXT ATTEMPT', 'CAUSE']

function row(each: Delivery): string[] {
  const next = moment(each.nextAttemptAt)
  return [
    moment(each.createdAt),
    each.id,
    each.eventType,
    each.endpointId,
    each.status,
    String(each.attempts),
    next === '' ? '-' : next,
    words(each.cause),
  ].map(printable)
}

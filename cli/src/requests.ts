import type { Client, RequestHead, RequestQuery, RequestVerdict } from '@trunkline/sdk'
import { apiOptions, withApi } from './api.ts'
import { command, type Terminal } from './command.ts'
import { lookedTo, lookFor } from './looked.ts'
import { Misuse, type Values, wholeNumber } from './options.ts'
import { showBody, showCurl, showRequest } from './request.ts'
import { jsonText, moment, printable, size, table, words } from './text.ts'

const verdicts: readonly RequestVerdict[] = ['verified', 'unsigned', 'duplicate', 'quarantined']

const options = {
  source: { value: '<id>', help: 'only those of this source' },
  verdict: { value: '<verdict>', isRepeated: true, help: `only those that are ${verdicts.join(', ')}; repeatable` },
  cause: { value: '<cause>', help: 'only those with this cause, such as STALE' },
  sender: { value: '<address>', help: 'only those from this address' },
  text: { value: '<text>', help: 'only those with this text in the URL, the headers or the body, to the letter' },
  from: { value: '<time>', help: 'only those from this time on: ISO 8601 with a zone, or milliseconds' },
  to: { value: '<time>', help: 'only those before this time' },
  limit: { value: '<n>', help: 'how many at most, 1 to 100; 20 when left out' },
  cursor: { value: '<cursor>', help: 'the next page, as the page before names it' },
  body: { help: 'with show: the body alone, byte for byte unless it goes to a terminal' },
  curl: { help: 'with show: a curl command that sends the request again' },
  ...apiOptions,
} as const

type Given = Values<typeof options>

/** Lists what came in, or shows one request. */
export const requests = command({
  name: 'requests',
  operands: ['[show]', '[<id>]'],
  summary: 'list the requests that came in, or show one: was it genuine, and what became of it',
  notes: [
    'trunkline requests --verdict quarantined         what was refused, and why',
    'trunkline requests show req_01j…                 one of them, whole',
    'trunkline requests show req_01j… --body > body   its body',
    'trunkline requests show req_01j… --curl | sh     sends it again, once what is masked is set',
  ].join('\n'),
  options,
  run(values, [verb, id], terminal) {
    if (verb === undefined) {
      if (values.body || values.curl) throw new Misuse(`--${values.body ? 'body' : 'curl'} belongs to "show <id>"`)
      const query = queryOf(values)
      return withApi(values, terminal, (api) => list(api, query, values, terminal))
    }
    if (verb !== 'show') throw new Misuse('the only word it takes is "show", with the id of a request behind it')
    if (id === undefined) throw new Misuse('the id of a request is missing: show <id>')
    return withApi(values, terminal, (api) => {
      if (values.body) return showBody(api, id, terminal)
      return values.curl ? showCurl(api, id, terminal) : showRequest(api, id, values.json === true, terminal)
    })
  },
})

function queryOf(values: Given): RequestQuery {
  const { source, sender, text, from, to, cursor } = values
  const verdict = (values.verdict ?? []).map((given) => {
    const known = verdicts.find((each) => each === given)
    if (known === undefined) throw new Misuse(`--verdict must be one of ${verdicts.join(', ')}`)
    return known
  })
  // As the list shows it, or as the API calls it.
  const cause = values.cause?.trim().toUpperCase().replaceAll(/[ -]/g, '_')
  const filters = { source, cause, sender, text, from, to, cursor, verdict: verdict.length > 0 ? verdict : undefined }
  const given = Object.entries(filters).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(given), limit: wholeNumber(values.limit, '--limit', 20, 1, 100) }
}

async function list(api: Client, query: RequestQuery, { json }: Given, terminal: Terminal): Promise<void> {
  const page = await lookFor(api.requests.list, query)
  if (json) return terminal.say(jsonText(page))
  if (page.data.length > 0) for (const line of table(head, page.data.map(row))) terminal.say(line)
  else if (page.nextCursor === null) terminal.say('There are no such requests.')
  if (page.nextCursor !== null) terminal.say(lookedTo(page))
}

const head = ['RECEIVED', 'ID', 'SOURCE', 'SENDER', 'VERDICT', 'CAUSE', 'SIZE', 'EVENTS']

function row(each: RequestHead): string[] {
  return [
    moment(each.receivedAt),
    each.id,
    each.sourceId,
    each.senderAddress,
    each.verdict,
    words(each.cause),
    size(each.bodyBytes),
    String(each.eventCount),
  ].map(printable)
}

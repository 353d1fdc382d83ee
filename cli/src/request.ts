import type { Client, MadeEvent, Request } from '@trunkline/sdk'
import type { Terminal } from './command.ts'
import { jsonText, moment, printable, printableLines, size, words } from './text.ts'

/** So much of a body is printed among the rest; `--body` prints it whole. */
const mostLines = 20
const longestLine = 500

/** Prints one request: what was sent, what was made of it, and what became of that. */
export async function showRequest(api: Client, id: string, asJson: boolean, terminal: Terminal): Promise<void> {
  const request = await api.requests.read(id)
  if (asJson) return terminal.say(jsonText(request))
  const lines = [...summary(request), ...stageLines(request), ...eventLines(request), ...sentLines(request)]
  for (const line of lines) terminal.say(line)
}

/** Prints a body: its bytes, or on a terminal only what does nothing to it. */
export async function showBody(api: Client, id: string, terminal: Terminal): Promise<void> {
  const bytes = await api.requests.body(id)
  if (!terminal.isScreen) return terminal.write(bytes)
  for (const line of printableLines(new TextDecoder().decode(bytes))) terminal.say(line)
}

/** Prints a request as a command. */
export async function showCurl(api: Client, id: string, terminal: Terminal): Promise<void> {
  const text = await api.requests.curl(id)
  for (const line of printableLines(text.trimEnd())) terminal.say(line)
}

function summary(each: Request): string[] {
  const { cause, detail, repeatOf, repeats, notes, acceptedAt, erasedAt } = each
  const facts: [string, string | null][] = [
    ['request', each.id],
    ['source', each.sourceId],
    ['received', `${moment(each.receivedAt)}  from ${each.senderAddress}`],
    ['sent', `${each.method} ${each.url}`],
    ['verdict', cause === null ? each.verdict : `${each.verdict}: ${words(cause)}`],
    ['', detail],
    ['accepted', acceptedAt && `${moment(acceptedAt)}  after it had been refused`],
    ['next step', each.verdict === 'verified' && cause === null ? null : each.explanation.nextStep],
    ['repeats', repeatOf],
    ['came again', repeats === null || repeats.count === 0 ? null : cameAgain(repeats)],
    ['body', `${size(each.bodyBytes)}, ${each.contentType ?? 'no content type'}`],
    ['removed', erasedAt && `${moment(erasedAt)}  what is empty below was removed, by its age or on demand`],
    ...notes.map(({ text }): [string, string] => ['note', text]),
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(14)}${printable(value)}`]))
}

function cameAgain({ count, firstAt, lastAt }: NonNullable<Request['repeats']>): string {
  const [first, last] = [moment(firstAt), moment(lastAt)]
  const when = first === '' || first === last ? last : `${first} to ${last}`
  return `${count} ${count === 1 ? 'time' : 'times'}: ${when}`
}

const stageNames: Readonly<Record<Request['stages'][number]['stage'], string>> = {
  received: 'received',
  read: 'body read',
  proven: 'proof judged',
  parsed: 'parsed',
  fannedOut: 'fanned out',
  firstAttempt: 'first attempt',
  firstSuccess: 'first success',
}

function stageLines({ stages }: Request): string[] {
  const width = Math.max(...stages.map(({ stage }) => stageNames[stage].length))
  return ['', ...stages.map(({ stage, afterMs }) => `${stageNames[stage].padEnd(width)}  ${duration(afterMs)}`)]
}

/** Such as `1.5 ms`, `12 s`: as exact as anybody asks. */
function duration(ms: number): string {
  if (ms < 100) return `${Number(ms.toFixed(1))} ms`
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`
}

function eventLines({ events, eventCount }: Request): string[] {
  if (eventCount === 0) return ['', 'It made no event.']
  const rest = eventCount - events.length
  return [
    '',
    ...events.map((event) => printable(`${event.type}  ${event.id}  ${event.subject ?? '-'}  ${whereabouts(event)}`)),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ]
}

/** What became of an event. */
function whereabouts({ isFannedOut, deliveries }: MadeEvent): string {
  const counts = Object.entries(deliveries).filter(([, count]) => count > 0)
  if (counts.length > 0) return counts.map(([status, count]) => `${count} ${status}`).join(', ')
  return isFannedOut ? 'no endpoint asked for it' : 'not fanned out yet'
}

function sentLines({ headers, body, bodyBytes, erasedAt }: Request): string[] {
  return [
    '',
    ...headers.map(([name, value]) => printable(`${name}: ${value}`)),
    '',
    ...(body === null ? [whyNoBody(bodyBytes, erasedAt)] : bodyLines(body)),
  ]
}

function whyNoBody(bytes: number, erasedAt: string | null): string {
  if (bytes === 0) return 'It had no body.'
  return erasedAt === null ? 'Its body was not kept.' : 'Its body was removed.'
}

function bodyLines({ text, isTruncated }: NonNullable<Request['body']>): string[] {
  if (text === undefined) return ['The body is no text; --body prints its bytes.']
  const all = printableLines(text)
  const shown = all
    .slice(0, mostLines)
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line))
  const isCut = isTruncated || all.length > mostLines || all.some((line) => line.length > longestLine)
  return [...shown, ...(isCut ? ['… --body prints it whole'] : [])]
}

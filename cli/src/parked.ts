import type { Client, ParkedEvent, ParkedEventWithEvent, ParkedState, RerunOutcome } from '@trunkline/sdk'
import { apiOptions, withApi } from './api.ts'
import { command, type Terminal } from './command.ts'
import { Misuse, type Values, wholeNumber } from './options.ts'
import { jsonText, moment, printable, table, words } from './text.ts'

const states: readonly ParkedState[] = ['retrying', 'waiting', 'parked', 'handled', 'dismissed']

const options = {
  follower: { value: '<name>', help: 'only those of this follower, such as fan-out or accounts' },
  state: { value: '<state>', help: `only those that are ${states.join(', ')}` },
  type: { value: '<type>', help: 'only events of this type, or "prefix.*"' },
  subject: { value: '<subject>', help: 'only events about this' },
  all: { help: 'with rerun: all that fit, in place of one' },
  'dry-run': { help: 'with rerun: show what would change, and change nothing' },
  limit: { value: '<n>', help: 'how many at most, 1 to 100; 20 when left out' },
  cursor: { value: '<cursor>', help: 'the next page, as the page before names it' },
  ...apiOptions,
} as const

type Given = Values<typeof options>

/** Lists, shows and runs again the events that could not be handled. */
export const parked = command({
  name: 'parked',
  operands: ['[list|show|rerun|dismiss]', '[<id>]'],
  summary: 'list events that could not be handled, show one, or have them handled again',
  notes: [
    'trunkline parked                           lists them, newest first',
    'trunkline parked show <id>                 says why, how often it was tried, and how many wait',
    'trunkline parked rerun <id> --dry-run      shows what would change',
    'trunkline parked rerun --all --type "a.*"  has all of a type handled again',
    'trunkline parked dismiss <id>              it is not to be handled',
  ].join('\n'),
  options,
  async run(values, [deed = 'list', id], terminal) {
    const run = Object.hasOwn(deeds, deed) ? deeds[deed as keyof typeof deeds] : undefined
    if (!run) throw new Misuse(`"parked" is followed by ${Object.keys(deeds).join(', ')} or nothing`)
    const needsId = deed !== 'list' && !values.all
    if (needsId && id === undefined) throw new Misuse(`<id> is missing: trunkline parked ${deed} <id>`)
    if (!needsId && id !== undefined) throw new Misuse(`"parked ${deed}" takes no id here`)
    const filter = filterOf(values)
    const limit = wholeNumber(values.limit, '--limit', 20, 1, 100)
    return withApi(values, terminal, (api) => run({ api, values, id: id ?? '', filter, limit, terminal }))
  },
})

interface Call {
  api: Client
  values: Given
  id: string
  filter: ReturnType<typeof filterOf>
  limit: number
  terminal: Terminal
}

const deeds = { list, show, rerun, dismiss }

function filterOf(values: Given) {
  const state = states.find((each) => each === values.state)
  if (values.state !== undefined && state === undefined) throw new Misuse(`--state must be one of ${states.join(', ')}`)
  return {
    ...(values.follower === undefined ? {} : { follower: values.follower }),
    ...(state === undefined ? {} : { state }),
    ...(values.type === undefined ? {} : { type: values.type }),
    ...(values.subject === undefined ? {} : { subject: values.subject }),
  }
}

async function list({ api, values, filter, limit, terminal: { say } }: Call): Promise<void> {
  const page = await api.parkedEvents.list({ limit, ...filter, ...cursorOf(values) })
  if (values.json) return say(jsonText(page))
  if (page.data.length === 0) return say('There are no such events.')
  for (const line of table(head, page.data.map(row))) say(line)
  if (page.nextCursor !== null) say(`There are more: add --cursor ${page.nextCursor}`)
}

const cursorOf = ({ cursor }: Given) => (cursor === undefined ? {} : { cursor })

const head = ['SINCE', 'ID', 'TYPE', 'STATE', 'ATTEMPTS', 'NEXT ATTEMPT', 'CAUSE']

function row(each: ParkedEvent): string[] {
  const next = moment(each.nextAttemptAt)
  return [
    moment(each.createdAt),
    each.id,
    each.eventType ?? '-',
    each.state,
    String(each.attempts),
    next === '' ? '-' : next,
    words(each.cause),
  ].map(printable)
}

async function show({ api, values, id, terminal: { say } }: Call): Promise<void> {
  const found = await api.parkedEvents.read(id)
  if (values.json) return say(jsonText(found))
  for (const line of summary(found)) say(line)
}

function summary(each: ParkedEventWithEvent): string[] {
  const facts: [string, string | null][] = [
    ['parked', each.id],
    ['event', `${each.eventType ?? ''}  ${each.eventId}`],
    ['subject', each.subject],
    ['state', each.state],
    ['cause', each.explanation],
    ['error', each.error],
    ['attempts', String(each.attempts)],
    ['waiting', each.waiting === 0 ? null : `${each.waiting} later events of its subject`],
    ['left out', each.afterGap === null ? null : `an earlier event of its subject, at ${each.afterGap}`],
    ['since', moment(each.createdAt)],
    ['next attempt', each.nextAttemptAt && moment(each.nextAttemptAt)],
    ['ended', each.endedAt && moment(each.endedAt)],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(14)}${printable(value)}`]))
}

async function rerun({ api, values, id, filter, limit, terminal: { say } }: Call): Promise<void> {
  const dryRun = values['dry-run'] ?? false
  if (!values.all) {
    const outcome = await api.parkedEvents.rerun(id, { dryRun })
    if (values.json) return say(jsonText(outcome))
    for (const line of outcomeLines(outcome, dryRun)) say(line)
    return
  }
  const more = { dryRun, ...(values.limit === undefined ? {} : { limit }), ...cursorOf(values) }
  const outcomes = await api.parkedEvents.rerunMany(filter, more)
  if (values.json) return say(jsonText(outcomes))
  for (const line of outcomes.data.flatMap((each) => outcomeLines(each, dryRun))) say(line)
  const { handled, failed } = outcomes
  say(dryRun ? `${handled} would be handled, ${failed} would fail` : `${handled} handled, ${failed} failed`)
  if (outcomes.nextCursor !== null) say(`There are more: add --cursor ${outcomes.nextCursor}`)
}

const wouldBe: Partial<Record<RerunOutcome['outcome'], string>> = { handled: 'would be handled', failed: 'would fail' }

function outcomeLines({ id, outcome, error, changes }: RerunOutcome, isDry: boolean): string[] {
  const verb = (isDry ? wouldBe[outcome] : undefined) ?? outcome
  return [`${id}  ${verb}${error === null ? '' : `: ${error}`}`, ...changes.map((each) => `  ${changeOf(each)}`)].map(
    printable,
  )
}

function changeOf({ kind, ...change }: RerunOutcome['changes'][number]): string {
  const { endpointId, type, id, before } = change
  if (kind === 'delivery') return `delivery to ${endpointId}`
  if (kind === 'event') return `event ${type}`
  return `${kind} ${id} ${before === null ? 'made' : 'changed'}`
}

async function dismiss({ api, values, id, terminal: { say } }: Call): Promise<void> {
  const dismissed = await api.parkedEvents.dismiss(id)
  say(values.json ? jsonText(dismissed) : printable(`${dismissed.id}  ${dismissed.state}`))
}

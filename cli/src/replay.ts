import type { Client, Job, ReplayFilter, ReplayPlan } from '@trunkline/sdk'
import { apiOptions, withApi } from './api.ts'
import { command, type Terminal } from './command.ts'
import { Misuse, type Values, wholeNumber } from './options.ts'
import { jsonText, moment, printable, table, words } from './text.ts'

const statuses = ['failed', 'success', 'pending'] as const

const options = {
  endpoint: { value: '<id>', help: 'only deliveries of this endpoint' },
  type: { value: '<type>', help: 'only events of this type, or "prefix.*"' },
  status: { value: '<status>', isRepeated: true, help: `${statuses.join(', ')}; failed when left out` },
  cause: { value: '<cause>', help: 'only those with this cause, such as CONNECT_REFUSED' },
  customer: { value: '<name>', help: 'only those of this customer' },
  'order-key': { value: '<key>', help: 'only events with this order key' },
  where: { value: '<json>', help: 'only events that fit this filter expression, as JSON' },
  from: { value: '<time>', help: 'made since then: ISO 8601 with a zone, or milliseconds' },
  to: { value: '<time>', help: 'made before then' },
  missed: { help: 'with --endpoint: also the events that it would get today and has no delivery of' },
  run: { help: 'send them again, as a job; without it nothing is changed' },
  'per-second': { value: '<n>', help: 'with --run: at most so many become due in a second' },
  ...apiOptions,
} as const

type Given = Values<typeof options>

/** Says what would be sent again, or sends it again. */
export const replay = command({
  name: 'replay',
  operands: [],
  summary: 'send deliveries again: show how many and the first ten, or run it as a job',
  notes: [
    'trunkline replay                                      how many have failed, and the first ten',
    'trunkline replay --endpoint ep_01… --missed --from 2026-01-31T09:00:00Z',
    '                                                      what an endpoint has missed since then',
    'trunkline replay --endpoint ep_01… --run --per-second 100',
    '                                                      sends it; "trunkline jobs" shows, pauses and cancels it',
  ].join('\n'),
  options,
  async run(values, _, terminal) {
    const filter = filterOf(values)
    const perSecond = values['per-second']
    if (perSecond !== undefined && !values.run) throw new Misuse('--per-second belongs to --run')
    const rate = perSecond === undefined ? {} : { perSecond: wholeNumber(perSecond, '--per-second', 1, 1, 100_000) }
    return withApi(values, terminal, async (api) => {
      if (values.run) await start(api, filter, rate, values.json === true, terminal)
      else await plan(api, filter, values.json === true, terminal)
    })
  },
})

function filterOf(values: Given): ReplayFilter {
  const status = (values.status ?? []).map((given) => {
    const known = statuses.find((each) => each === given)
    if (known === undefined) throw new Misuse(`--status must be one of ${statuses.join(', ')}`)
    return known
  })
  if (values.missed && values.endpoint === undefined) throw new Misuse('--missed needs --endpoint')
  const { endpoint: endpointId, type, customer, 'order-key': orderKey, from, to } = values
  // As the lists show it, or as the API calls it.
  const cause = values.cause?.trim().toUpperCase().replaceAll(/[ -]/g, '_')
  const given = Object.entries({ endpointId, type, cause, customer, orderKey, from, to })
  return {
    ...(values.where === undefined ? {} : { where: expressionOf(values.where) }),
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    ...(status.length === 0 ? {} : { status }),
    ...(values.missed ? { include: ['missed' as const] } : {}),
  }
}

function expressionOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    throw new Misuse('--where must be JSON, such as \'{"data.amount": {"$gte": 100}}\'')
  }
}

async function start(
  api: Client,
  filter: ReplayFilter,
  rate: { perSecond?: number },
  isJson: boolean,
  { say }: Terminal,
): Promise<void> {
  const job: Job = await api.replays.start(filter, rate)
  if (isJson) return say(jsonText(job))
  say(printable(`${job.id} sends ${job.isAtLeast ? 'over ' : ''}${job.count ?? 0} again.`))
  say(printable(`trunkline jobs show ${job.id}`))
}

async function plan(api: Client, filter: ReplayFilter, isJson: boolean, { say }: Terminal): Promise<void> {
  const found = await api.replays.plan(filter)
  if (isJson) return say(jsonText(found))
  const { count, isAtLeast, missed, sample } = found
  say(
    `${isAtLeast ? 'Over ' : ''}${count} would be sent again${missed > 0 ? `, ${missed} of them for the first time` : ''}.`,
  )
  if (sample.length === 0) return
  for (const line of table(head, sample.map(row))) say(line)
  say('To do it: the same with --run.')
}

const head = ['AT', 'DELIVERY', 'ENDPOINT', 'TYPE', 'STATUS', 'CAUSE', 'ATTEMPTS']

function row(each: ReplayPlan['sample'][number]): string[] {
  return [
    moment(each.at),
    each.deliveryId ?? '-',
    each.endpointId,
    each.eventType,
    each.status ?? 'missed',
    words(each.cause),
    String(each.attempts),
  ].map(printable)
}

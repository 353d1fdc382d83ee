import type { Client, Job, JobStatus } from '@trunkline/sdk'
import { apiOptions, withApi } from './api.ts'
import { command, type Terminal } from './command.ts'
import { Misuse, wholeNumber } from './options.ts'
import { jsonText, moment, printable, table } from './text.ts'

const statuses: readonly JobStatus[] = ['running', 'paused', 'failed', 'cancelled', 'done']
const actions = ['show', 'pause', 'resume', 'cancel'] as const

/** Lists jobs, shows one, or pauses, resumes or cancels it. */
export const jobs = command({
  name: 'jobs',
  operands: ['[show|pause|resume|cancel]', '[<id>]'],
  summary: 'list jobs, newest first; show, pause, resume or cancel one',
  notes: 'Examples:\n  trunkline jobs --status running\n  trunkline jobs show job_01…\n  trunkline jobs pause job_01…',
  options: {
    kind: { value: '<kind>', help: 'only those that do this, such as reprocess' },
    status: { value: '<status>', help: `only those that are ${statuses.join(', ')}` },
    limit: { value: '<n>', help: 'how many at most, 1 to 100; 20 when left out' },
    cursor: { value: '<cursor>', help: 'the next page, as the page before names it' },
    ...apiOptions,
  },
  async run(values, [action, id], terminal) {
    if (action !== undefined) {
      const known = actions.find((each) => each === action)
      if (!known) throw new Misuse(`"${action}" must be one of ${actions.join(', ')}`)
      if (id === undefined) throw new Misuse(`${known} needs the id of a job`)
      return withApi(values, terminal, async (api) => {
        const job = await (known === 'show' ? api.jobs.read(id) : api.jobs[known](id))
        if (values.json) return terminal.say(jsonText(job))
        for (const line of summary(job)) terminal.say(line)
      })
    }
    const status = statuses.find((each) => each === values.status)
    if (values.status !== undefined && status === undefined)
      throw new Misuse(`--status must be one of ${statuses.join(', ')}`)
    const query = {
      limit: wholeNumber(values.limit, '--limit', 20, 1, 100),
      ...(values.kind === undefined ? {} : { kind: values.kind }),
      ...(status === undefined ? {} : { status }),
      ...(values.cursor === undefined ? {} : { cursor: values.cursor }),
    }
    return withApi(values, terminal, (api) => list(api, query, values.json === true, terminal))
  },
})

async function list(
  api: Client,
  query: Parameters<Client['jobs']['list']>[0],
  isJson: boolean,
  terminal: Terminal,
): Promise<void> {
  const page = await api.jobs.list(query)
  if (isJson) return terminal.say(jsonText(page))
  if (page.data.length === 0) return terminal.say('There are no such jobs.')
  for (const line of table(head, page.data.map(row))) terminal.say(line)
  if (page.nextCursor !== null) terminal.say(`There are more: add --cursor ${page.nextCursor}`)
}

const head = ['CREATED', 'ID', 'KIND', 'STATUS', 'LOOKED', 'OF', 'DONE']

function row(each: Job): string[] {
  return [
    moment(each.createdAt),
    each.id,
    each.kind,
    each.status,
    String(each.counts.looked ?? 0),
    total(each),
    percent(each),
  ].map(printable)
}

const total = ({ count, isAtLeast }: Job): string => (count === null ? '-' : `${isAtLeast ? 'over ' : ''}${count}`)
const percent = ({ share }: Job): string => (share === null ? '-' : `${Math.floor(share * 100)} %`)

function summary(each: Job): string[] {
  const { looked = 0, ...others } = each.counts
  const met = Object.entries(others).filter(([, count]) => count > 0)
  const facts: [string, string | null][] = [
    ['job', each.id],
    ['kind', each.kind],
    ['status', each.status],
    ['looked', `${looked} of ${total(each)} (${percent(each)})`],
    ['met', met.length === 0 ? null : met.map(([name, count]) => `${name} ${count}`).join(', ')],
    ['speed', each.speed === null ? null : `${each.speed} a second`],
    ['at most', each.perSecond === null ? null : `${each.perSecond} a second`],
    ['ends', each.endsAt && moment(each.endsAt)],
    ['error', each.error],
    ['created', moment(each.createdAt)],
    ['ended', each.endedAt && moment(each.endedAt)],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(10)}${printable(value)}`]))
}

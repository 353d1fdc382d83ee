import type { Client, Key } from '@trunkline/sdk'
import { apiOptions, withApi } from './api.ts'
import { command, type Terminal } from './command.ts'
import { Misuse, type Values, wholeNumber } from './options.ts'
import { jsonText, moment, printable, table } from './text.ts'

const options = {
  scope: { value: '<scope>', isRepeated: true, help: 'with make: what the key may do; once for each' },
  customer: { value: '<customer>', help: 'with make: bound to this one; else only the keys of this one' },
  expires: { value: '<time>', help: 'with make: out of force after that time, such as 30m, 24h or 90d' },
  limit: { value: '<n>', help: 'how many at most, 1 to 100; 20 when left out' },
  cursor: { value: '<cursor>', help: 'the next page, as the page before names it' },
  ...apiOptions,
} as const

type Given = Values<typeof options>

interface Call {
  api: Client
  values: Given
  /** The name of a key that is made, or the id of one that is revoked. */
  operand: string
  limit: number
  expiresInSeconds: number | undefined
  terminal: Terminal
}

const deeds = { list, make, revoke }
const operands: Partial<Record<string, string>> = { make: '<name>', revoke: '<id>' }

/** Lists the keys to the API, makes one, or takes one out of force. */
export const keys = command({
  name: 'keys',
  operands: ['[list|make|revoke]', '[<name or id>]'],
  summary: 'list the keys to the API, make one, or take one out of force',
  notes: [
    'trunkline keys                                               lists them, newest first',
    'trunkline keys make "billing service" --scope events.write   prints the key, this once',
    'trunkline keys make acme --customer acme --expires 24h --scope webhooks.manage --scope events.read',
    'trunkline keys revoke cred_01…                               within a second, for good',
  ].join('\n'),
  options,
  async run(values, [deed = 'list', operand], terminal) {
    const run = Object.hasOwn(deeds, deed) ? deeds[deed as keyof typeof deeds] : undefined
    if (!run) throw new Misuse(`"keys" is followed by ${Object.keys(deeds).join(', ')} or nothing`)
    const wanted = operands[deed]
    if (wanted !== undefined && operand === undefined)
      throw new Misuse(`${wanted} is missing: trunkline keys ${deed} ${wanted}`)
    if (wanted === undefined && operand !== undefined) throw new Misuse(`"keys ${deed}" takes nothing behind it`)
    if (deed === 'make' && !values.scope) throw new Misuse('a key needs what it may do: --scope events.read')
    const limit = wholeNumber(values.limit, '--limit', 20, 1, 100)
    const expiresInSeconds = secondsOf(values.expires)
    return withApi(values, terminal, (api) =>
      run({ api, values, operand: operand ?? '', limit, expiresInSeconds, terminal }),
    )
  },
})

const unitSeconds = { m: 60, h: 3600, d: 86_400 }

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (count === undefined) throw new Misuse('--expires must be a number and m, h or d: 30m, 24h, 90d')
  return Number(count) * unitSeconds[unit as keyof typeof unitSeconds]
}

async function list({ api, values, limit, terminal: { say } }: Call): Promise<void> {
  const { customer, cursor } = values
  const page = await api.keys.list({
    limit,
    ...(customer === undefined ? {} : { customer }),
    ...(cursor === undefined ? {} : { cursor }),
  })
  if (values.json) return say(jsonText(page))
  if (page.data.length === 0) return say('There are no such keys.')
  for (const line of table(head, page.data.map(row))) say(line)
  if (page.nextCursor !== null) say(`There are more: add --cursor ${page.nextCursor}`)
}

const head = ['CREATED', 'ID', 'KEY', 'NAME', 'CUSTOMER', 'EXPIRES', 'REVOKED', 'SCOPES']

function row(each: Key): string[] {
  return [
    moment(each.createdAt),
    each.id,
    `${each.preview}…`,
    each.name,
    each.customer ?? '-',
    moment(each.expiresAt) || 'never',
    moment(each.revokedAt) || '-',
    each.scopes.join(' '),
  ].map(printable)
}

async function make({ api, values, operand: name, expiresInSeconds, terminal }: Call): Promise<void> {
  const made = await api.keys.create({
    name,
    scopes: [...(values.scope ?? [])],
    ...(values.customer === undefined ? {} : { customer: values.customer }),
    ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
  })
  if (values.json) return terminal.say(jsonText(made))
  // Alone on its line, so that a script can take it as it is.
  terminal.say(printable(made.key))
  const until = made.expiresAt === null ? '' : `, in force until ${moment(made.expiresAt)}`
  terminal.complain(printable(`${made.id}${until}; the key is shown this once`))
}

async function revoke({ api, values, operand: id, terminal }: Call): Promise<void> {
  await api.keys.revoke(id)
  terminal.say(values.json ? jsonText({ id }) : printable(`${id} is out of force.`))
}

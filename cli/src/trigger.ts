import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  type Edit,
  needsSecret,
  readEdit,
  requestOf,
  type Sender,
  senders,
  UnfitEdit,
  urlWith,
} from '@trunkline/senders'
import { withApi } from './api.ts'
import { playChaos } from './chaos.ts'
import { command, exitCodes, type Terminal } from './command.ts'
import { curlOf } from './curl.ts'
import { compareLog, type LogMark, markLog } from './log-check.ts'
import { httpUrl, Misuse, needed, type Values, wholeNumber } from './options.ts'
import { atPace } from './pace.ts'
import { post } from './post.ts'
import { eventsIn, type Message, messageAt, readEvent, type Script } from './script.ts'
import { size } from './text.ts'

const options = {
  url: { value: '<url>', help: 'the URL of the source' },
  to: { value: '<url>', help: 'the same as --url' },
  source: { value: '<id>', help: 'the id of the source instead; its URL is looked up with the API key' },
  secret: {
    value: '<secret>',
    help: 'the secret of the source; better in TRUNKLINE_SOURCE_SECRET, which other users cannot see',
  },
  set: {
    value: '<path=value>',
    isRepeated: true,
    help: 'change the body before it is signed, such as data.object.amount=4900; may be repeated',
  },
  body: { value: '<file>', help: 'send the bytes of this file instead of the sample' },
  id: { value: '<id>', help: 'the provider’s id of the event; a new one each time when left out' },
  all: { help: 'send one of each event of the kind' },
  repeat: { value: '<n>', help: 'send n different events' },
  rate: { value: '<n>', help: 'begin n a second, however long each takes; one after the other when left out' },
  chaos: {
    help: 'repeat some, disorder and delay them, and mix forged ones in; 20 events or more unless --repeat says otherwise',
  },
  seed: { value: '<n>', help: 'the seed of the chaos: the same one is the same chaos' },
  check: { help: 'compare with what the log has gained, through the API' },
  'api-key': { value: '<key>', help: 'the API key; better in TRUNKLINE_API_KEY, which other users cannot see' },
  'dry-run': { help: 'send nothing; print the request as a command for a shell' },
  list: { help: 'list the kinds and their events' },
} as const

/** Plays a provider: posts samples that are signed as the provider would sign them. */
export const trigger = command({
  name: 'trigger',
  operands: ['[<kind>[.<event>]]'],
  summary: 'post rightly signed samples to a source, as its provider would',
  notes: `The same --id again is a repeat: the server answers with the event it has already stored.
--source and --check call the server at TRUNKLINE_URL, or where --url is.

Examples:
  trunkline trigger --list
  trunkline trigger github --url http://127.0.0.1:4400/in/… --secret "$SOURCE_SECRET"
  trunkline trigger stripe.invoice.paid --source src_… --set data.object.amount_paid=990
  trunkline trigger github --url http://127.0.0.1:4400/in/… --chaos --repeat 100 --check`,
  options,
  async run(values, [word], terminal) {
    if (values.list) return list(word, terminal)
    if (word === undefined) throw new Misuse('<kind>[.<event>] is missing; --list shows them')
    const { sender, event } = readEvent(word, senders, values.body !== undefined)
    refuseClashes(values, event)
    const script: Omit<Script, 'url'> = {
      sender,
      events: eventsFor(sender, event, values),
      secret: secretOf(values, sender, terminal),
      edits: editsIn(values.set ?? []),
      file: values.body === undefined ? undefined : await read(values.body),
      id: values.id,
    }
    const { code, url } = await urlOf(values, sender, terminal)
    return url ? play({ ...script, url }, values, terminal) : code
  },
})

type Given = Values<typeof options>

/** The one that is named, or the most usual; all of them when that is asked for. In chaos they are those that tell something. */
function eventsFor({ events, greetings = [] }: Sender, event: string | undefined, values: Given): readonly string[] {
  if (event !== undefined) return [event]
  if (values.all) return events
  return values.chaos ? events.filter((each) => !greetings.includes(each)) : [events[0]]
}

/** Options that make no sense together are told apart before anything is sent. */
function refuseClashes(values: Given, event: string | undefined): void {
  const clashes: readonly (readonly [isSo: unknown, message: string])[] = [
    [values.all && event !== undefined, '--all takes a kind without an event'],
    [values.all && values.body, '--all sends samples, so it does not go with --body'],
    [values.chaos && values['dry-run'], '--chaos does not go with --dry-run'],
    [values.seed && !values.chaos, '--seed goes with --chaos'],
    [values.url && values.source, '--url and --source name the same thing: give one of them'],
    [values.to && (values.url ?? values.source), '--to is where --url is, and --source names it: give one of them'],
    ...(['chaos', 'check'] as const).flatMap((option) => [
      [values[option] && values.id, `--${option} counts different events, so it does not go with --id`] as const,
      [values[option] && values.body, `--${option} counts different events, so it does not go with --body`] as const,
    ]),
  ]
  for (const [isSo, message] of clashes) if (isSo) throw new Misuse(message)
}

function list(word: string | undefined, terminal: Terminal): number {
  const chosen = word === undefined ? senders : [readEvent(word.split('.')[0] ?? '', senders, false).sender]
  for (const { kind, title, events } of chosen) {
    terminal.say(`${kind}  (${title})`)
    for (const event of events) terminal.say(`  ${kind}.${event}`)
  }
  return exitCodes.done
}

async function play(script: Script, values: Given, terminal: Terminal): Promise<number> {
  const usual = values.chaos && !values.all ? Math.max(20, script.events.length) : 1
  const repeat = wholeNumber(values.repeat, '--repeat', usual, 1, values.chaos ? 100_000 : 1_000_000)
  const messages = values.all ? repeat * script.events.length : repeat
  const rate = values.rate === undefined ? undefined : wholeNumber(values.rate, '--rate', 1, 1, 10_000)
  const seed = wholeNumber(values.seed, '--seed', randomInt(1_000_000), 0, 999_999_999)
  if (values['dry-run']) return print(script, messages, terminal)
  const send = async () =>
    values.chaos
      ? playChaos(script, { messages, seed, rate }, terminal)
      : sendAll(script, { messages, rate, isCounted: values.check === true }, terminal)
  return values.check ? sendChecked(script.url, send, values, terminal) : (await send()).code
}

/** Sends, and compares with what the log has gained by it. */
async function sendChecked(
  url: URL,
  send: () => Promise<{ code: number; distinct: number }>,
  values: Given,
  terminal: Terminal,
): Promise<number> {
  const server = apiValues(values, terminal.environment.TRUNKLINE_URL?.trim() || url.origin)
  let mark: LogMark | undefined
  const code = await withApi(server, terminal, async (api) => {
    mark = await markLog(api, url)
  })
  if (!mark) return code
  const sent = await send()
  let compared: number = exitCodes.refused
  const from = mark
  await withApi(server, terminal, async (api) => {
    compared = await compareLog(api, from, sent.distinct, terminal)
  })
  return Math.max(sent.code, compared)
}

async function sendAll(
  script: Script,
  { messages, rate, isCounted }: { messages: number; rate: number | undefined; isCounted: boolean },
  terminal: Terminal,
): Promise<{ code: number; distinct: number }> {
  const { sender, url, secret } = script
  const began = performance.now()
  const stopping = terminal.stopping()
  let accepted = 0
  const taken: Message[] = []
  let isReached = true
  const sent = await atPace(messages, rate, stopping, async (place) => {
    const nowMs = terminal.now()
    const message = messageAt(script, place, nowMs)
    const { id, sample } = message
    const what = script.file === undefined ? `${sample.event} ${id}` : size(sample.body.length)
    const outcome = await post(
      url,
      requestOf(sender, sample, { secret, nowMs, id, url: url.href }),
      what,
      terminal,
      stopping,
    )
    if (outcome === 'accepted') {
      accepted++
      if (isCounted) taken.push(message)
    }
    if (outcome === 'refused') terminal.complain('Is --secret the secret of this source?')
    if (outcome === 'unreachable') isReached = false
    return outcome !== 'unreachable'
  })
  if (messages > 1 && isReached) {
    const seconds = (performance.now() - began) / 1000
    terminal.say(`${accepted} of ${sent} accepted in ${seconds.toFixed(1)} s`)
  }
  return { code: accepted === messages ? exitCodes.done : exitCodes.refused, distinct: eventsIn(script, taken) }
}

function print(script: Script, messages: number, terminal: Terminal): number {
  const { sender, url, secret } = script
  for (let place = 0; place < messages; place++) {
    const nowMs = terminal.now()
    const { id, sample } = messageAt(script, place, nowMs)
    const { headers, body, query } = requestOf(sender, sample, { secret, nowMs, id, url: url.href })
    terminal.say(curlOf(urlWith(url.href, query), headers, body))
  }
  return exitCodes.done
}

/** Where to post: as given, or as the API tells. */
async function urlOf(values: Given, sender: Sender, terminal: Terminal): Promise<{ code: number; url?: URL }> {
  const { source: id } = values
  if (id === undefined) return { code: exitCodes.done, url: httpUrl(needed(values.url ?? values.to, '--url'), '--url') }
  let url: URL | undefined
  const code = await withApi(apiValues(values), terminal, async (api) => {
    const source = await api.sources.read(id)
    if (source.kind !== sender.kind) throw new Misuse(`--source is of the kind ${source.kind}, not ${sender.kind}`)
    url = httpUrl(source.url, '--source')
  })
  return { code, ...(url ? { url } : {}) }
}

const apiValues = (values: Given, url?: string) => ({
  ...(url === undefined ? {} : { url }),
  ...(values['api-key'] === undefined ? {} : { 'api-key': values['api-key'] }),
})

function secretOf(values: Given, sender: Sender, { environment }: Terminal): string {
  const standIn = { name: 'TRUNKLINE_SOURCE_SECRET', value: environment.TRUNKLINE_SOURCE_SECRET }
  if (!needsSecret(sender)) return values.secret ?? standIn.value ?? ''
  return needed(values.secret, '--secret', standIn)
}

function editsIn(changes: readonly string[]): Edit[] {
  try {
    return changes.map(readEdit)
  } catch (error) {
    if (error instanceof UnfitEdit) throw new Misuse(`--set: ${error.message}`)
    throw error
  }
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new Misuse(`--body: ${(error as Error).message}`)
  }
}

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Sample, type Sender, senders } from '@trunkline/senders'
import { command, exitCodes, type Terminal } from './command.ts'
import { httpUrl, Misuse, needed, wholeNumber } from './options.ts'
import { printable, size } from './text.ts'

const kinds = senders.map(({ kind }) => kind)
const timeoutMs = 30_000

/** Plays a provider: posts a sample that is signed as the provider would sign it. */
export const send = command({
  name: 'send',
  operands: [`<${kinds.join('|')}>`],
  summary: 'post a rightly signed sample to a source, as the provider would',
  notes: `The same --id again is a repeat: the server answers with the event it has already stored.

Example:
  trunkline send github --url http://127.0.0.1:4400/in/… --secret "$SOURCE_SECRET" --event issues`,
  options: {
    url: { value: '<url>', help: 'the URL of the source' },
    secret: {
      value: '<secret>',
      help: 'the secret of the source; better in TRUNKLINE_SOURCE_SECRET, which other users cannot see',
    },
    event: { value: '<name>', help: 'the provider’s name of the event, such as push' },
    id: { value: '<id>', help: 'the provider’s id of the delivery; a new one each time when left out' },
    body: { value: '<file>', help: 'send the bytes of this file instead of the sample' },
    count: { value: '<n>', help: 'send it n times, one after the other' },
  },
  async run(values, [kind], terminal) {
    const sender = senders.find((each) => each.kind === kind)
    if (!sender) throw new Misuse(`there is no sender of that kind; there are ${kinds.join(', ')}`)
    const url = httpUrl(needed(values.url, '--url'), '--url')
    const inEnvironment = terminal.environment.TRUNKLINE_SOURCE_SECRET
    const secret = sender.needsNoSecret
      ? (values.secret ?? inEnvironment?.trim() ?? '')
      : needed(values.secret, '--secret', { name: 'TRUNKLINE_SOURCE_SECRET', value: inEnvironment })
    const count = wholeNumber(values.count, '--count', 1, 1, 1_000_000)
    const file = values.body === undefined ? undefined : await read(values.body)
    return sendAll({ sender, url, secret, count, file, event: values.event, id: values.id }, terminal)
  },
})

interface Plan {
  sender: Sender
  url: URL
  secret: string
  count: number
  file: Uint8Array | undefined
  event: string | undefined
  id: string | undefined
}

async function sendAll(plan: Plan, terminal: Terminal): Promise<number> {
  const began = performance.now()
  const stopping = terminal.stopping()
  let accepted = 0
  let sent = 0
  for (; sent < plan.count && !stopping.aborted; sent++) {
    const isAccepted = await sendOne(plan, terminal, stopping)
    if (isAccepted === undefined) return exitCodes.refused
    if (isAccepted) accepted++
  }
  if (plan.count > 1) {
    const seconds = (performance.now() - began) / 1000
    terminal.say(`${accepted} of ${sent} accepted in ${seconds.toFixed(1)} s`)
  }
  return accepted === sent ? exitCodes.done : exitCodes.refused
}

/** Whether it was accepted; undefined when nothing answered. */
async function sendOne(plan: Plan, terminal: Terminal, stopping: AbortSignal): Promise<boolean | undefined> {
  const { sender, url, secret } = plan
  const id = plan.id ?? newId(sender.kind)
  const nowMs = terminal.now()
  const { body, event } = messageOf(plan, { id, nowMs })
  const what = plan.file === undefined ? `${event} ${id}` : size(body.length)
  const headers = sender.sign({ body, secret, nowMs, id, event })
  const began = performance.now()
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping]),
    })
    const answer = (await response.text()).slice(0, 2000)
    const ms = Math.round(performance.now() - began)
    terminal.say(printable(`${what}: ${response.status} in ${ms} ms  ${answer}`))
    if (response.status === 401) terminal.complain('Is --secret the secret of this source?')
    return response.ok
  } catch (error) {
    if (stopping.aborted) return undefined
    // The origin only: the path of a source is as good as a key.
    terminal.complain(printable(`${url.origin} cannot be reached: ${reasonOf(error)}`))
    return undefined
  }
}

/** What is sent. Providers that put the event's name, its id or the time into the body get them there. */
function messageOf({ sender, file, event }: Plan, told: { id: string; nowMs: number }): Sample {
  const isKnown = event !== undefined && sender.events.includes(event)
  const sample = sender.sample({ ...told, ...(isKnown && { event }) })
  if (file !== undefined) return { event: event ?? sample.event, body: file }
  if (event === undefined || event === sample.event) return sample
  const value = objectIn(sample.body)
  if (!value || !('type' in value)) return { event, body: sample.body }
  return { event, body: new TextEncoder().encode(JSON.stringify({ ...value, type: event })) }
}

/** The object that a body is, or undefined: some providers send forms, or lists. */
function objectIn(body: Uint8Array): Record<string, unknown> | undefined {
  const text = new TextDecoder().decode(body)
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined
}

function newId(kind: string): string {
  const id = randomUUID()
  if (kind === 'github') return id
  return `${kind === 'stripe' ? 'evt' : 'msg'}_${id.replaceAll('-', '')}`
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new Misuse(`--body: ${(error as Error).message}`)
  }
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } }
  return name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : (cause?.code ?? cause?.message ?? message)
}

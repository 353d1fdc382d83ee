import type { MessagePort } from 'node:worker_threads'
import { type FoundEvent, type Parsed, parse, verify } from './parse.ts'
import { Headers, type Incoming, type SourceDefinition, type Verdict } from './source.ts'

/** A request to be examined, as it crosses to the thread. */
export interface Job extends Omit<Incoming, 'headers' | 'body'> {
  kind: string
  headers: readonly (readonly [string, string])[]
  body: Uint8Array
  secrets: readonly string[]
  config: unknown
  now: number
  /** It was proven when it came, and is only read again. */
  isProven?: true
}

/** What the thread tells: the verdict first, so that it stands even if parsing ends the thread. */
export type Report = { verdict: Verdict } | { parsed: Parsed }

/** A text above this many characters crosses as bytes, which are handed over; a text is copied on both sides. */
const textLimit = 16 * 1024

/** Examines the requests that come through a port, one after the other. A fault of its own ends the thread. */
export function serveParsing(port: MessagePort, definitions: ReadonlyMap<string, SourceDefinition>): void {
  port.on('message', (job: Job) => {
    const definition = definitions.get(job.kind)
    if (!definition) throw new Error(`there is no kind of source "${job.kind}"`)
    const source = { definition, secrets: job.secrets, config: job.config }
    const incoming = incomingOf(job)
    const verdict: Verdict = job.isProven ? { kind: 'verified' } : verify(incoming, source, job.now)
    port.postMessage({ verdict } satisfies Report)
    if (verdict.kind !== 'refused') report(port, parse(incoming, source))
  })
  port.postMessage('ready')
}

function incomingOf({ method, url, address, isAddressed, headers, body }: Job): Incoming {
  return {
    method,
    url,
    address,
    isAddressed,
    headers: new Headers(headers),
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  }
}

function report(port: MessagePort, { events, ...rest }: Parsed): void {
  const light = events.map(lighten)
  const heavy = light.flatMap(({ data }) => (data instanceof Uint8Array ? [data.buffer as ArrayBuffer] : []))
  port.postMessage({ parsed: { events: light, ...rest } } satisfies Report, heavy)
}

/** The event with a long text as bytes, in memory of their own. A NUL, which no JSON has, is left to the database's rule for texts. */
function lighten(event: FoundEvent): FoundEvent {
  const { data } = event
  if (typeof data !== 'string' || data.length < textLimit || data.includes('\0')) return event
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(data))
  bytes.write(data)
  return { ...event, data: bytes }
}

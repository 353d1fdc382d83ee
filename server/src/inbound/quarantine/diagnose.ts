import { Headers, type Incoming, type SourceDefinition, type Verdict } from '../source.ts'
import type { Cause } from './causes.ts'
import { spellings } from './respell.ts'
import { slipsOf } from './secret-slips.ts'

/** Something that was found out about a refused request, in one sentence. It never holds a secret. */
export interface DiagnosedFault {
  cause: Cause
  detail: string
}

/** A refused request, and what may explain it. */
export interface Suspicion {
  incoming: Incoming
  definition: SourceDefinition
  config: unknown
  /** What its record says. */
  cause: string | null
  /** When it came, in milliseconds since 1970. */
  receivedAt: number
  /** The source's secrets that are valid. */
  secrets: readonly string[]
  /** Those that it had before, the latest first, and when each ended. */
  former: readonly { secret: string; endedAt: number }[]
  /** Other sources of its workspace and kind. */
  others: readonly { id: string; name: string; secrets: readonly string[] }[]
}

/** What stands for a pause: others get a turn, because each trial hashes the body. */
export type Breathe = () => Promise<void>

/** Bodies above this are tried with few secrets and in no other spelling. */
const largeBytes = 1024 * 1024
const hourMs = 3_600_000
/** The zones of the earth go from 12 hours behind to 14 ahead. */
const mostHours = 14

/**
 * Finds out why a request was refused, by trying what people get wrong: a former secret, that of another source, a secret
 * that was copied badly; a body that was written anew; a clock that is off. A bounded number of trials; all the causes that
 * it finds, the one to mend first before the others. Empty when it finds none: then it may be a forgery.
 */
export async function diagnose(suspicion: Suspicion, breathe: Breathe): Promise<DiagnosedFault[]> {
  const { incoming, secrets } = suspicion
  const asItIs = await tryOn(suspicion, incoming, { secrets }, breathe)
  if (asItIs?.kind === 'verified') return [provenByNow(suspicion)]
  if (asItIs) return timeFaults(suspicion, incoming, { secrets }, asItIs)
  for (const { detail, trial } of secretTrials(suspicion)) {
    const verdict = await tryOn(suspicion, incoming, trial, breathe)
    if (verdict) return [{ cause: 'WRONG_SECRET', detail }, ...timeFaults(suspicion, incoming, trial, verdict)]
  }
  if (incoming.body.length > largeBytes) return []
  for (const { change, changed } of changes(incoming)) {
    const verdict = await tryOn(suspicion, changed, { secrets }, breathe)
    if (verdict) {
      const detail = `Something between the sender and this server ${change}; the signature fits what it was before.`
      return [{ cause: 'BODY_CHANGED', detail }, ...timeFaults(suspicion, changed, { secrets }, verdict)]
    }
  }
  for (const { spelling, spelled } of signatureSpellings(incoming)) {
    const verdict = await tryOn(suspicion, spelled, { secrets }, breathe)
    if (verdict) return [{ cause: 'MALFORMED_SIGNATURE', detail: spelling }]
  }
  return []
}

/** Somebody has mended it: all that is left is to accept it. */
function provenByNow({ cause }: Suspicion): DiagnosedFault {
  return {
    cause: isTime(cause) ? cause : 'WRONG_SECRET',
    detail: 'By the secrets and settings that the source has now it is genuine: verify the source again to accept it.',
  }
}

/** What a request is proven with. */
interface Trial {
  secrets: readonly string[]
  keys?: readonly Buffer[]
}

/** The verdict on a request whose signature fits, whatever its time; undefined when it does not fit. */
async function tryOn(suspicion: Suspicion, incoming: Incoming, trial: Trial, breathe: Breathe) {
  await breathe()
  const verdict = judge(suspicion, incoming, trial, suspicion.receivedAt)
  return fits(verdict) ? verdict : undefined
}

function judge({ definition, config }: Suspicion, incoming: Incoming, trial: Trial, now: number): Verdict {
  return definition.verify(incoming, { ...trial, now, config })
}

/** Time is looked at only once the signature is known to be right. What needs no proof proves nothing. */
const fits = (verdict: Verdict): boolean =>
  verdict.kind === 'verified' || (verdict.kind === 'refused' && isTime(verdict.cause))

const isTime = (cause: string | null): cause is 'STALE' | 'FROM_FUTURE' => cause === 'STALE' || cause === 'FROM_FUTURE'

function* secretTrials({ incoming, secrets, former, others }: Suspicion): Generator<{ detail: string; trial: Trial }> {
  for (const { secret, endedAt } of former) {
    const when = new Date(endedAt).toISOString()
    yield {
      detail: `It is signed with a former secret of the source, which ended at ${when}.`,
      trial: { secrets: [secret] },
    }
  }
  if (incoming.body.length > largeBytes) return
  for (const { id, name, secrets: theirs } of others) {
    yield {
      detail: `It is signed with the secret of source "${id}" (${name}): the provider posts to this URL what belongs there, or has that secret for this one.`,
      trial: { secrets: theirs },
    }
  }
  for (const secret of secrets) {
    for (const { slip, ...trial } of slipsOf(secret)) {
      yield { detail: `The sender signs with the source’s secret, but uses it ${slip}.`, trial }
    }
  }
}

function* changes(incoming: Incoming): Generator<{ change: string; changed: Incoming }> {
  for (const { change, body } of spellings(incoming.body, incoming.headers.get('content-encoding'))) {
    yield { change, changed: { ...incoming, body } }
  }
}

/** Ways to write a signature that a kind does not read, in every header at once: only one of them is the signature. */
const respelled: readonly { spelling: string; write(value: string): string }[] = [
  { spelling: 'The signature is right, but written in capital letters.', write: (value) => value.toLowerCase() },
  {
    spelling: 'The signature is right, but in quotes or with white space around it.',
    write: (value) => value.replace(/^[\s"']+|[\s"']+$/g, ''),
  },
  {
    spelling: 'The signature is right, but without the "sha256=" that its kind expects before it.',
    write: (value) => `sha256=${value}`,
  },
  {
    spelling: 'The signature is right, but with a "sha256=" before it, which its kind does not expect.',
    write: (value) => value.replace(/^sha256=/i, ''),
  },
  {
    spelling: 'The signature is right, but written in base64 and not in hex.',
    write: (value) => Buffer.from(value, 'base64').toString('hex'),
  },
  {
    spelling: 'The signature is right, but written in hex and not in base64.',
    write: (value) => Buffer.from(value, 'hex').toString('base64'),
  },
]

function* signatureSpellings(incoming: Incoming): Generator<{ spelling: string; spelled: Incoming }> {
  const { raw } = incoming.headers
  for (const { spelling, write } of respelled) {
    const headers = raw.map(([name, value]): [string, string] => [
      name,
      /signature|hmac/i.test(name) && value.length <= 1000 ? write(value) : value,
    ])
    yield { spelling, spelled: { ...incoming, headers: new Headers(headers) } }
  }
}

/** What is wrong with the time of a request whose signature fits. */
function timeFaults(suspicion: Suspicion, incoming: Incoming, trial: Trial, verdict: Verdict): DiagnosedFault[] {
  if (verdict.kind !== 'refused' || !isTime(verdict.cause)) return []
  const off = clockOff(suspicion, incoming, trial)
  return [{ cause: verdict.cause, detail: off ?? `${sentence(verdict.detail)}` }]
}

/** How a clock is off that is off by a whole number of hours, or counts in another unit. */
function clockOff(suspicion: Suspicion, incoming: Incoming, trial: Trial): string | undefined {
  const at = (now: number): Verdict => judge(suspicion, incoming, trial, now)
  const { receivedAt } = suspicion
  if (at(receivedAt * 1000).kind === 'verified') return 'The signed time is in milliseconds where seconds belong.'
  if (at(receivedAt / 1000).kind === 'verified') return 'The signed time is in seconds where milliseconds belong.'
  // The verdict says on which side the time lies, so that few trials find the hour.
  let [low, high] = [-mostHours, mostHours]
  while (low <= high) {
    const hours = Math.trunc((low + high) / 2)
    const verdict = at(receivedAt + hours * hourMs)
    if (verdict.kind === 'verified') return hours === 0 ? undefined : offBy(hours)
    if (verdict.kind !== 'refused' || !isTime(verdict.cause)) return undefined
    if (verdict.cause === 'STALE') high = hours - 1
    else low = hours + 1
  }
  return undefined
}

function offBy(hours: number): string {
  const [amount, way] = [Math.abs(hours), hours < 0 ? 'behind' : 'ahead']
  return `The signed time is ${amount} ${amount === 1 ? 'hour' : 'hours'} ${way}, to the minute: the sender’s clock seems to be set to another time zone${hours < 0 ? ', if the request was not kept back for as long' : ''}.`
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

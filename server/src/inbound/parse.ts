import { systemClock } from '../base/clock.ts'
import { PayloadFault, readingPayload } from '../base/describe-error.ts'
import type { NewEvent } from '../events/event.ts'
import type { OpenSource } from './open-source.ts'
import { readable } from './readable.ts'
import { type Incoming, type ParsedEvent, Unparsable, type Verdict } from './source.ts'

/** What is found in a request: whether it is genuine, and if it is, its events. */
export interface Finding {
  verdict: Verdict
  parsed: Parsed
}

/** The events of a genuine request, or why there are none. */
export interface Parsed {
  events: readonly FoundEvent[]
  fault?: ParseFault
  /** Milliseconds that the parser took, on whatever thread; left out where nothing was parsed. */
  tookMs?: number
}

/** An event, its text as UTF-8 bytes where that costs less. */
export type FoundEvent = Omit<ParsedEvent, 'data'> & Pick<NewEvent, 'data'>

export interface ParseFault {
  /** One sentence for the operator. */
  detail: string
  /** Set when the fault is ours and not the sender's. */
  error?: Error
}

/** Proves a request and reads its events. */
export type Examine = (incoming: Incoming, source: OpenSource, now: number) => Promise<Finding>

/** Reads the events of a request that was proven when it came. */
export type Reparse = (incoming: Incoming, source: Pick<OpenSource, 'id' | 'definition' | 'config'>) => Promise<Parsed>

/** Examines a request on this thread. */
export const examineHere: Examine = async (incoming, source, now) => {
  const verdict = verify(incoming, source, now)
  return { verdict, parsed: verdict.kind === 'refused' ? { events: [] } : parse(incoming, source) }
}

type Examined = Pick<OpenSource, 'definition' | 'secrets' | 'config'>

/** Whether a request is genuine. */
export function verify(incoming: Incoming, { definition, secrets, config }: Examined, now: number): Verdict {
  return readingPayload(() => definition.verify(incoming, { secrets, now, config }))
}

/** The events of a proven request, and how long that took. */
export function parse(incoming: Incoming, source: Omit<Examined, 'secrets'>): Parsed {
  const begin = systemClock.elapsed()
  const { events, fault } = eventsOf(incoming, source)
  const tookMs = systemClock.elapsed() - begin
  return fault ? { events, fault, tookMs } : { events, tookMs }
}

/** What the parser cannot read is no fault of the sender's that it could mend: it is kept. */
function eventsOf(incoming: Incoming, { definition, config }: Omit<Examined, 'secrets'>): Parsed {
  try {
    return { events: definition.parse(readable(incoming), config) }
  } catch (thrown) {
    if (thrown instanceof Unparsable) return { events: [], fault: { detail: thrown.message } }
    // What it says may be the body, and details are shown where bodies are not.
    const error = new PayloadFault(thrown)
    return { events: [], fault: { detail: `the parser of ${definition.kind} failed with ${error.name}`, error } }
  }
}

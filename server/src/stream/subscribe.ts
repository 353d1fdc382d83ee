import type { Writable } from 'node:stream'
import { Problem, StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import type { EventHead } from '../events/event.ts'
import { isWanted, type WantedEvents } from '../events/filter.ts'
import type { LogReads } from '../events/log-store.ts'
import { createPlaces, type StreamLimits } from './limit.ts'
import { type Reader, readerOn } from './reader.ts'
import { eventMessage, type Farewell, farewell, heartbeat, opening } from './sse.ts'
import { type Batch, createTail } from './tail.ts'

export interface StreamsNeeds {
  log: Pick<LogReads, 'headsAfter' | 'headsOfAll' | 'lastPlace'>
  settledUpTo(): Promise<number>
  /** An event as JSON, as the API shows it in lists: masked, or whole. */
  show(event: EventHead, isRevealed: boolean): string
  /** The cursor of a place, as it stands for readers of this workspace. */
  cursorAt(workspaceId: string, place: number): string
  limits: StreamLimits
  journal: Log
  meter: Meter
  /** How often a stream says that it is there, and how often its key is judged anew. */
  heartbeatMs?: number
  recheckMs?: number
}

/** Who wants which events, from where. */
export interface Subscription {
  workspaceId: string
  credentialId: string
  /** Whose places it takes: its key's, or its customer's, who may have many keys. */
  holder: string
  wanted: WantedEvents
  /** The place after which events are sent; undefined: from now on. */
  after: number | undefined
  /** Whether its reader sees what is masked for others. */
  isRevealed: boolean
  /** Rejects with a `Problem` once the key may not read this any more. */
  recheck(): Promise<unknown>
}

/** The streams of a process. */
export interface Streams {
  /** Takes a place among the streams and finds where it begins; `serve` then writes it. */
  open(subscription: Subscription): Promise<OpenStream>
  /** There are new events. */
  wake(): void
  /** Ends every stream, and takes no new ones: their readers find another process, or come again. */
  retreat(): void
}

export interface OpenStream {
  serve(out: Writable): void
}

/** A reader who is this far behind is let go, and resumes by his cursor: memory does not grow with slow readers. */
const mostBufferedBytes = 1024 * 1024
/** Events read at once for one stream that is behind. */
const backfillEvents = 200
const afterFaultMs = 500

interface Live extends Subscription {
  reader: Reader
  /** Everything up to here has been written. */
  place: number
  isOver: boolean
  leave(): void
}

/** Sends the log's new events to whoever reads along: backfill from a cursor, cut over without a gap or a repeat, follow. */
export function createStreams(needs: StreamsNeeds): Streams {
  const { log, show, cursorAt, limits, journal, meter } = needs
  const tail = createTail(needs)
  const places = createPlaces(limits, (open) => meter.set('trunkline_streams', open))
  const streams = new Set<Live>()
  const rounds = roundsOf(needs, streams, end)
  /** An event's message is the same for all readers of its workspace who may see as much, so it is made once. */
  const messages = { masked: new WeakMap<EventHead, string>(), whole: new WeakMap<EventHead, string>() }
  let isLeaving = false

  function begin(subscription: Subscription, out: Writable, place: number, givePlace: () => void): void {
    const reader = readerOn(out, () => {
      over(stream)
      givePlace()
    })
    const stream: Live = { ...subscription, reader, place, isOver: false, leave() {} }
    streams.add(stream)
    rounds.start()
    reader.write(opening(cursorOf(stream)))
    if (isLeaving) end(stream, 'stopping')
    catchUp(stream).catch((error: unknown) => {
      journal.error('stream.failed', { error: error as Error })
      reader.cutOff()
    })
  }

  /** Reads what lies between the stream's place and the tail's, and joins the tail in the moment that there is nothing. */
  async function catchUp(stream: Live): Promise<void> {
    while (!stream.isOver) {
      const upTo = tail.place()
      if (stream.place >= upTo) {
        stream.leave = tail.join((batch) => pass(stream, batch))
        return
      }
      const heads = await readAfter(stream, upTo)
      const last = heads?.at(-1)
      if (stream.isOver) return
      if (!heads) await sleep(afterFaultMs)
      else pass(stream, { heads, place: last && heads.length === backfillEvents ? last.seq : upTo })
      if (!(await stream.reader.drained())) letGo(stream)
    }
  }

  /** Undefined when the database does not answer: the stream waits for it for as long as its reader does. */
  async function readAfter({ workspaceId, place }: Live, upTo: number): Promise<readonly EventHead[] | undefined> {
    try {
      return await log.headsAfter(workspaceId, place, upTo, backfillEvents)
    } catch (error) {
      if (error instanceof StoreUnavailable) return undefined
      throw error
    }
  }

  /** Writes what the stream wants of a batch. */
  function pass(stream: Live, { heads, place }: Batch): void {
    const { workspaceId, wanted, isRevealed, reader } = stream
    const text = heads
      .filter((each) => each.workspaceId === workspaceId && each.seq > stream.place && isWanted(wanted, each))
      .map((each) => messageOf(each, isRevealed))
      .join('')
    stream.place = Math.max(stream.place, place)
    if (text !== '') reader.write(text)
    if (reader.bufferedBytes() > mostBufferedBytes) letGo(stream)
  }

  function messageOf(event: EventHead, isRevealed: boolean): string {
    const made = isRevealed ? messages.whole : messages.masked
    const known = made.get(event)
    if (known !== undefined) return known
    const message = eventMessage(cursorAt(event.workspaceId, event.seq), show(event, isRevealed))
    made.set(event, message)
    return message
  }

  function letGo(stream: Live): void {
    if (stream.isOver) return
    const { credentialId, reader } = stream
    meter.add('trunkline_streams_dropped_total', 1)
    journal.info('stream.dropped', { credential: credentialId, bufferedBytes: reader.bufferedBytes() })
    over(stream)
    reader.cutOff()
  }

  function end(stream: Live, reason: Farewell): void {
    if (stream.isOver) return
    over(stream)
    stream.reader.end(farewell(cursorOf(stream), reason))
  }

  function over(stream: Live): void {
    stream.isOver = true
    stream.leave()
    streams.delete(stream)
    if (streams.size === 0) rounds.stop()
  }

  const cursorOf = ({ workspaceId, place }: Live): string => cursorAt(workspaceId, place)

  return {
    async open(subscription) {
      if (isLeaving) throw new Problem('OVERLOADED', 'this process is about to stop', { retryAfterSeconds: 1 })
      const givePlace = places.take(subscription.holder)
      try {
        const now = await tail.find()
        return { serve: (out) => begin(subscription, out, subscription.after ?? now, givePlace) }
      } catch (error) {
        givePlace()
        throw error
      }
    },
    wake: tail.wake,
    retreat() {
      isLeaving = true
      for (const stream of streams) end(stream, 'stopping')
    },
  }
}

/** What is done for every stream from time to time, while there is any: a sign of life, and another look at its key. */
function roundsOf(
  { cursorAt, heartbeatMs = 15_000, recheckMs = 2000 }: StreamsNeeds,
  streams: ReadonlySet<Live>,
  end: (stream: Live, reason: Farewell) => void,
): { start(): void; stop(): void } {
  let timers: NodeJS.Timeout[] = []
  const beat = () => {
    for (const { workspaceId, place, reader } of streams)
      if (!reader.isBehind()) reader.write(heartbeat(cursorAt(workspaceId, place)))
  }
  const judge = () => {
    for (const stream of streams) {
      stream.recheck().catch((error: unknown) => {
        // A database that is away has revoked nobody.
        if (error instanceof Problem) end(stream, 'refused')
      })
    }
  }
  return {
    start() {
      if (timers.length === 0) timers = [setInterval(beat, heartbeatMs), setInterval(judge, recheckMs)]
    },
    stop() {
      for (const timer of timers) clearInterval(timer)
      timers = []
    },
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

import { Worker } from 'node:worker_threads'
import { PayloadFault } from '../base/describe-error.ts'
import { Problem } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { OpenSource } from './open-source.ts'
import { type Examine, examineHere, type Finding, type Parsed, parse, type Reparse, verify } from './parse.ts'
import type { Job, Report } from './parse-server.ts'
import type { Incoming, Verdict } from './source.ts'

/** How the thread is started: its file, and what node needs to run it. */
export interface ParserEntry {
  file: string
  data?: Record<string, unknown>
}

export interface ParsingNeeds {
  entry: ParserEntry
  journal: Log
  limits?: ParsingLimits
}

export interface ParsingLimits {
  /** Bodies from this size on go to a thread. */
  threadBytes: number
  /** Bodies from this size on go to another one, so that the others never wait for them. */
  secondThreadBytes: number
  /** How long a request may wait for its thread before its sender is told to come back. */
  waitMs: number
  /** How long proof and parsing may take. */
  parseMs: number
  /**
   * How much memory a thread may fill beside the bodies. More than any body needs: a thread that runs into it inside
   * `JSON.parse` takes the process with it.
   */
  heapMb: number
  /** A thread that has had nothing to do for this long is ended. */
  idleMs: number
}

/**
 * By measurement on one core of 2026: what takes longest for its size, `[{},{},…]`, takes 8 ms at 64 KiB, 150 ms at 1 MiB
 * and 4 s and 600 MB at 25 MiB; the hash of 25 MiB takes 15 to 60 ms. The way to a thread and back costs a tenth of a
 * millisecond.
 */
const usualLimits: ParsingLimits = {
  threadBytes: 64 * 1024,
  secondThreadBytes: 1024 * 1024 + 1,
  waitMs: 5_000,
  parseMs: 10_000,
  heapMb: 2048,
  idleMs: 30_000,
}

export interface Parsing {
  examine: Examine
  /** Reads the events of a request that was proven before. */
  reparse: Reparse
  /** Ends the threads. Who still waits is told to come back. */
  close(): Promise<void>
}

/**
 * Examines large requests on threads of their own, so that no body, whatever is in it, holds up the others: small ones
 * are examined at once, large and very large ones wait among themselves. A thread is started when it is first needed.
 */
export function createParsing({ entry, journal, limits = usualLimits }: ParsingNeeds): Parsing {
  const large = createLine(entry, limits)
  const veryLarge = createLine(entry, limits)
  async function ask(job: Job, source: string): Promise<Told> {
    const bytes = job.body.length
    const told = await (bytes < limits.secondThreadBytes ? large : veryLarge).examine(job)
    if ('fault' in told) journal.error('parser.ended', { source, bytes, error: new Error(told.fault) })
    return told
  }
  return {
    async examine(incoming, source, now) {
      if (incoming.body.length < limits.threadBytes) return examineHere(incoming, source, now)
      return findingOf(await ask(jobOf(incoming, source, now), source.id), incoming, source, now)
    },
    async reparse(incoming, source) {
      if (incoming.body.length < limits.threadBytes) return parse(incoming, source)
      const told = await ask({ ...jobOf(incoming, { ...source, secrets: [] }, 0), isProven: true }, source.id)
      return 'parsed' in told ? told.parsed : { events: [], fault: { detail: faultOf(source, told.fault) } }
    },
    close: async () => void (await Promise.all([large.close(), veryLarge.close()])),
  }
}

/** What a thread told before it was done, or before something ended it. */
type Told = { verdict: Verdict; parsed: Parsed } | { verdict: Verdict | undefined; fault: string }

/** What could not be parsed is kept, if it is genuine: a thread that ended before it said so leaves the proof to us. */
function findingOf(told: Told, incoming: Incoming, source: OpenSource, now: number): Finding {
  if ('parsed' in told) return told
  const verdict = told.verdict ?? verify(incoming, source, now)
  const detail = faultOf(source, told.fault)
  return { verdict, parsed: { events: [], ...(verdict.kind === 'refused' ? {} : { fault: { detail } }) } }
}

const faultOf = ({ definition }: Pick<OpenSource, 'definition'>, fault: string): string =>
  `the parser of ${definition.kind} ${fault}; the body is kept, and can be parsed again`

type Asking = Pick<OpenSource, 'definition' | 'secrets' | 'config'>

function jobOf({ headers, ...request }: Incoming, source: Asking, now: number): Job {
  const { definition, secrets, config } = source
  return { ...request, kind: definition.kind, headers: headers.raw, secrets, config, now }
}

interface Waiting {
  job: Job
  resolve(told: Told): void
  reject(error: Error): void
  patience: NodeJS.Timeout
}

/**
 * One thread and who waits for it. It has one request at a time, so that only that one is in memory twice, and is ended
 * when it has had none for a while: what it read fills its memory until then.
 */
function createLine(entry: ParserEntry, limits: ParsingLimits) {
  const waiting: Waiting[] = []
  let thread: Promise<Worker> | undefined
  let idle: NodeJS.Timeout | undefined
  let isBusy = false
  let isClosed = false

  async function work(): Promise<void> {
    if (isBusy) return
    isBusy = true
    clearTimeout(idle)
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      clearTimeout(next.patience)
      const told = await examine(next.job)
      if (isClosed) next.reject(stopping())
      else next.resolve(told)
      // `JSON.parse` cannot be stopped in the middle. Another thread beside it would fill the memory once more.
      if ('fault' in told) await end()
    }
    isBusy = false
    if (!isClosed) idle = setTimeout(end, limits.idleMs).unref()
  }

  async function examine(job: Job): Promise<Told> {
    try {
      return await ask(await current(), job, limits.parseMs)
    } catch (error) {
      return { verdict: undefined, fault: `could not be started: ${(error as Error).message}` }
    }
  }

  function current(): Promise<Worker> {
    if (thread) return thread
    const started = startThread(entry, limits, () => {
      if (thread === started) thread = undefined
    })
    thread = started
    return started
  }

  async function end(): Promise<void> {
    const ended = thread
    thread = undefined
    const worker = await ended?.catch(() => undefined) // it never started
    await worker?.terminate()
  }

  function leave(who: Waiting): void {
    waiting.splice(waiting.indexOf(who), 1)
    who.reject(new Problem('OVERLOADED', 'too many large bodies are being parsed', { retryAfterSeconds: 5 }))
  }

  return {
    examine: (job: Job) =>
      new Promise<Told>((resolve, reject) => {
        if (isClosed) return reject(stopping())
        const who: Waiting = { job, resolve, reject, patience: setTimeout(() => leave(who), limits.waitMs) }
        waiting.push(who)
        void work()
      }),
    async close() {
      isClosed = true
      clearTimeout(idle)
      for (const { patience, reject } of waiting.splice(0)) {
        clearTimeout(patience)
        reject(stopping())
      }
      await end()
    },
  }
}

const stopping = () => new Problem('OVERLOADED', 'the server is stopping', { retryAfterSeconds: 5 })

/** Starts a thread; answers when it is ready, or rejects with what it died of. */
function startThread(entry: ParserEntry, { heapMb }: ParsingLimits, onExit: () => void): Promise<Worker> {
  const resourceLimits = { maxOldGenerationSizeMb: heapMb }
  const worker = new Worker(entry.file, { workerData: entry.data, resourceLimits })
  worker.once('exit', onExit)
  return new Promise((resolve, reject) => {
    worker.on('error', reject).once('message', () => resolve(worker))
    worker.once('exit', () => reject(new Error('it ended at its start')))
  })
}

/** Asks a thread about one request. Never rejects. */
function ask(worker: Worker, job: Job, limitMs: number): Promise<Told> {
  return new Promise((resolve) => {
    let verdict: Verdict | undefined
    const end = (told: Told) => {
      clearTimeout(timer)
      worker.off('message', onReport).off('error', onError).off('exit', onExit)
      resolve(told)
    }
    const onReport = (report: Report) => {
      if ('verdict' in report) verdict = report.verdict
      if (verdict?.kind === 'refused') end({ verdict, parsed: { events: [] } })
      else if (verdict && 'parsed' in report) end({ verdict, parsed: report.parsed })
    }
    const onError = (error: Error) => end({ verdict, fault: `ended its thread: ${causeOf(error)}` })
    const onExit = () => end({ verdict, fault: 'ended its thread' })
    const timer = setTimeout(() => end({ verdict, fault: `took longer than ${limitMs} ms` }), limitMs)
    worker.on('message', onReport).on('error', onError).on('exit', onExit)
    worker.postMessage(job)
  })
}

/** Node's own words, of memory that is full; what a parser says may be the body. */
function causeOf(error: Error & { code?: unknown }): string {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? error.message : new PayloadFault(error).name
}

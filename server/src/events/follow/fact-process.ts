import { type ChildProcess, fork } from 'node:child_process'
import { Problem } from '../../base/errors.ts'
import type { Event } from '../event.ts'
import type { Told } from './fact-server.ts'
import type { FactReader, Reading } from './reading.ts'

/** How the process is started. */
export interface FactReaderEntry {
  file: string
  args: readonly string[]
  execArgv: readonly string[]
  /** All that it is given of the environment: nothing that is secret. */
  env: Readonly<Record<string, string>>
}

export interface FactReaderLimits {
  /** How much memory JavaScript may fill in it. What is not JavaScript's is limited beside that. */
  heapMb: number
  /** One that is not ready by then has failed. */
  startMs: number
  /** One that has had nothing to do for this long is ended. */
  idleMs: number
}

const usualLimits: FactReaderLimits = { heapMb: 256, startMs: 15_000, idleMs: 300_000 }

/**
 * Reads events in a process beside the server. Not on a thread of it: a thread that asks for one large piece of memory
 * takes the whole server with it, whatever limits it was given. The process is started when it is first needed.
 */
export function createFactReader(entry: FactReaderEntry, limits: FactReaderLimits = usualLimits): FactReader {
  let child: Promise<ChildProcess> | undefined
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  async function end(): Promise<void> {
    clearTimeout(idle)
    const ended = await child?.catch(() => undefined) // it never started
    child = undefined
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return
    const hasEnded = new Promise((resolve) => ended.once('exit', resolve))
    ended.kill('SIGKILL')
    await hasEnded
  }

  async function readNow(question: Omit<Asked, 'limitMs'>, limitMs: number): Promise<[number, Reading][]> {
    if (isClosed) throw stopping()
    clearTimeout(idle)
    child ??= startProcess(entry, limits)
    try {
      const readings = await ask(await child, { ...question, limitMs })
      // What ended the process was the end of the server, and no event's fault.
      if (isClosed) throw stopping()
      if (readings.length < question.events.length || isEnd(readings.at(-1)?.[1])) await end()
      else idle = setTimeout(end, limits.idleMs).unref()
      return readings
    } catch (error) {
      child = undefined
      throw error
    }
  }

  return {
    read(follower, events, settings, limitMs) {
      // One question at a time: what ends the process is then the fault of one event.
      const answer = last.then(() => readNow({ follower, events, settings }, limitMs))
      last = answer.catch(() => {})
      return answer
    },
    async close() {
      isClosed = true
      await end()
    },
  }
}

const stopping = () => new Problem('OVERLOADED', 'the server is stopping', { retryAfterSeconds: 5 })

const isEnd = (reading: Reading | undefined): boolean =>
  reading !== undefined && 'cause' in reading && reading.cause !== 'HANDLER_THREW'

/** Starts a process; answers when it is ready, or rejects with what it died of. */
function startProcess(entry: FactReaderEntry, { heapMb, startMs }: FactReaderLimits): Promise<ChildProcess> {
  const child = fork(entry.file, [...entry.args, String(heapMb)], {
    serialization: 'advanced',
    execArgv: [...entry.execArgv, `--max-old-space-size=${heapMb}`],
    // What it prints may hold what was sent: nobody hears it.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...entry.env },
  })
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new Error(`the process that reads events could not be started: ${why}`))
    }
    const timer = setTimeout(() => fail(`it was not ready after ${startMs} ms`), startMs)
    child.once('message', () => {
      clearTimeout(timer)
      resolve(child)
    })
    // Also later: a message to one that has just ended is no news.
    child.on('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => fail(endOf(code, signal)))
  })
}

interface Asked {
  follower: string
  settings: unknown
  events: readonly Event[]
  limitMs: number
}

/** Asks for the readings of events. Never rejects: with the end of the process the readings end. */
function ask(child: ChildProcess, { limitMs, ...question }: Asked): Promise<[number, Reading][]> {
  const { events } = question
  const readings: [number, Reading][] = []
  return new Promise((resolve) => {
    const end = (reading?: Reading) => {
      clearTimeout(timer)
      child.off('message', hear).off('exit', hearEnd)
      const inHand = events[readings.length]
      if (reading && inHand) readings.push([inHand.seq, reading])
      resolve(readings)
    }
    const hear = ({ seq, reading }: Told) => {
      readings.push([seq, reading])
      if (readings.length === events.length) end()
      else timer.refresh()
    }
    const hearEnd = (code: number | null, signal: NodeJS.Signals | null) => end(reasonOf(code, signal))
    const tooLate = () => {
      child.kill('SIGKILL')
      end({ cause: 'HANDLER_TIMED_OUT', error: `reading it took longer than ${limitMs} ms` })
    }
    const timer = setTimeout(tooLate, limitMs)
    child.on('message', hear).on('exit', hearEnd)
    if (child.exitCode !== null || child.signalCode !== null) hearEnd(child.exitCode, child.signalCode)
    else child.send(question)
  })
}

/** V8 and the process's own watch end it in the same way when memory runs out. */
function reasonOf(code: number | null, signal: NodeJS.Signals | null): Reading {
  if (signal === 'SIGABRT' || code === 134) {
    return { cause: 'HANDLER_OUT_OF_MEMORY', error: 'reading it took more memory than it may' }
  }
  return { cause: 'HANDLER_EXITED', error: `reading it ended its process: ${endOf(code, signal)}` }
}

const endOf = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`

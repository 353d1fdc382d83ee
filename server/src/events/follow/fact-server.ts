import { Worker } from 'node:worker_threads'
import type { Event } from '../event.ts'
import { sentenceOf } from './parked.ts'
import type { Reading } from './reading.ts'

/** What a process that reads events is asked. */
export interface Question {
  follower: string
  settings: unknown
  events: readonly Event[]
}

/** What it tells of each event, in order. */
export interface Told {
  seq: number
  reading: Reading
}

/** A follower as far as it reads. */
export interface Reads {
  name: string
  read?(event: Event, settings: never): unknown
}

/** The process as far as this needs it. */
export type Channel = Pick<NodeJS.Process, 'on' | 'send'>

/**
 * Reads events for the server until it hangs up. Each reading is on its way before the next begins, so that the server
 * knows which event it was that ended the process.
 */
export function serveFacts(channel: Channel, followers: readonly Reads[], mostRssMb: number): void {
  const byName = new Map(followers.map((each) => [each.name, each]))
  channel.on('message', async ({ follower, settings, events }: Question) => {
    for (const event of events) await tell(channel, event.seq, await readOne(byName.get(follower), event, settings))
  })
  channel.on('disconnect', () => process.exit())
  watch(mostRssMb)
  channel.send?.('ready')
}

async function readOne(follower: Reads | undefined, event: Event, settings: unknown): Promise<Reading> {
  try {
    if (!follower?.read) throw new Error('this follower reads nothing')
    return { fact: await follower.read(event, settings as never) }
  } catch (error) {
    return { cause: 'HANDLER_THREW', error: sentenceOf(error) }
  }
}

/** Tells a reading; one that cannot be sent, such as a function, is the follower's fault. */
function tell(channel: Channel, seq: number, reading: Reading): Promise<unknown> {
  return new Promise((resolve) => {
    try {
      channel.send?.({ seq, reading } satisfies Told, resolve)
    } catch (error) {
      channel.send?.({ seq, reading: { cause: 'HANDLER_THREW', error: sentenceOf(error) } } satisfies Told, resolve)
    }
  })
}

/**
 * Ends the process when the server is gone, and when it takes too much memory beside JavaScript's own. On a thread of
 * its own, because an event that is read for ever lets nothing else happen here; as a text, because a file of its own
 * would have to be found in every form in which the server runs.
 */
function watch(mostRssMb: number): void {
  const code = `
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
      if (process.memoryUsage.rss() > ${mostRssMb} * 1024 * 1024) process.kill(process.pid, 'SIGABRT')
    }, 50)`
  new Worker(code, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 16 } }).unref()
}

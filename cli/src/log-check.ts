import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Source } from '@trunkline/sdk'
import { exitCodes, type Terminal } from './command.ts'
import { Misuse } from './options.ts'

/** Where the log of a source ended. */
export interface LogMark {
  sourceId: string
  /** The id of its newest event; undefined when it had none. */
  newest: string | undefined
}

/** Notes where the log of the source at this URL ends now. */
export async function markLog(api: Client, url: URL): Promise<LogMark> {
  const source = await sourceAt(api, url)
  if (!source) throw new Misuse('--check: this server has no source with that URL')
  const { data } = await api.events.list({ source: source.id, limit: 1 })
  return { sourceId: source.id, newest: data[0]?.id }
}

/**
 * Compares what the log has gained with what was accepted. Requests are counted, since one may make several events; each
 * that repeats another makes none.
 */
export async function compareLog(api: Client, mark: LogMark, expected: number, terminal: Terminal): Promise<number> {
  let gained = await requestsSince(api, mark)
  // Elsewhere than on the machine that took them, events may take a moment to be seen.
  for (let tries = 0; gained < expected && tries < 20; tries++) {
    await sleep(100)
    gained = await requestsSince(api, mark)
  }
  if (gained === expected) {
    terminal.say(`The log has gained ${gained}: as it should be.`)
    return exitCodes.done
  }
  const why = gained > expected ? 'somebody else posted to this source too, or a repeat was not known as one' : 'lost'
  terminal.complain(`The log has gained ${gained} and should have gained ${expected}: ${why}.`)
  return exitCodes.refused
}

/** The source whose URL ends as this one does: the server may be known by several names. */
async function sourceAt(api: Client, url: URL): Promise<Source | undefined> {
  let cursor: string | null = null
  do {
    const page = await api.sources.list({ limit: 100, ...(cursor === null ? {} : { cursor }) })
    const found = page.data.find((each) => new URL(each.url).pathname === url.pathname)
    if (found) return found
    cursor = page.nextCursor
  } while (cursor !== null)
  return undefined
}

/** From how many requests the events come that are newer than the mark. */
async function requestsSince(api: Client, { sourceId, newest }: LogMark): Promise<number> {
  const requests = new Set<string | null>()
  let cursor: string | null = null
  do {
    const page = await api.events.list({ source: sourceId, limit: 100, ...(cursor === null ? {} : { cursor }) })
    for (const { id, requestId } of page.data) {
      if (id === newest) return requests.size
      requests.add(requestId)
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return requests.size
}

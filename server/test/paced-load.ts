import { Agent, request } from 'node:http'
import { bodyOf } from './load.ts'
import type { TestSource } from './trunkline.ts'

/** Senders that post at a steady rate, each event once, whatever becomes of it. */
export interface PacedLoad {
  /** How many have been posted so far. */
  posted(): number
  /** Posts no more, and waits for every answer. Answers what each event's sender was told, and what went wrong. */
  finish(): Promise<{ told: ReadonlyMap<number, string>; failures: readonly string[]; slowestMs: number }>
}

const everyMs = 10

/** Posts to a URL so many times a second, over connections that are kept. */
export function startPacedLoad(source: TestSource, url: string, perSecond: number): PacedLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const told = new Map<number, string>()
  const failures: string[] = []
  const underWay = new Set<Promise<void>>()
  let [next, slowestMs] = [0, 0]
  const begin = performance.now()
  const timer = setInterval(() => {
    // By the time that has passed, not by the ticks: a tick that comes late has more to post.
    const wanted = Math.floor(((performance.now() - begin) / 1000) * perSecond)
    while (next < wanted) {
      const post = postOne(next++).finally(() => underWay.delete(post))
      underWay.add(post)
    }
  }, everyMs)

  async function postOne(n: number): Promise<void> {
    const since = performance.now()
    try {
      const { status, text } = await send(url, source.sign(bodyOf(n)), bodyOf(n), agent)
      if (status === 200) told.set(n, (JSON.parse(text) as { eventIds: [string] }).eventIds[0])
      else failures.push(`event ${n} was answered ${status} ${text}`)
    } catch (error) {
      failures.push(`event ${n} had no answer: ${(error as Error).message}`)
    }
    slowestMs = Math.max(slowestMs, performance.now() - since)
  }

  return {
    posted: () => next,
    async finish() {
      clearInterval(timer)
      await Promise.all(underWay)
      agent.destroy()
      return { told, failures, slowestMs }
    },
  }
}

function send(
  url: string,
  headers: Record<string, string>,
  body: string,
  agent: Agent,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(url, { method: 'POST', agent, headers: { ...headers, ...length } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
